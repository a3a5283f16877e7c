/** Tells which customer is signed in to the portal, by the token of their session; notes its activity, and ends it. */
import type { Desk } from '../../desk.js';
import { minutes } from '../../rules/duration.js';
import { LOGIN_STATES } from '../../rules/mfa-login.js';
import type { User } from '../../rules/people.js';
import { unlessRefused } from '../directory/find-account.js';
import { actAsOwner } from './act-as-owner.js';
import { loginBy, notSignedIn, type PortalLogin } from './customer-login.js';

const ANY_STATE = { lock: 'login', states: LOGIN_STATES } as const;
const SEEN = { ...ANY_STATE, sendLater: true } as const;

/**
 * Refusal `not-signed-in`: nobody, ended by time or reset, disabled, or a session of another user or person. A login in any state is returned.
 */
export async function authenticateUser(desk: Desk, token: string | undefined, whose: User): Promise<PortalLogin> {
  const { read } = desk.store;
  const row = token === undefined ? undefined : await read.portalSessions.byDigest(desk.digests.tokenDigest(token));
  if (row === undefined) throw notSignedIn(whose);
  const login = await loginBy(desk, read, whose, row);
  await noteActivity(desk, login, row.last_seen_at);
  return login;
}

/** The login that a token alone names, as a cookie does; undefined for a token of nobody, or of a session that has ended. */
export async function loginOfToken(desk: Desk, token: string): Promise<PortalLogin | undefined> {
  const row = await desk.store.read.portalSessions.byDigest(desk.digests.tokenDigest(token));
  const user = row && (await desk.store.read.users.byId(row.user_id));
  return user && unlessRefused(['not-signed-in'], () => authenticateUser(desk, token, user));
}

/**
 * Gives the session another token, and returns it. The steps of a login keep the token, so a browser's pages call this after each step that
 * raised its rights: a token that somebody knew before opens nothing after it. Refusal `not-signed-in`.
 */
export async function renewToken(desk: Desk, login: PortalLogin): Promise<string> {
  const { token, digest } = desk.digests.newToken('csp');
  const { sessionId } = login.session;
  await actAsOwner(desk, login, ANY_STATE, {
    entry: () => ({ kind: 'portal.token-renewed', detail: { session: sessionId } }),
    change: ({ write }) => write.portalSessions.update(sessionId, { digest }),
  });
  return token;
}

/** Renews the idle limit; at most once a minute, so that a busy user does not fill the log with it. */
async function noteActivity(desk: Desk, login: PortalLogin, lastSeenAt: number): Promise<void> {
  const now = desk.now();
  if (now - lastSeenAt < minutes(1)) return;
  await actAsOwner(desk, login, SEEN, {
    entry: () => ({ kind: 'portal.session-seen' }),
    change: ({ write }) => write.portalSessions.update(login.session.sessionId, { last_seen_at: now }),
  });
}

/** Refusal `not-signed-in` if the session has ended already. */
export async function signOutUser(desk: Desk, login: PortalLogin): Promise<void> {
  const { sessionId } = login.session;
  await actAsOwner(desk, login, ANY_STATE, {
    entry: () => ({ kind: 'portal.signed-out', detail: { session: sessionId } }),
    change: ({ write }) => write.portalSessions.delete(sessionId),
  });
}
