/** What `user edit`, `account edit` and `user successor` show of a change of power, which a second operator approves (B84). */

import { Refusal, refusal } from '../../errors.js';
import { changeEdition } from '../../procedures/exits/change-edition.js';
import { changeSignIn, type SignInChanged } from '../../procedures/exits/change-sign-in.js';
import type { Handed } from '../../procedures/exits/hand-over.js';
import { iso } from '../../rules/moment.js';
import { type Account, EDITIONS, SIGN_INS, type User } from '../../rules/people.js';
import { untilApproved } from '../ask-approver.js';
import type { Context, OptionSpec, Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { accountDocument } from './account-view.js';

export const WAIT: OptionSpec = { flags: '--wait', about: 'wait until a second operator has decided' };

export interface PowerGiven {
  readonly reason?: string | undefined;
  readonly wait: boolean;
}

export function reasonFor({ reason = '' }: PowerGiven): string {
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'change' });
  return reason;
}

/** A change that a second operator sees alone is not mixed with others. */
export function requireAlone(option: string, others: readonly unknown[]): void {
  if (others.every((value) => value === undefined || value === false)) return;
  throw new Refusal('usage', `${option} is a change of its own; other options change in another command`);
}

export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw new Refusal('invalid-input', `${option}: "${text}" is not one of: ${known.join(', ')}`);
}

interface EditionGiven extends PowerGiven {
  readonly edition: string;
  readonly dropPrivileges: boolean;
}

export async function runEdition(context: Context, account: Account, given: EditionGiven): Promise<Result> {
  const edition = oneOf('--edition', given.edition, EDITIONS);
  const wish = { edition, dropPrivileges: given.dropPrivileges, reason: reasonFor(given) };
  const desk = await context.desk();
  const moves = await untilApproved(context, given.wait, () => changeEdition(desk, context.operator(), account, wish));
  const who = `${account.name} (${account.number})`;
  const each = (moves ?? []).map(({ user, role }) => `  ${user.login}: ${user.role} is now ${role}`);
  const lines = moves === null ? [`Nothing to change for ${who}.`] : [`${who} is now ${edition}.`, ...each];
  return {
    view: [block.lines(...lines)],
    document: {
      account: accountDocument({ ...account, edition }),
      changed: moves === null ? [] : ['edition'],
      roles: (moves ?? []).map(({ user, role, lost }) => ({
        user: user.id,
        login: user.login,
        before: user.role,
        role,
        lost,
      })),
    },
  };
}

interface SignInGiven extends PowerGiven {
  readonly signIn: string;
}

/** `user` null: all logins of the account. */
export async function runSignIn(
  context: Context,
  { account, user }: { readonly account: Account; readonly user: User | null },
  given: SignInGiven,
): Promise<Result> {
  const signIn = oneOf('--sign-in', given.signIn, SIGN_INS);
  const wish = { signIn, user, reason: reasonFor(given) };
  const desk = await context.desk();
  const done = await untilApproved(context, given.wait, () => changeSignIn(desk, context.operator(), account, wish));
  const who = user === null ? `${account.name} (${account.number})` : `${account.number}/${user.login}`;
  const document = {
    ...(user === null
      ? { account: accountDocument(account) }
      : { user: { id: user.id, login: user.login, name: user.name, role: user.role, signIn } }),
    changed: done === null ? [] : ['sign-in'],
    logins: done?.users.length ?? 0,
    passwordsEnded: done?.passwordsEnded ?? 0,
    sessionsEnded: done?.sessionsEnded ?? 0,
    withoutEmail: done?.withoutEmail ?? [],
  };
  if (done === null) return { view: [block.lines(`Nothing to change for ${who}.`)], document };
  return { view: [block.lines(...signInLines(who, signIn, done)), ...next(signIn, account, done)], document };
}

function signInLines(
  who: string,
  signIn: string,
  { users, passwordsEnded, sessionsEnded, withoutEmail }: SignInChanged,
) {
  return [
    `${who}: ${users.length} ${users.length === 1 ? 'login signs' : 'logins sign'} in by ${signIn === 'sso' ? 'single sign-on' : 'password'} now. Ended: ${passwordsEnded} passwords, ${sessionsEnded} sessions.`,
    ...(withoutEmail.length === 0 ? [] : [`No e-mail address on file, so no invitation: ${withoutEmail.join(', ')}.`]),
  ];
}

const next = (signIn: string, { number }: Account, { users }: SignInChanged) =>
  signIn === 'native'
    ? [block.next(...users.slice(0, 5).map(({ login }) => `countersign user invite ${number}/${login}`))]
    : [];

/** Of a new admin: since when the role counts for others. */
export const heldLines = ({ powerHeldUntil: until }: User): readonly string[] =>
  until === null
    ? []
    : [`Until ${localMinute(until)} this login can do nothing to others. The admins there get a message.`];

export const handedLines = ({ user }: Handed, { name }: Account): readonly string[] => [
  `${user.name} (${user.login}) is now ${user.role} at ${name}.`,
  ...heldLines(user),
];

export const handedDocument = ({ user, roleBefore, grantsEnded }: Handed) => ({
  user: { id: user.id, login: user.login, name: user.name, role: user.role },
  roleBefore,
  powerHeldUntil: iso(user.powerHeldUntil),
  grantsEnded,
});
