/**
 * Signs in with the company's single sign-on: finds whom the ID token means, and opens a session that asks for nothing more (B35, B36).
 */
import type { Desk } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { foldKey } from '../../rules/directory-keys.js';
import { days, minutes, seconds } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import { isAddress } from '../../rules/sso-settings.js';
import { findAccount, unlessRefused } from '../directory/find-account.js';
import { vouchedFor } from '../log-reader.js';
import { openOwner, type PortalLogin } from './customer-login.js';
import { type TokenClaims, tokenRefused, verifyIdToken } from './id-token.js';
import { decideFor, loginRefusal, openSession } from './open-session.js';
import { openLogged } from './sign-in-user.js';

export interface SsoSignIn {
  readonly account: string;
  /** Who the person claims to be; the token must mean the same one. */
  readonly login: string | undefined;
  readonly idToken: string;
  readonly nonce: string | undefined;
}

/** How far the clocks of two machines that both keep time may differ. */
const CLOCKS_APART = seconds(30);
/** Kept for longer than the token lasts, in case a clock is set back. */
const REMEMBERED = days(2);
const REFUSED_A_MINUTE = 20;

/** Refusals: not-signed-in (token, unknown person), forbidden (native users, B36), config, refused-by-policy (no provider set). */
export async function signInBySso(desk: Desk, input: SsoSignIn): Promise<PortalLogin & { readonly token: string }> {
  // Someone who cannot sign in learns nothing about which accounts exist (B73).
  const account = await unlessRefused(['not-found', 'ambiguous'], () => findAccount(desk, input.account));
  if (account === undefined) throw notKnown();
  const { user, expiresAt, issuer, subject } = await provenUser(desk, account, input);
  return openLogged(desk, user, async (inside, digest) => {
    const { write } = inside;
    const owner = await openOwner(write, user.id);
    if (owner === undefined) return notKnown();
    const need = await decideFor(desk, write, owner, { method: 'sso', deviceRemembered: false });
    if (need.next === 'refused') return loginRefusal(need.reason, issuer);
    const at = desk.now();
    const pinned = { userId: user.id, accountId: account.id, issuer, subject, at };
    if (!(await write.idTokens.pin(pinned))) return tokenRefused('other-person');
    const forgetBefore = at - REMEMBERED;
    if (!(await write.idTokens.use({ digest: signedPart(desk, input.idToken), expiresAt, forgetBefore })))
      return tokenRefused('used-before');
    return openSession(inside, owner, { state: need.next, method: 'sso', digest });
  });
}

/** Logs every refusal of a token: a series of them means that somebody is trying. */
async function provenUser(desk: Desk, account: Account, input: SsoSignIn) {
  try {
    const settings = await desk.store.read.accounts.ssoSettings(account.id);
    if (settings?.issuer == null || settings.audience === null || settings.jwks === null)
      throw refusal('refused-by-policy', 'sso-not-set-up', { account: account.name }, 'sign-in-or-desk-sets-sso');
    const { issuer, audience, jwks } = settings;
    if (isAddress(jwks)) await requirePace(desk, account);
    const keys = await desk.identityKeys(jwks);
    const demand = { issuer, audience, keys, now: desk.now(), nonce: input.nonce, tolerance: CLOCKS_APART };
    const claims = await verifyIdToken(input.idToken, demand);
    const { subject, expiresAt } = claims;
    return { user: await userOf(desk, account, claims, input.login), expiresAt, issuer, subject };
  } catch (error) {
    if (error instanceof Refusal) {
      const by = { kind: 'user', id: 'unknown', name: 'unknown' } as const;
      const refused = { kind: 'portal.sign-in-refused', outcome: 'refused', at: desk.now(), by } as const;
      const detail = { method: 'sso' };
      await desk.store.record({ ...refused, account: account.id, reason: error.code, detail }, async () => undefined);
    }
    throw error;
  }
}

/** Anybody can make the desk fetch the keys with a token that proves nothing; after some of those it waits. Refusal `busy`. */
async function requirePace(desk: Desk, account: Account): Promise<void> {
  const since = desk.now() - minutes(1);
  const filter = { kind: 'portal.sign-in-refused', account: account.id, since };
  const refusals = await vouchedFor(desk.store.read.audit, desk.notary, filter, REFUSED_A_MINUTE);
  if (refusals.length >= REFUSED_A_MINUTE) throw refusal('busy', 'sso-too-often', {}, 'try-in-a-minute');
}

/** The one user of this account whom the token's names mean. If they mean different people, they mean nobody (B05, B09). */
async function userOf(desk: Desk, account: Account, claims: TokenClaims, login: string | undefined): Promise<User> {
  const { users } = desk.store.read;
  const byLogin = async (name: string | undefined): Promise<readonly User[]> => {
    const user = name === undefined ? undefined : await users.byLogin(account.id, foldKey(name));
    return user !== undefined && name !== undefined && sameName(user.login, name) ? [user] : [];
  };
  const named = [...(await byLogin(claims.username)), ...(await byLogin(claims.subject))];
  const { email } = claims;
  const mailed =
    email === undefined
      ? []
      : (await users.byEmail(account.id, foldKey(email))).filter((user) => sameName(user.email, email));
  const agreed = mailed.length === 0 ? named : mailed.filter((user) => named.every((other) => other.id === user.id));
  const meant = named.length > 0 ? agreed : mailed;
  const asked = login === undefined ? undefined : foldKey(login);
  const fits = asked === undefined ? meant : meant.filter((user) => foldKey(user.login) === asked || user.id === login);
  const [user] = fits;
  if (user === undefined || fits.some((other) => other.id !== user.id)) throw notKnown();
  return user;
}

/**
 * The desk's look-ups fold accents and look-alikes. At a provider `josé` and `jose` are two people, and one must not sign in as
 * the other. So a claim must equal a login letter for letter, except for ASCII capitals.
 */
const sameName = (stored: string, claimed: string): boolean => asciiLower(stored) === asciiLower(claimed.trim());
const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** What the provider signed, without the signature: the same token can have another signature that is just as good (ECDSA). */
const signedPart = (desk: Desk, token: string): string => desk.digests.sha256(token.trim().split('.', 2).join('.'));

const notKnown = (): Refusal => refusal('not-signed-in', 'id-token-names-none', {}, 'name-login');
