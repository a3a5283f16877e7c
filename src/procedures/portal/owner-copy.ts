/** Destroys an owner's readable copy of the passphrase (B17). After that only the owner knows the phrase; it still verifies. */
import type { Desk, Writes } from '../../desk.js';

/**
 * Call it inside the door, in the transaction that sets an application password without the old one (activation, reset). Returns
 * whether there was a copy; then call `desk.store.forgetDeleted()` after the transaction, so that the file forgets it too.
 */
export async function destroyOwnerCopy(write: Writes, userId: string): Promise<boolean> {
  const row = await write.secrets.passphrase(userId);
  if (row?.owner_copy == null) return false;
  await write.secrets.updatePassphrase(userId, { owner_copy: null });
  return true;
}

/** True if this desk keeps copies. */
export const keepsOwnerCopies = (desk: Desk): boolean => desk.policy.limits.passphrase.ownerView;
