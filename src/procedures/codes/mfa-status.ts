/** What second factors a user has: kinds, states and times, never a secret. */
import type { Desk } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import type { Account, User } from '../../rules/people.js';

export interface MfaStatus {
  readonly account: Account;
  readonly user: User;
  readonly required: boolean;
  readonly factors: readonly {
    readonly id: string;
    readonly kind: string;
    readonly title: string;
    readonly state: string;
    readonly confirmedAt: number | null;
  }[];
  readonly backupCodesLeft: number;
  readonly devices: number;
  readonly sessions: number;
  /** A reset happened and its enrolment code waits to be used (B57). */
  readonly enrolmentCodeWaiting: boolean;
}

export async function mfaStatus(desk: Desk, account: Account, user: User): Promise<MfaStatus> {
  const { factors, portalSessions } = desk.store.read;
  const code = await factors.newestCode(user.id, 'enrol');
  return {
    account,
    user,
    required: account.mfaRequiredAt !== null,
    factors: (await factors.ofUser(user.id)).map((row) => ({
      id: row.id,
      kind: row.kind,
      title: factorKind(row.kind).title,
      state: row.state,
      confirmedAt: row.confirmed_at,
    })),
    backupCodesLeft: (await factors.backupCodes(user.id)).filter(
      (row) => row.used_at === null && row.state === 'active',
    ).length,
    devices: (await factors.devices(user.id)).length,
    sessions: (await portalSessions.ofUser(user.id)).length,
    enrolmentCodeWaiting: code !== undefined && code.used_at === null,
  };
}
