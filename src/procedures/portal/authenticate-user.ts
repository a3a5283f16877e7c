/**
 * Which customer is signed in to the portal, and how far that login has come. A login that still needs a factor or an
 * enrolment is a session too, in a state of its own: it opens nothing but its own next step (B33).
 */
import type { Desk, LogState, PortalSessionRow, SignedUser, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { hours, minutes } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import { timeOf } from '../lock-outs.js';
import { tellEvents } from '../messages/queue-events.js';

export type LoginState = 'done' | 'factor-needed' | 'enrolment-needed' | 'enrolment-code-needed';

/** A user with the session that speaks for them. */
export interface PortalLogin {
  readonly account: Account;
  readonly user: User;
  readonly session: SignedUser;
}

export const portalActor = (user: User): Actor => ({ kind: 'user', id: user.id, name: user.login });

/** Refusal `not-signed-in`: nobody, ended by time or reset, disabled, or a session of somebody else. Any state is answered. */
export async function authenticateUser(desk: Desk, token: string | undefined, whose: User): Promise<PortalLogin> {
  const { portalSessions, users, accounts } = desk.store.read;
  const row = token === undefined ? undefined : await portalSessions.byDigest(desk.digests.tokenDigest(token));
  if (row === undefined || row.user_id !== whose.id) throw notSignedIn(whose);
  const user = await users.byId(row.user_id);
  const account = user && (await accounts.byId(user.accountId));
  if (user === undefined || account === undefined || isClosed(account, user)) throw notSignedIn(whose);
  const now = desk.now();
  if (hasEnded(desk, row, now)) throw notSignedIn(whose);
  await noteActivity(desk, row, user, now);
  return { account, user, session: toSignedUser(row) };
}

/** Moves the idle limit on; at most once a minute, so that a busy user does not fill the log with it. */
async function noteActivity(desk: Desk, row: PortalSessionRow, user: User, now: number): Promise<void> {
  if (now - row.last_seen_at < minutes(1)) return;
  await desk.store.record({ ...ownerEntryBase(desk, user), kind: 'portal.session-seen', outcome: 'done' }, (write) =>
    write.portalSessions.update(row.id, { last_seen_at: now }),
  );
}

/** The login as it stands inside the transaction: a reset, a logout or the end of its time may have come between. */
export async function currentLogin(desk: Desk, write: Writes, log: LogState, login: PortalLogin): Promise<PortalLogin> {
  const rows = await write.portalSessions.ofUser(login.user.id);
  const row = rows.find((candidate) => candidate.id === login.session.sessionId);
  const user = await write.users.byId(login.user.id);
  const account = await write.accounts.byId(login.account.id);
  if (row === undefined || user === undefined || account === undefined) throw notSignedIn(login.user);
  if (isClosed(account, user) || hasEnded(desk, row, timeOf(desk, log).now)) throw notSignedIn(login.user);
  return { account, user, session: toSignedUser(row) };
}

/** The same, for what only a finished login may do. */
export async function finishedLogin(
  desk: Desk,
  write: Writes,
  log: LogState,
  login: PortalLogin,
): Promise<PortalLogin> {
  const current = await currentLogin(desk, write, log, login);
  requireState(current, ['done']);
  return current;
}

/** The options that name this person, for a next step that can be copied. */
export const whoOf = ({ account, user }: PortalLogin): string => `--account ${account.number} --as ${user.login}`;

/** Refusals: factor-needed and enrolment-needed, as the login's own state says; usage for a step that is behind it. */
export function requireState(login: PortalLogin, allowed: readonly LoginState[]): void {
  const state = login.session.state as LoginState;
  if (allowed.includes(state)) return;
  if (state === 'done') throw new Refusal('usage', 'this login is finished already; nothing more is asked for it');
  if (state === 'enrolment-needed' || state === 'enrolment-code-needed') {
    throw new Refusal('enrolment-needed', 'this login is not finished: a second sign-in method must be set up first', {
      hint: `Set one up with: countersign portal mfa add totp ${whoOf(login)}   (or email, or sms)`,
    });
  }
  throw new Refusal('factor-needed', 'this login is not finished: it needs a code', {
    hint: `Give it with: countersign portal login ${whoOf(login)} --code CODE`,
  });
}

export async function signOutUser(desk: Desk, login: PortalLogin): Promise<void> {
  const { sessionId } = login.session;
  const entry = { ...ownerEntryBase(desk, login.user), kind: 'portal.signed-out', outcome: 'done' } as const;
  await desk.store.record({ ...entry, detail: { session: sessionId } }, (write) =>
    write.portalSessions.delete(sessionId),
  );
  await tellEvents(desk);
}

/** What every audit entry of a portal user has. */
export function ownerEntryBase(desk: Desk, user: User) {
  return { at: desk.now(), by: portalActor(user), account: user.accountId, user: user.id } as const;
}

export function toSignedUser(row: PortalSessionRow): SignedUser {
  return {
    userId: row.user_id,
    sessionId: row.id,
    state: row.state,
    openedAt: row.created_at,
    passwordAt: row.password_at,
    method: row.method,
  };
}

export function hasEnded(desk: Desk, row: PortalSessionRow, now: number): boolean {
  const { hours: longest, idleMinutes } = desk.policy.limits.portalSession;
  return now >= row.created_at + hours(longest) || now >= row.last_seen_at + minutes(idleMinutes);
}

const isClosed = (account: Account, user: User): boolean => account.disabledAt !== null || user.disabledAt !== null;

const notSignedIn = (user: User): Refusal =>
  new Refusal('not-signed-in', `${user.login} is not signed in to the portal`, {
    hint: 'Sign in with: countersign portal login   (scripts: --password-stdin on each command)',
  });
