/**
 * What enrolling again means for a reset (B61, B62): nobody enrols while an objection is open, and once somebody has enrolled,
 * the old factors can no longer come back and are destroyed.
 */
import type { Desk, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { User } from '../../rules/people.js';
import { queueLift } from '../messages/remote-row.js';

/** Call it inside the transaction that activates a new factor. Refusal `refused-by-policy` while an objection is open. */
export async function settleReset(desk: Desk, write: Writes, user: User, at: number): Promise<void> {
  const { id: userId } = user;
  const open = await write.resets.openOfUser(userId);
  if (open === undefined) return;
  if (open.objected_at !== null) {
    throw refusal('refused-by-policy', 'reset-objected', {}, 'ask-admin-or-call');
  }
  await write.resets.end([open.id], 'enrolled', userId, at);
  await write.resets.destroySuspended([userId]);
  await queueLift(desk, write, user);
}
