/**
 * What enrolling again means for a reset (B61, B62): while an objection stands nobody enrols, and from the moment somebody has, the
 * old factors can no longer come back and are destroyed.
 */
import type { Writes } from '../../desk.js';
import { refusal } from '../../errors.js';

/** Inside the transaction that makes a new factor count. Refusal `refused-by-policy` while an objection stands. */
export async function settleReset(write: Writes, userId: string, at: number): Promise<void> {
  const open = await write.resets.openOfUser(userId);
  if (open === undefined) return;
  if (open.objected_at !== null) {
    throw refusal('refused-by-policy', 'reset-objected', {}, 'ask-admin-or-call');
  }
  await write.resets.end([open.id], 'enrolled', userId, at);
  await write.resets.destroySuspended([userId]);
}
