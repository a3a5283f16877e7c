/** `store clock`: shows the desk's clock, confirms a long silence, or sets back a latest time that was wrong (B87). */
import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { secondOperator } from '../../procedures/operators/second-operator.js';
import { signInOperator } from '../../procedures/operators/sign-in-operator.js';
import { clockState, confirmClock, type MendedClock, setClockBack } from '../../procedures/upkeep/care-for-store.js';
import { iso } from '../../rules/moment.js';
import { askSecondOperator } from '../ask-approver.js';
import { askCode, askSecret, readSecretLines } from '../ask-secret.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

const input = () =>
  z.object({
    operator: z.string().min(1).optional(),
    passwordStdin: z.boolean().default(false),
    code: z.string().optional(),
    approver: z.string().min(1).optional(),
    approverPasswordStdin: z.boolean().default(false),
    approverCode: z.string().optional(),
  });
type Input = z.infer<ReturnType<typeof input>>;

const clock = command<Input>({
  path: 'store clock',
  // Sessions have ended in such a state: it signs people in itself.
  access: 'anyone',
  options: [
    '--operator <name>',
    '--password-stdin',
    '--code <code>',
    '--approver <name>',
    '--approver-password-stdin',
    '--approver-code <code>',
  ],
  input,
  run: async (context, given) => {
    const desk = await context.desk();
    const { is, machineAt, latestAt } = await clockState(desk);
    if (is === 'right') return result('THE CLOCK IS RIGHT', { from: latestAt, to: latestAt }, machineAt, []);
    await context.show(is === 'behind' ? BEHIND(machineAt, latestAt) : FAR_AHEAD(machineAt, latestAt));
    await confirm(context);
    desk.clock.mend();
    return is === 'behind' ? setBack(context, desk, given) : confirmSilence(context, desk, given);
  },
});

const FAR_AHEAD = (machineAt: number, latestAt: number) =>
  lines(
    `This machine's clock says ${localMinute(machineAt)}. Nobody has worked at the desk since ${localMinute(latestAt)}.`,
    'If that is so, confirm it. If this clock is wrong, set it right first: nothing has been written yet.',
  );

const BEHIND = (machineAt: number, latestAt: number) =>
  lines(
    `This machine's clock says ${localMinute(machineAt)}, but the log of the desk goes up to ${localMinute(latestAt)}.`,
    'If this clock is wrong, set it right. If a machine with a wrong clock has worked at the desk, two operators can set the time back.',
    'Every session, grant, approval and unused code then ends. Lock-outs stay.',
  );

const lines = (...text: readonly string[]) => [block.lines(...text)] as const;

async function confirm(context: Context): Promise<void> {
  if (context.options.yes) return;
  const prompts = await context.ask.prompts('--yes');
  if (await prompts.confirm({ message: `Is this machine's clock right?` })) return;
  throw new Refusal('cancelled', 'nothing was changed');
}

async function confirmSilence(context: Context, desk: Desk, given: Input): Promise<Result> {
  const done = await confirmClock(desk, await signedIn(context, desk, given));
  return result('CLOCK CONFIRMED', done, done.to, ['countersign login   (sessions have ended)']);
}

async function setBack(context: Context, desk: Desk, given: Input): Promise<Result> {
  const [own, others] = given.passwordStdin && given.approverPasswordStdin ? await bothPasswords(context) : [];
  const signed = await signedIn(context, desk, given, own);
  const { approver, approverPasswordStdin, approverCode: code } = given;
  const signIn = await askSecondOperator(context, { approver, approverPasswordStdin, code }, undefined, others);
  if (signIn === undefined) {
    const what = 'setting the time of the desk back';
    throw refusal('approval-needed', 'second-operator-needed', { what }, 'approver-signs-in');
  }
  const done = await setClockBack(desk, signed, await secondOperator(desk, signIn, signed.operator.id));
  return result('TIME SET BACK', done, done.to, [
    'countersign login',
    'countersign doctor   (on each machine of the desk)',
  ]);
}

const bothPasswords = (context: Context): Promise<readonly string[]> => {
  const what = "two lines: your password, and the second operator's";
  return readSecretLines(context, '--password-stdin', { least: 2, most: 2, what });
};

/** By the token of a script, or by password and code here and now. */
async function signedIn(context: Context, desk: Desk, given: Input, read?: string): Promise<SignedOperator> {
  const { token } = await context.settings();
  const claim = { access: 'signed-in', command: 'store clock' } as const;
  if (token !== undefined) return authenticateOperator(desk, { ...claim, token, via: 'token' });
  const asked = async () => (await context.ask.prompts('--operator')).line({ message: 'Operator' });
  const name = given.operator ?? (await asked());
  const password = read ?? (await askSecret(context, given.passwordStdin, '--password-stdin', `Password of ${name}`));
  const code = () => askCode(context, given.code, `Code from ${name}'s authenticator app`);
  const session = await signInOperator(desk, { name, password, code });
  return authenticateOperator(desk, { ...claim, token: session.token, via: 'session' });
}

function result(verdict: string, { from, to }: MendedClock, machineAt: number, next: readonly string[]): Result {
  return {
    view: [
      block.verdict(verdict),
      block.fields(
        ['This machine', localMinute(machineAt)],
        ['Log up to', localMinute(to)],
        ...(from === to ? [] : [['Before', localMinute(from)] as const]),
      ),
      ...(next.length === 0 ? [] : [block.next(...next)]),
    ],
    document: { clock: { machineAt: iso(machineAt), latestAt: iso(to), before: iso(from) } },
  };
}

export const commands: readonly Command[] = [clock];
