/**
 * What a browser must sign (B92): drawn here, bound to one session and one purpose, good for one answer. It is taken out in the transaction
 * that counts the attempt, before anything is checked, so that a wrong answer uses it up too. The store has a keyed digest of it.
 */
import type { Desk, FactorRow, SignedUser } from '../../desk.js';
import { type ErrorCode, type Refusal, refusal } from '../../errors.js';
import type { Challenge, ChallengedFactor, Site } from '../../factors/factor.js';
import { minutes } from '../../rules/duration.js';
import type { Owner } from '../../rules/people.js';
import { needsBrowser } from '../codes/methods.js';
import { userFactors } from '../codes/user-factors.js';
import type { ActingOwner } from '../portal/act-as-owner.js';
import { factorContext } from '../seal-contexts.js';

/** The purpose of their rows; after a right answer none of the user's is needed any more. */
export const CHALLENGES = 'passkey';
const BYTES = 32;

export type { Site };

export interface InBrowser {
  readonly site?: Site | undefined;
}

export type IsChallenge = Challenge['isChallenge'];

/** `about`: id of the half-done enrolment, or `login`. */
const digestOf = (desk: Desk, { sessionId }: SignedUser, about: string, challenge: string): string =>
  desk.digests.mac('mac/code', sessionId, CHALLENGES, about, challenge);

/** A new challenge for the kind's `ask`, and the step that stores it; one of before stops counting. */
export function drawChallenge(desk: Desk, session: SignedUser, about: string) {
  const challenge = desk.chance.bytes(BYTES);
  const digest = digestOf(desk, session, about, Buffer.from(challenge).toString('base64url'));
  const store = async ({ write, now }: ActingOwner): Promise<void> => {
    const { userId, sessionId } = session;
    const before = await write.factors.newestCode(userId, CHALLENGES, sessionId);
    const expires = now + minutes(desk.policy.limits.code.minutes);
    const fresh = { digest, tries: 0, created_at: now, expires_at: expires, used_at: null };
    if (before !== undefined) return write.factors.updateCode(before.id, fresh);
    const bound = { user_id: userId, purpose: CHALLENGES, factor_id: sessionId };
    await write.factors.insertCode({ id: desk.newId('inv'), ...bound, ...fresh });
  };
  return { challenge, minutes: desk.policy.limits.code.minutes, store };
}

/** Takes it out; what was never given out, is over or was answered already is no challenge. */
export async function takeChallenge({ desk, write, now, by }: ActingOwner, about: string): Promise<IsChallenge> {
  const { login } = by;
  const row = await write.factors.newestCode(login.user.id, CHALLENGES, login.session.sessionId);
  if (row === undefined || row.used_at !== null || now >= row.expires_at) return () => false;
  await write.factors.updateCode(row.id, { used_at: now });
  return (challenge) => desk.digests.equal(row.digest, digestOf(desk, login.session, about, challenge));
}

/** The secrets of the user's keys that can sign, with their rows. */
export async function keysOf(desk: Desk, { user }: Owner, kind: ChallengedFactor) {
  const { active } = await userFactors(desk, desk.store.read.factors, user.id);
  const rows = active.filter((row) => row.kind === kind.id);
  const opened = (row: FactorRow) => desk.vault.openText('seal/factor', factorContext(user, row.id), row.secret ?? '');
  return rows.map((row) => ({ row, secret: opened(row) }));
}

/** Refusal for a front end that is no browser's. */
export function browserOnly(desk: Desk, code: ErrorCode = 'invalid-input'): Refusal {
  return refusal(code, 'passkey-in-browser', { address: desk.pagesUrl }, 'open-pages');
}

/** Where the pages are, of an answer by this kind; null for one that needs no browser. Refusal `factor-needed`. */
export function siteFor(desk: Desk, kind: string, { site }: InBrowser): Site | null {
  if (!needsBrowser(kind)) return null;
  if (site === undefined) throw browserOnly(desk, 'factor-needed');
  return site;
}
