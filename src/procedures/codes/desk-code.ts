/**
 * One-time codes that the desk e-mails: invitations and enrolment codes. They are Crockford base32, so that people can read them
 * in a mail and type them without mistaking O for 0. The store keeps only a keyed digest.
 */
import type { Desk, OneTimeCodeRow, Writes } from '../../desk.js';
import { encodeCrockford, readCrockford } from '../../rules/crockford.js';
import type { User } from '../../rules/people.js';

export type DeskCodePurpose = 'activate' | 'enrol';

/** 26 symbols carry 130 bits: enough for a code that stays in a mailbox for a day. */
const SYMBOLS = 26;
const BYTES = 17;

export interface DeskCode {
  /** In groups of five, as mailed. */
  readonly code: string;
  readonly row: Parameters<Writes['factors']['insertCode']>[0];
}

export function newDeskCode(desk: Desk, user: User, purpose: DeskCodePurpose, expiresAt: number): DeskCode {
  const symbols = encodeCrockford(desk.chance.bytes(BYTES)).slice(0, SYMBOLS);
  return {
    code: symbols.match(/.{1,5}/g)?.join('-') ?? symbols,
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

/** True if what was typed is the code of this row; does not look at tries and expiry. Constant time. */
export function isDeskCode(
  desk: Desk,
  user: User,
  purpose: DeskCodePurpose,
  row: OneTimeCodeRow,
  typed: string,
): boolean {
  const symbols = readCrockford(typed);
  return desk.digests.equal(row.digest, symbols === null ? '' : digestOf(desk, user, purpose, symbols));
}

const digestOf = (desk: Desk, user: User, purpose: DeskCodePurpose, symbols: string): string =>
  desk.digests.mac('mac/code', user.id, purpose, symbols);
