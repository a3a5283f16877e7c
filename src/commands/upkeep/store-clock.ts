/** `store clock`: shows the desk's clock, confirms a long silence, or sets back a latest time that was wrong (B87). */
import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { secondOperator } from '../../procedures/operators/second-operator.js';
import { signInOperator } from '../../procedures/operators/sign-in-operator.js';
import { clockState, confirmClock, type MendedClock, setClockBack } from '../../procedures/upkeep/care-for-store.js';
import { iso } from '../../rules/moment.js';
import { askCode, askLine, askSecret, askYes, needSecondOperator, readSecretLines } from '../ask.js';
import { type Command, type Context, command, type Given, type Result } from '../command.js';
import { block, localMinute } from '../wording/results.js';
import { type ScreenKey, type Words, wordsOf } from '../wording/words.js';

const OPTIONS = [
  '--operator <name>',
  '--password-stdin',
  '--code <code>',
  '--approver <name>',
  '--approver-password-stdin',
  '--approver-code <code>',
] as const;
const named = () => z.string().min(1).optional();
const own = () => ({ operator: named(), approver: named() });
type ClockGiven = Given<(typeof OPTIONS)[number], ReturnType<typeof own>>;

const clock = command({
  path: 'store clock',
  // Sessions have ended in such a state: it signs people in itself.
  access: 'anyone',
  options: OPTIONS,
  own,
  run: async ({ context, words }, given) => {
    const desk = await context.desk();
    const { is, machineAt, latestAt } = await clockState(desk);
    if (is === 'right') return result(words, 'clock.right', { from: latestAt, to: latestAt }, machineAt, []);
    await askClock(context, is, { machineAt, latestAt });
    desk.clock.mend();
    if (is === 'behind') return setBack(context, words, desk, given);
    const done = await confirmClock(desk, await signedIn(context, desk, given));
    return result(words, 'clock.confirmed', done, done.to, [words('clock.sign-in')]);
  },
});

/** Refusals: missing-option without a terminal, cancelled. */
export async function askClock(context: Context, is: 'behind' | 'far-ahead', times: Readonly<Record<string, number>>) {
  const words = wordsOf(context);
  await context.show([block.lines(...words(`clock.is-${is}`, times).split('\n'))]);
  await askYes(context, words('clock.sure'));
}

async function setBack(context: Context, words: Words, desk: Desk, given: ClockGiven): Promise<Result> {
  const both = given.passwordStdin && given.approverPasswordStdin;
  const [own, others] = both ? await readSecretLines(context, '--password-stdin', words('clock.lines-passwords')) : [];
  const signed = await signedIn(context, desk, given, own);
  const { approver, approverPasswordStdin, approverCode: code } = given;
  const second = { approver, approverPasswordStdin, code };
  const signIn = await needSecondOperator(context, second, 'clock.setting-back', others);
  const done = await setClockBack(desk, signed, await secondOperator(desk, signIn, signed.operator.id));
  return result(words, 'clock.set-back', done, done.to, ['countersign login', words('clock.each-machine')]);
}

/** By the token of a script, or by password and code here and now. */
async function signedIn(context: Context, desk: Desk, given: ClockGiven, read?: string): Promise<SignedOperator> {
  const words = wordsOf(context);
  const { token } = await context.settings();
  const claim = { access: 'signed-in', command: 'store clock' } as const;
  if (token !== undefined) return authenticateOperator(desk, { ...claim, token, via: 'token' });
  const name = await askLine(context, given.operator, '--operator', words('sign.operator'));
  const asking = words('sign.password-of', { name });
  const password = read ?? (await askSecret(context, given.passwordStdin, '--password-stdin', asking));
  const code = () => askCode(context, given.code, words('sign.code-of', { name }));
  const session = await signInOperator(desk, { name, password, code });
  return authenticateOperator(desk, { ...claim, token: session.token, via: 'session' });
}

function result(words: Words, verdict: ScreenKey, done: MendedClock, machineAt: number, next: string[]): Result {
  const { from, to } = done;
  return {
    view: [
      block.verdict(words(verdict)),
      block.fields(
        [words('clock.machine'), localMinute(machineAt)],
        [words('clock.log'), localMinute(to)],
        [words('clock.before'), from === to ? null : localMinute(from)],
      ),
      ...(next.length === 0 ? [] : [block.next(...next)]),
    ],
    document: { clock: { machineAt: iso(machineAt), latestAt: iso(to), before: iso(from) } },
  };
}

export const commands: readonly Command[] = [clock];
