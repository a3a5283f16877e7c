/**
 * One-time codes that the desk e-mails: invitations and enrolment codes. They are Crockford base32, so that people can read them
 * in a mail and type them without mistaking O for 0. The store keeps only a keyed digest.
 *
 * Nobody guesses 130 bits, so wrong codes are counted and logged, but end nothing and lock nobody out: otherwise a stranger could make
 * the right code useless with a few wrong ones, as often as the desk sends another.
 */
import type { Desk, OneTimeCodeRow } from '../../desk.js';
import { inFives, newSymbols, readCrockford } from '../../rules/crockford.js';
import type { User } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { judgeRow } from './sent-codes.js';

export type DeskCodePurpose = 'activate' | 'enrol';

export function newDeskCode(desk: Desk, user: User, purpose: DeskCodePurpose, expiresAt: number) {
  const symbols = newSymbols(desk.chance.bytes);
  return {
    code: inFives(symbols),
    row: {
      id: desk.newId('inv'),
      user_id: user.id,
      purpose,
      factor_id: null,
      digest: digestOf(desk, user, purpose, symbols),
      tries: 0,
      created_at: desk.now(),
      expires_at: expiresAt,
      used_at: null,
    },
  };
}

export type DeskCodeJudgement = Awaited<ReturnType<typeof judgeDeskCode>>;

/**
 * Judges what was typed and counts it. Call it inside the transaction that acts on the answer. `accepted`: the row is marked as used, unless
 * `keep` says that it is only used up later. `wrong`: answers to this code so far, this one included.
 */
export async function judgeDeskCode(
  inside: Inside,
  { user, purpose, typed }: { readonly user: User; readonly purpose: DeskCodePurpose; readonly typed: string },
  row: OneTimeCodeRow,
  keep = false,
) {
  const { desk } = inside;
  const outcome = await judgeRow(inside, row, {
    binding: { userId: user.id, purpose, factorId: null },
    digestOfGiven: isDeskCode(desk, user, purpose, row, typed) ? row.digest : null,
    limits: { ...desk.policy.limits.code, tries: Number.POSITIVE_INFINITY },
    keep,
  });
  return { accepted: outcome === 'accepted', wrong: row.tries + (outcome === 'wrong' ? 1 : 0) };
}

/** True if what was typed is the code of this row; does not look at expiry. Constant time. */
export function isDeskCode(desk: Desk, user: User, purpose: DeskCodePurpose, row: OneTimeCodeRow, typed: string) {
  const symbols = readCrockford(typed);
  return desk.digests.equal(row.digest, symbols === null ? '' : digestOf(desk, user, purpose, symbols));
}

const digestOf = (desk: Desk, user: User, purpose: DeskCodePurpose, symbols: string): string =>
  desk.digests.mac('mac/code', user.id, purpose, symbols);
