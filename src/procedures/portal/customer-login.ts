/**
 * A customer's login: whose it is and how far it has come. A login that still needs a factor or an enrolment is a session too, in a
 * state of its own, and allows only its next step (B33). `nextOf` in rules/mfa-login says which step that is.
 *
 *   application password                                                    single sign-on (B35)
 *    │                                                                          │
 *    ├─ MFA off, or a remembered device (B38) ───────────────────────────────┐  │
 *    │                                                                       │  │
 *    ├─ there is something to answer with ──▶ FACTOR-NEEDED ── code (B31) ─┐ │  │
 *    │                                            │                        │ │  │
 *    │                     the last backup code,  │                        ▼ ▼  ▼
 *    │                     and no other method    │                        DONE: the only one
 *    │                     (B42)                  │                        that opens the portal
 *    │                                            ▼                         ▲
 *    ├─ no method yet (B34) ────────────▶ ENROLMENT-NEEDED ── first code ───┘
 *    │                                            ▲           of a new one
 *    │                                            │ the mailed code
 *    └─ none left after a reset (B57),            │
 *       or after the last backup code ──▶ ENROLMENT-CODE-NEEDED
 *
 * Sign-ins (sign-in-user, sign-in-by-sso) open a session in the state that `decideLogin` says; answer-factor, owed-enrolment-code and
 * confirm-factor move it on. It expires, also when idle, and ends with a sign-out, a reset, a disabled login, and in another session with a
 * new password or a removed method (B82).
 */
import type { Desk, PortalSessionRow, Reads, SignedUser, TrustEnded } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { hours, minutes } from '../../rules/duration.js';
import { type LoginMethod, type LoginState, nextOf } from '../../rules/mfa-login.js';
import type { Owner, User } from '../../rules/people.js';
import { firstMethod, otherMethods } from '../codes/methods.js';

/** Who a command is about, for a next step that can be copied. `account` is its number. */
export type Who = { readonly account: string; readonly login: string };

/** A user with the session that speaks for them. It is a claim, true when it was read; `actAsOwner` reads it again. */
export interface PortalLogin extends Owner {
  readonly session: SignedUser;
}

export const portalActor = (user: User): Actor => ({ kind: 'user', id: user.id, name: user.login });

/** The fields of an entry about a portal user, by the claim only: for refusals. */
export function ownerEntryBase(desk: Desk, user: User) {
  return { at: desk.now(), by: portalActor(user), account: user.accountId, user: user.id } as const;
}

/** The login as stored now: it may have been reset, signed out or have expired meanwhile. Refusal `not-signed-in`. */
export async function currentLogin(desk: Desk, read: Homes & Pick<Reads, 'portalSessions'>, login: PortalLogin) {
  const rows = await read.portalSessions.ofUser(login.user.id);
  const row = rows.find((candidate) => candidate.id === login.session.sessionId);
  return loginBy(desk, read, login.user, row);
}

type Homes = Pick<Reads, 'users' | 'accounts'>;

/** Refusal `not-signed-in`: no session, one of another user or person, one that has ended, or a disabled login. */
export async function loginBy(desk: Desk, read: Homes, whose: User, row?: PortalSessionRow): Promise<PortalLogin> {
  if (row?.user_id !== whose.id || row.person !== desk.person) throw notSignedIn(whose);
  const owner = await openOwner(read, whose.id);
  if (owner === undefined || hasEnded(desk, row, desk.now())) throw notSignedIn(whose);
  return { ...owner, session: toSignedUser(row) };
}

/** User and account as stored; undefined if either is missing or disabled. */
export async function openOwner(read: Homes, userId: string): Promise<Owner | undefined> {
  const user = await read.users.byId(userId);
  const account = user && (await read.accounts.byId(user.accountId));
  if (user === undefined || account === undefined || isClosed({ account, user })) return undefined;
  return { account, user };
}

export const whoOf = ({ account, user }: Owner): Who => ({ account: account.number, login: user.login });

/** The facts of the step `set-up-method-as`. */
export const setUpOf = (owner: Owner) => ({ kind: firstMethod, others: otherMethods, ...whoOf(owner) });

/** Refusals: factor-needed and enrolment-needed, by the login's own state; usage for a step that the login has passed. */
export function requireState(login: PortalLogin, allowed: readonly LoginState[]): void {
  if (allowed.includes(login.session.state)) return;
  const { step } = nextOf(login.session);
  if (step === 'none') throw refusal('usage', 'login-finished', {});
  if (step === 'factor') throw refusal('factor-needed', 'login-needs-code', whoOf(login), 'give-portal-code');
  throw refusal('enrolment-needed', 'login-needs-method', setUpOf(login), 'set-up-method-as');
}

export function toSignedUser(row: PortalSessionRow): SignedUser {
  return {
    userId: row.user_id,
    sessionId: row.id,
    state: row.state as LoginState,
    openedAt: row.created_at,
    passwordAt: row.password_at,
    method: row.method as LoginMethod,
  };
}

export function hasEnded(desk: Desk, row: PortalSessionRow, now: number): boolean {
  const { hours: longest, idleMinutes } = desk.policy.limits.portalSession;
  return now >= row.created_at + hours(longest) || now >= row.last_seen_at + minutes(idleMinutes);
}

/** What a change ends that takes no proof away (B82). */
export const NOTHING_ENDED: TrustEnded = { sessionsEnded: 0, devicesForgotten: 0 };

export const isClosed = ({ account, user }: Owner): boolean => account.disabledAt !== null || user.disabledAt !== null;

export const notSignedIn = ({ login }: User): Refusal =>
  refusal('not-signed-in', 'not-signed-in-to-portal', { login }, 'portal-sign-in');
