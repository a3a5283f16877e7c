/** What second factors a user has, for the desk and for their owner: kinds, states and times, never a secret. */
import type { Desk, FactorRow } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import { maskedContact } from '../../rules/masked-contact.js';
import type { Account, User } from '../../rules/people.js';
import { userFactors } from './user-factors.js';

export interface ShownFactor {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: string;
  /** Where its codes go, masked; null if none are sent. */
  readonly to: string | null;
  readonly confirmedAt: number | null;
}

export interface MfaStatus {
  readonly account: Account;
  readonly user: User;
  readonly required: boolean;
  readonly factors: readonly ShownFactor[];
  readonly backupCodesLeft: number;
  readonly backupCodesMade: number;
  readonly devices: number;
  readonly sessions: number;
  /** A reset happened and its enrolment code waits to be used (B57). */
  readonly enrolmentCodeWaiting: boolean;
}

export async function mfaStatus(desk: Desk, account: Account, user: User): Promise<MfaStatus> {
  const { factors, portalSessions } = desk.store.read;
  const { rows, backupCodes, backupCodesLeft, enrolmentCode } = await userFactors(desk, factors, user.id);
  return {
    account,
    user,
    required: account.mfaRequiredAt !== null,
    factors: rows.map((row) => shownFactor(row, user)),
    backupCodesLeft,
    backupCodesMade: backupCodes.length,
    devices: (await factors.devices(user.id)).length,
    sessions: (await portalSessions.ofUser(user.id)).length,
    enrolmentCodeWaiting: enrolmentCode !== undefined,
  };
}

export function shownFactor(row: FactorRow, user: User): ShownFactor {
  const kind = factorKind(row.kind);
  const to =
    kind.family === 'sent' ? maskedContact(kind.contact, kind.contact === 'email' ? user.email : user.phone) : null;
  return { id: row.id, kind: row.kind, title: kind.title, state: row.state, to, confirmedAt: row.confirmed_at };
}
