/** `operator recover`, `operator password`, `operator recovery-codes`: lost and changed credentials of operators (B80). */
import type { SignedOperator } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import type { AddedOperator } from '../../procedures/operators/make-operator.js';
import { changeOwnPassword } from '../../procedures/operators/operator-password.js';
import { recoverYourself } from '../../procedures/operators/recover-by-code.js';
import { type GivenSecond, type Recovered, recoverOperator } from '../../procedures/operators/recover-operator.js';
import { newRecoveryCodes } from '../../procedures/operators/recovery-codes.js';
import type { StartCode } from '../../procedures/operators/start-code.js';
import { foldKey } from '../../rules/directory-keys.js';
import { iso } from '../../rules/moment.js';
import {
  APPROVER_OPTIONS,
  approverInput,
  askNewSecret,
  askReason,
  askSecondOperator,
  askSecret,
  readSecretLines,
  requireShown,
  shownToken,
} from '../ask.js';
import { type Command, type Context, command, type Given, type Result } from '../command.js';
import { block, localMinute } from '../wording/results.js';
import { type Words, wordsOf } from '../wording/words.js';
import { recoveryBlocks } from './enrol-app.js';

type Mail = AddedOperator['mail'];

/** Sent means that the server took it. */
const mailRow = ({ to, state }: NonNullable<Mail>, words: Words): readonly [string, string] => {
  if (state === 'delivered') return [words('staff.mailed'), to];
  return [words('staff.mail'), words(state === 'queued' ? 'staff.mail-queued' : 'staff.mail-refused', { to })];
};

export function startBlocks(name: string, start: StartCode | null, mail: Mail, words: Words) {
  if (start === null) return [];
  const { code, expiresAt } = start;
  return [
    block.blank,
    block.fields(
      [words('sign.start-code'), code],
      [words('staff.until'), localMinute(expiresAt)],
      ...(mail === null ? [] : [mailRow(mail, words)]),
    ),
    block.note(words('staff.hand-over', { name })),
    block.next(words('staff.next-start', { name, code })),
  ];
}

export const startDocument = (start: StartCode | null, mail: Mail = null) =>
  start === null
    ? {}
    : {
        startCode: start.code,
        expiresAt: iso(start.expiresAt),
        ...(mail === null ? {} : { mail }),
        ...(mail?.state === 'delivered' ? { mailedTo: mail.to } : {}),
      };

function recoveredView({ operator, start, waits, sessions, tokens }: Recovered, words: Words) {
  const { name } = operator;
  const lines = waits
    ? [words('staff.starts-later', { name, from: start.validFrom }), words('staff.until-then')]
    : [words('staff.recovered-is', { name, sessions })];
  const verdict = words(waits ? 'staff.waits' : 'staff.recovered');
  const live = [
    block.blank,
    block.lines(words('staff.tokens-work', { name })),
    block.table(
      [words('mfa.id'), words('approval.col-role'), words('approval.col-for'), words('staff.expires')],
      tokens.map((row) => [row.id, words.term('roleTitle', row.role), row.name, localMinute(row.expires_at)]),
    ),
  ];
  return [
    block.verdict(verdict, waits ? 'warn' : 'good'),
    block.lines(...lines),
    ...(tokens.length === 0 ? [] : live),
    ...startBlocks(name, start, null, words),
  ];
}

const recoveredDocument = ({ operator, start, waits, sessions, tokens }: Recovered) => ({
  operator,
  ...startDocument(start),
  waits,
  validFrom: iso(start.validFrom),
  ended: { sessions },
  tokens: tokens.map(({ id, role, name, expires_at }) => ({ id, role, label: name, expiresAt: iso(expires_at) })),
});

const OPTIONS = ['--reason <text>', ...APPROVER_OPTIONS, '--recovery-code-stdin'] as const;
type RecoverGiven = Given<'<name>' | (typeof OPTIONS)[number], ReturnType<typeof approverInput>>;

const recover = command({
  path: 'operator recover',
  // Whoever lost the authenticator cannot sign in; without a recovery code the procedure asks for operator:manage.
  access: 'anyone',
  arguments: ['<name>'],
  options: OPTIONS,
  own: approverInput,
  run: async ({ context, words }, given) => {
    requireShown(context);
    const signed = await whoAsks(context, given);
    const done = signed === undefined ? await byCode(context, given) : await bySecond(context, signed, given);
    return { view: recoveredView(done, words), document: recoveredDocument(done), ...(done.waits ? { exit: 5 } : {}) };
  },
});

/** Undefined for somebody who recovers alone: with a recovery code, and not signed in as somebody else. */
async function whoAsks(context: Context, given: RecoverGiven): Promise<SignedOperator | undefined> {
  const claim = { ...(await shownToken(context)), command: 'operator recover' };
  const alone = given.recoveryCodeStdin;
  if (claim.token === undefined && alone) return undefined;
  const desk = await context.desk();
  try {
    const who = await authenticateOperator(desk, { ...claim, access: alone ? 'signed-in' : 'operator:manage' });
    const own = who.operator.id === given.name || foldKey(who.operator.name) === foldKey(given.name);
    if (alone && own) return undefined;
    return alone ? await authenticateOperator(desk, { ...claim, access: 'operator:manage' }) : who;
  } catch (error) {
    // An old session file does not keep anybody from recovering.
    if (alone && error instanceof Refusal && error.code === 'not-signed-in') return undefined;
    throw error;
  }
}

async function byCode(context: Context, { name }: RecoverGiven): Promise<Recovered> {
  const what = wordsOf(context)('sign.line-recovery');
  const [code = '', password = ''] = await readSecretLines(context, '--recovery-code-stdin', what, 1);
  return recoverYourself(await context.desk(), { name, code, password: password === '' ? null : password });
}

async function bySecond(context: Context, signed: SignedOperator, given: RecoverGiven): Promise<Recovered> {
  const reason = given.reason ?? (context.ask.possible ? await askReason(context) : undefined);
  if (reason === undefined) throw refusal('missing-option', 'recover-reason', {}, 'say-what-was-lost');
  const words = wordsOf(context);
  const second = async (): Promise<GivenSecond | null> => {
    if (given.recoveryCodeStdin) return { recoveryCode: await context.files.readSecretLine('--recovery-code-stdin') };
    const approver = await askSecondOperator(context, given, words('sign.second-or-code'));
    if (approver !== undefined) return { approver };
    if (!context.ask.possible) return null;
    const prompts = await context.ask.prompts('--recovery-code-stdin');
    return { recoveryCode: await prompts.secret({ message: words('sign.own-recovery') }) };
  };
  return recoverOperator(await context.desk(), signed, { reference: given.name, reason, second });
}

const password = command({
  path: 'operator password',
  access: 'signed-in',
  options: ['--password-stdin'],
  run: async ({ context, desk, signed, words }, { passwordStdin }): Promise<Result> => {
    const option = '--password-stdin';
    const lines = passwordStdin ? await readSecretLines(context, option, words('sign.lines-password')) : [];
    const old = lines[0] ?? (await askSecret(context, false, option, words('sign.present-password')));
    const next = async () => lines[1] ?? askNewSecret(context, false, option, words('sign.new-password'));
    const { sessionsEnded } = await changeOwnPassword(desk, signed, { old, next });
    const { name } = signed.operator;
    return {
      view: [block.lines(words('sign.password-changed', { name, sessions: sessionsEnded }))],
      document: { operator: { name }, passwordChanged: true, ended: { sessions: sessionsEnded } },
    };
  },
});

const codes = command({
  path: 'operator recovery-codes',
  access: 'signed-in',
  run: async ({ context, desk, signed, words }): Promise<Result> => {
    requireShown(context);
    const made = await newRecoveryCodes(desk, signed);
    return { view: recoveryBlocks(made, words), document: { recoveryCodes: made } };
  },
});

export const recoveryCommands: readonly Command[] = [recover, password, codes];
