/**
 * A customer signs in to the portal with the application password (B33–B42). The attempt is counted before the check, and an
 * unknown login costs the same work and gets the same words. The result is a session in the state that the rules ask for: done,
 * or waiting for a code or an enrolment.
 */
import type { Desk } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import type { LoginMethod } from '../../rules/mfa-login.js';
import type { Owner, User } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { actAsOwner, provenBySignIn } from './act-as-owner.js';
import { checkApplicationPassword, prepareApplicationPassword } from './application-password.js';
import { isClosed, openOwner, ownerEntryBase, type PortalLogin, portalActor } from './customer-login.js';
import { isRemembered } from './devices-and-sessions.js';
import { decideFor, loginRefusal, openedEntry, openSession } from './open-session.js';
import { countOwnerAttempt, countPortalAttempt, findPortalPerson, personEntry } from './portal-attempts.js';

export interface PasswordSignIn {
  /** Number, id or unique name. */
  readonly account: string;
  /** Login, id or unique e-mail. */
  readonly login: string;
  readonly password: string;
  /** Tokens of the device file, of any login; only this user's count (B39). */
  readonly deviceTokens: readonly string[];
}

/**
 * Answers the `token`, kept in the state folder (the store has its digest), and the `viewKey` of `checkApplicationPassword`. Refusals:
 * not-signed-in (same words for unknown and wrong), locked, forbidden (B36), refused-by-policy (B30).
 */
export async function signInWithPassword(desk: Desk, input: PasswordSignIn) {
  const person = await findPortalPerson(desk, input.account, input.login);
  const counted = { ...personEntry(desk, person), kind: 'portal.sign-in-started' } as const;
  const right = await countPortalAttempt(desk, `portal:${person.key}`, counted);
  const { account, user } = person;
  const stored = await desk.store.read.secrets.applicationPassword(user?.id ?? 'nobody');
  const { matches, outdated, viewKey } = await checkApplicationPassword(desk, user, input.password);
  if (account === null || user === null || !matches || isClosed({ account, user })) return refuseSignIn(desk, person);
  const renewed =
    outdated && viewKey !== null ? await prepareApplicationPassword(desk, user, input.password, viewKey) : null;
  const opened = await openLogged(desk, user, async (inside, digest) => {
    const { write } = inside;
    const owner = await openOwner(write, user.id);
    // The user was disabled while the password was being checked.
    if (owner === undefined) return wrong(desk);
    // If the password was set anew meanwhile, the one that was checked is no longer the password.
    if ((await write.secrets.applicationPassword(user.id))?.verifier !== stored?.verifier) throw wrong(desk);
    await right(write);
    if (renewed !== null) {
      const row = { user_id: user.id, verifier: renewed.verifier, changed_at: desk.now() };
      await write.secrets.putApplicationPassword(row);
    }
    return openByRules(inside, owner, digest, input.deviceTokens);
  });
  return { ...opened, viewKey };
}

async function refuseSignIn(desk: Desk, person: Parameters<typeof personEntry>[1]): Promise<never> {
  const refused = { kind: 'portal.sign-in-refused', outcome: 'refused', reason: 'wrong-password' } as const;
  const entry = { ...personEntry(desk, person), ...refused };
  await desk.store.record(entry, async () => undefined);
  throw wrong(desk);
}

function wrong(desk: Desk): Refusal {
  const facts = { failures: desk.policy.limits.throttle.lockFromFailure };
  return refusal('not-signed-in', 'portal-sign-in-wrong', facts, 'retry-portal-sign-in');
}

/** The password was right: asks the rules what comes next, and opens the session for it. */
async function openByRules(inside: Inside, owner: Owner, digest: string, deviceTokens: readonly string[]) {
  const { desk, write } = inside;
  const { account, user } = owner;
  const deviceRemembered = await isRemembered(desk, write, user, deviceTokens);
  const need = await decideFor(desk, write, owner, { method: 'native', deviceRemembered });
  if (need.next === 'refused')
    return loginRefusal(need.reason, (await write.accounts.ssoSettings(account.id))?.issuer ?? null);
  const asks = account.mfaRequiredAt !== null;
  const method: LoginMethod = asks && need.next === 'done' ? 'password+device' : 'password';
  return openSession(inside, owner, { state: need.next, method, digest });
}

/** Returns a refusal instead of throwing it, so that it is logged. */
type Opening = (inside: Inside, digest: string) => Promise<PortalLogin | Refusal>;

/** With the token of the new session. */
export async function openLogged(desk: Desk, user: User, open: Opening) {
  const { token, digest } = desk.digests.newToken('csp');
  const base = ownerEntryBase(desk, user);
  const result = await desk.store.record<PortalLogin | Refusal>(
    (outcome) =>
      outcome instanceof Refusal
        ? { ...base, kind: 'portal.sign-in-refused', outcome: 'refused', reason: outcome.code }
        : { ...base, by: provenBySignIn(base.by), ...openedEntry(outcome) },
    (write, log) => open({ desk, write, log }, digest),
  );
  if (result instanceof Refusal) throw result;
  return { ...result, token };
}

const OPEN = { lock: 'owner' } as const;

/**
 * Takes the password once more in an open session, before a step that needs it fresh. Refusals: not-signed-in, locked,
 * factor-needed, enrolment-needed. Counted like a sign-in, so an open session cannot be used to guess.
 */
export async function provePassword(desk: Desk, login: PortalLogin, password: string) {
  const { user, account, session } = login;
  const counted = { subject: `portal:${user.id}`, kind: 'portal.password-started' } as const;
  const right = await countOwnerAttempt(desk, login, OPEN, counted);
  const { matches, viewKey } = await checkApplicationPassword(desk, user, password);
  if (!matches) return refuseSignIn(desk, { account, user, key: user.id, actor: portalActor(user) });
  const passwordAt = await actAsOwner<'owner', number>(desk, login, OPEN, {
    entry: () => ({ kind: 'portal.password-given', detail: { session: session.sessionId } }),
    change: async ({ write, now }) => {
      await right(write);
      await write.portalSessions.update(session.sessionId, { password_at: now, last_seen_at: now });
      return now;
    },
  });
  return { login: { ...login, session: { ...session, passwordAt } }, viewKey };
}
