/** What `user edit`, `account edit` and `user successor` show of a change of power, which a second operator approves (B84). */
import { refusal } from '../../errors.js';
import { changeEdition } from '../../procedures/exits/change-edition.js';
import { changeSignIn, type SignInChanged } from '../../procedures/exits/change-sign-in.js';
import { type Account, EDITIONS, SIGN_INS, type User } from '../../rules/people.js';
import { untilApproved } from '../ask.js';
import type { Given, Operated, Result } from '../command.js';
import { block, inShell, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { accountDocument } from './customer-view.js';

type PowerGiven = Given<'--reason <text>' | '--wait'>;

export function reasonFor({ reason = '' }: PowerGiven): string {
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'change' });
  return reason;
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw refusal('invalid-input', 'none-of', { option, text, known });
}

export async function runEdition(
  { context, desk, signed, words }: Operated,
  account: Account,
  given: PowerGiven & { readonly edition: string; readonly dropPrivileges: boolean },
): Promise<Result> {
  const edition = oneOf('--edition', given.edition, EDITIONS);
  const wish = { edition, dropPrivileges: given.dropPrivileges, reason: reasonFor(given) };
  const moves = await untilApproved(context, given.wait, () => changeEdition(desk, signed, account, wish));
  const who = `${account.name} (${account.number})`;
  const named = (role: string) => words.term('roleTitle', role);
  const each = (moves ?? []).map(({ user, role }) =>
    words('directory.role-now', { login: user.login, before: named(user.role), after: named(role) }),
  );
  const done = moves === null ? words('directory.nothing', { who }) : words('directory.edition-now', { who, edition });
  return {
    view: [block.lines(done, ...each)],
    document: {
      account: accountDocument({ ...account, edition }),
      changed: moves === null ? [] : ['edition'],
      roles: (moves ?? []).map(({ user, ...now }) => ({
        user: user.id,
        login: user.login,
        before: user.role,
        ...pick(now, 'role', 'lost'),
      })),
    },
  };
}

/** `user` null: all logins of the account. */
export async function runSignIn(
  { context, desk, signed, words }: Operated,
  { account, user }: { readonly account: Account; readonly user: User | null },
  given: PowerGiven & { readonly signIn: string },
): Promise<Result> {
  const signIn = oneOf('--sign-in', given.signIn, SIGN_INS);
  const wish = { signIn, user, reason: reasonFor(given) };
  const done = await untilApproved(context, given.wait, () => changeSignIn(desk, signed, account, wish));
  const who = user === null ? `${account.name} (${account.number})` : `${account.number}/${user.login}`;
  const { users, ...ended } = done ?? NOTHING_CHANGED;
  const document = {
    ...(user === null
      ? { account: accountDocument(account) }
      : { user: { ...pick(user, 'id', 'login', 'name', 'role'), signIn } }),
    changed: done === null ? [] : ['sign-in'],
    logins: users.length,
    ...pick(ended, 'passwordsEnded', 'sessionsEnded', 'withoutEmail'),
  };
  if (done === null) return { view: [block.lines(words('directory.nothing', { who }))], document };
  const { passwordsEnded: passwords, sessionsEnded: sessions, withoutEmail: logins } = ended;
  const lines = [
    words('directory.sign-in-now', { who, count: users.length, kind: signIn, passwords, sessions }),
    ...(logins.length === 0 ? [] : [words('directory.no-invitation', { logins })]),
  ];
  const invite = users.slice(0, 5).map(({ login }) => `countersign user invite ${account.number}/${inShell(login)}`);
  return { view: [block.lines(...lines), block.next(...(signIn === 'native' ? invite : []))], document };
}

const NOTHING_CHANGED: SignInChanged = { users: [], passwordsEnded: 0, sessionsEnded: 0, withoutEmail: [] };

/** Of a new admin: since when the role counts for others. */
export const heldLines = ({ powerHeldUntil: until }: User, words: Words): readonly string[] =>
  until === null ? [] : [words('directory.held', { until })];
