/** What a user needs to get into their account: factors, backup codes, and whether enrolling needs a mailed code (B42, B57). */
import type { BackupCodeRow, Desk, FactorRow, OneTimeCodeRow, Reads } from '../../desk.js';

export interface UserFactors {
  /** All, including half-done and suspended ones. */
  readonly rows: readonly FactorRow[];
  /** Confirmed ones, oldest first. */
  readonly active: readonly FactorRow[];
  readonly backupCodes: readonly BackupCodeRow[];
  readonly backupCodesLeft: number;
  /** The last backup code was used up as the only method, and no factor was enrolled since (B42). */
  readonly owesFactor: boolean;
  /** Enrolling a factor needs the one-time enrolment code. */
  readonly enrolmentCodeNeeded: boolean;
  /** The newest enrolment code that was not used, even if it expired. */
  readonly enrolmentCode: OneTimeCodeRow | undefined;
}

/**
 * An unused enrolment code means that the user was reset (B57). Even if it expired, it blocks enrolment until the desk sends
 * a new one. Enrolling a factor removes it. A user who used up the last backup code and left proves no more
 * than the password at the next login, so the same code is asked for then (B42).
 */
export async function userFactors(
  desk: Desk,
  reads: Pick<Reads['factors'], 'ofUser' | 'backupCodes' | 'newestCode'>,
  userId: string,
): Promise<UserFactors> {
  const rows = await reads.ofUser(userId);
  const active = rows.filter((row) => row.state === 'active');
  const backupCodes = (await reads.backupCodes(userId)).filter((row) => row.state === 'active');
  const backupCodesLeft = backupCodes.filter((row) => row.used_at === null).length;
  const newest = await reads.newestCode(userId, 'enrol');
  const enrolmentCode = newest?.used_at === null ? newest : undefined;
  const owesFactor = active.length === 0 && backupCodes.length > 0 && backupCodesLeft === 0;
  const barred = active.length === 0 && (enrolmentCode !== undefined || owesFactor);
  return {
    rows,
    active,
    backupCodes,
    backupCodesLeft,
    owesFactor,
    enrolmentCodeNeeded: barred && desk.policy.limits.enrolmentCode.required,
    enrolmentCode,
  };
}
