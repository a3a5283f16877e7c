/**
 * The owner's readable copy of the passphrase (B17): sealed for the application password, which only the owner has. Before there is one, a
 * phrase of the set-up call waits for the activation (B85): sealed to a key that the code of the open invitation makes, and until there is an
 * invitation by the seal of the desk alone. A second invitation cannot open it, so it destroys it. A copy that is destroyed takes nothing from
 * the phrase, which still verifies.
 */
import type { Desk, Writes } from '../../desk.js';
import { readCrockford } from '../../rules/crockford.js';
import type { User } from '../../rules/people.js';
import { applicationPasswordContext, ownerCopyContext } from '../seal-contexts.js';

export const keepsOwnerCopies = (desk: Desk): boolean => desk.policy.limits.passphrase.ownerView;

/** Anybody can make this key; the vault's seal is around each copy. */
const NOT_INVITED = 'no invitation yet';

/** The key that an invitation's code makes, however it is typed; without a code, the one that a copy waits with until the first invitation. */
export const copyKeyOf = (desk: Desk, code: string = NOT_INVITED) =>
  desk.ownerView.keyFrom(readCrockford(code) ?? code);

/** A copy for the password, or for the activation; null where the desk keeps none. Call it inside the door. */
export async function sealOwnerCopy(desk: Desk, write: Writes, user: User, phrase: string): Promise<string | null> {
  if (!keepsOwnerCopies(desk)) return null;
  const [password, place] = [await write.secrets.applicationPassword(user.id), ownerCopyContext(user)];
  if (password !== undefined)
    return desk.ownerView.sealCopy(applicationPasswordContext(user), password.verifier, place, phrase);
  const invited = await write.factors.newestCode(user.id, 'activate');
  const open = invited !== undefined && invited.used_at === null && desk.now() < invited.expires_at;
  const key = open ? invited.copy_key : null;
  return desk.ownerView.sealCopyTo(key ?? copyKeyOf(desk).publicKey, place, phrase);
}

type Seal = (phrase: string) => string;

/** Seals the copy anew, if this key opens it; otherwise it is destroyed. Returns true if it was. Then call `desk.store.forgetDeleted()`. */
export async function moveOwnerCopy(desk: Desk, write: Writes, user: User, key: Uint8Array, seal: Seal) {
  const copy = (await write.secrets.passphrase(user.id))?.owner_copy;
  if (copy == null) return false;
  const phrase = desk.ownerView.openCopy(ownerCopyContext(user), key, copy);
  await write.secrets.updatePassphrase(user.id, { owner_copy: phrase === null ? null : seal(phrase) });
  return phrase === null;
}

/**
 * Call it inside the door, in the transaction that sets an application password without the old one (a reset). Returns whether there was a
 * copy; then call `desk.store.forgetDeleted()` after the transaction, so that the file forgets it too.
 */
export async function destroyOwnerCopy(write: Writes, userId: string): Promise<boolean> {
  const row = await write.secrets.passphrase(userId);
  if (row?.owner_copy == null) return false;
  await write.secrets.updatePassphrase(userId, { owner_copy: null });
  return true;
}
