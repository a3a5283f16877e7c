/**
 * What enrolling again means for a reset (B61, B62): nobody enrols while an objection is open, and once somebody has enrolled,
 * the old factors can no longer come back and are destroyed.
 */
import type { Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';

/** Call it inside the transaction that activates a new factor. Refusal `refused-by-policy` while an objection is open. */
export async function settleReset(write: Writes, userId: string, at: number): Promise<void> {
  const open = await write.resets.openOfUser(userId);
  if (open === undefined) return;
  if (open.objected_at !== null) {
    throw new Refusal('refused-by-policy', 'nothing can be set up for this login: its reset was objected to', {
      hint: 'Ask an admin of your company, or call your support desk on the number you know.',
    });
  }
  await write.resets.end([open.id], 'enrolled', userId, at);
  await write.resets.destroySuspended([userId]);
}
