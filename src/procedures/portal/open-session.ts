/** Opens a portal session and moves it on: the state of a login, and what happens when it is finished (B33–B38). */
import type { Desk, SignedUser, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { decideLogin, type LoginQuestion, type LoginRefusal, type LoginStanding } from '../../rules/mfa-login.js';
import type { Owner } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { userFactors } from '../codes/user-factors.js';
import { callerKeyOf, liftLock } from '../lock-outs.js';
import type { ActingOwner } from './act-as-owner.js';
import { hasEnded, type PortalLogin, toSignedUser } from './customer-login.js';

type SignedInBy = Pick<LoginQuestion, 'method' | 'deviceRemembered'>;

/** The rules' answer about the user as stored, inside the transaction. */
export async function decideFor(desk: Desk, write: Writes, owner: Owner, how: SignedInBy) {
  const { account, user } = owner;
  const factors = await userFactors(desk, write.factors, user.id);
  return decideLogin({
    ...how,
    edition: account.edition,
    mfaRequired: account.mfaRequiredAt !== null,
    signIn: user.signIn,
    isAdmin: hasAdminStatus(desk.policy, account, user),
    factors: factors.active.map((row) => row.kind),
    backupCodesLeft: factors.backupCodesLeft,
    enrolmentCodeNeeded: factors.enrolmentCodeNeeded,
    mustEnrolAfterLastBackup: factors.owesFactor,
  });
}

/** Also deletes the user's sessions that have expired, so that they do not pile up. */
export async function openSession(inside: Inside, owner: Owner, opened: LoginStanding & { readonly digest: string }) {
  const { desk, write } = inside;
  const { account, user } = owner;
  const now = desk.now();
  for (const old of await write.portalSessions.ofUser(user.id)) {
    if (hasEnded(desk, old, now)) await write.portalSessions.delete(old.id);
  }
  const times = { created_at: now, last_seen_at: now, password_at: now };
  const row = { ...opened, id: desk.newId('ses'), user_id: user.id, person: desk.person, ...times };
  await write.portalSessions.insert(row);
  const login = { account, user, session: toSignedUser(row) };
  if (opened.state === 'done') await noteSignIn(desk, write, login, now);
  return login;
}

export async function moveOn(acting: ActingOwner, to: LoginStanding): Promise<PortalLogin> {
  const { desk, write, now, by } = acting;
  const { login } = by;
  await write.portalSessions.update(login.session.sessionId, { ...to, last_seen_at: now });
  const moved = { ...login, session: { ...login.session, ...to } };
  if (to.state === 'done') await noteSignIn(desk, write, moved, now);
  return moved;
}

/** A user who is signed in has proved to be the owner: lifts a lock that wrong guesses by phone caused (their count stays). */
async function noteSignIn(desk: Desk, write: Writes, { account, user }: Owner, now: number): Promise<void> {
  await write.users.update(user.id, { signed_in_at: now });
  await liftLock(desk, write, `caller:${callerKeyOf(account, user)}`, 'owner');
}

export function openedEntry({ session }: { readonly session: SignedUser }) {
  const { sessionId, state, method } = session;
  const kind = state === 'done' ? 'portal.signed-in' : 'portal.sign-in-continued';
  return { kind, outcome: 'done', detail: { session: sessionId, state, method } } as const;
}

/** Why this user cannot sign in this way; `at`: the address that the company names for its own sign-in. */
export function loginRefusal(reason: LoginRefusal, at: string | null): Refusal {
  const refusals = {
    'sso-only': refusal('forbidden', 'signs-in-by-sso', { at }, 'sign-in-by-sso'),
    'native-only': refusal('forbidden', 'signs-in-by-password', {}, 'sign-in-by-password'),
    'mfa-not-in-edition': refusal('refused-by-policy', 'mfa-outside-edition', {}, 'call-desk'),
  } as const;
  return refusals[reason];
}
