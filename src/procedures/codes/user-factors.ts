/** What a user needs to get into their account: factors, backup codes, and whether enrolling needs a mailed code (B42, B57). */
import type { Desk, Reads } from '../../desk.js';
import { refusal } from '../../errors.js';

export type UserFactors = Awaited<ReturnType<typeof userFactors>>;

/**
 * An open reset, or an unused enrolment code, even an expired one, blocks enrolment until the desk sends a new code (B57). A user without
 * a method has removed it, was reset, or never had one; otherwise somebody deleted the rows (T19): refusal `store-corrupt`. Enrolling a factor removes it. A user who used up the last backup code and left proves no more
 * than the password at the next login, so the same code is asked for then (B42).
 */
export async function userFactors(
  desk: Desk,
  reads: Pick<Reads['factors'], 'ofUser' | 'backupCodes' | 'newestCode' | 'barOf'>,
  userId: string,
) {
  const rows = await reads.ofUser(userId);
  const active = rows.filter((row) => row.state === 'active');
  const backupCodes = (await reads.backupCodes(userId)).filter((row) => row.state === 'active');
  const backupCodesLeft = backupCodes.filter((row) => row.used_at === null).length;
  const newest = await reads.newestCode(userId, 'enrol');
  const enrolmentCode = newest?.used_at === null ? newest : undefined;
  const owesFactor = active.length === 0 && backupCodes.length > 0 && backupCodesLeft === 0;
  const { resetAt, enrolledAt } = await reads.barOf(userId);
  if (active.length + backupCodes.length === 0 && enrolledAt !== null && resetAt === null)
    throw refusal('store-corrupt', 'methods-gone', { user: userId }, 'desk-keeps-store');
  const barred = active.length === 0 && (resetAt !== null || enrolmentCode !== undefined || owesFactor);
  return {
    /** All, including half-done and suspended ones. */
    rows,
    /** Confirmed ones, oldest first. */
    active,
    backupCodes,
    backupCodesLeft,
    /** The last backup code was used up as the only method, and no factor was enrolled since (B42). */
    owesFactor,
    /** Enrolling a factor needs the one-time enrolment code. */
    enrolmentCodeNeeded: barred && desk.policy.limits.enrolmentCode.required,
    /** The newest enrolment code that was not used, even if it expired. */
    enrolmentCode,
  };
}
