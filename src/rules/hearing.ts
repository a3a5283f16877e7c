/** What follows when a phrase was not heard right, and how long one that was counts (E11, E15). A second chance is counted like each. */
import { MFA_RESET } from './policy-checks.js';
import { spokenForms } from './spoken-form.js';

/** No policy allows a shorter passphrase, in letters and digits (policy-schema.ts). */
export const SHORTEST_PASSPHRASE = 15;

/** True if no passphrase folds to so short a text: each a, o or u may stand for an umlaut that was set with an e. */
export function tooShortToBeOne(text: string): boolean {
  const written = spokenForms(text)[1] ?? '';
  return [...written].length + (written.match(/[aou](?!e)/gu) ?? []).length < SHORTEST_PASSPHRASE;
}

/** Reasons for which a caller was refused without a wrong answer. */
const NO_MISS = ['forgot', 'locked', 'own-login', 'not-privileged', 'held'];

/**
 * Whether the caller is asked once more. `refusals`: of this caller on this call, this one included; `locked`: this one has
 * locked; `alarm`: the desk is under attack. None of it differs between known and unknown callers (B73).
 */
export const mayRepeat = (refusals: readonly { reason: string | null }[], locked: boolean, alarm: boolean): boolean =>
  !locked && !alarm && refusals.filter(({ reason }) => !NO_MISS.includes(reason ?? '')).length === 1;

/** A phrase heard on a call serves another request of the same caller until `expiresAt` (ms), but never a reset of second factors. */
export const servesMore = (expiresAt: number, action: string, now: number): boolean =>
  now < expiresAt && action !== MFA_RESET;
