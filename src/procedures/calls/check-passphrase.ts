/**
 * Compares the phrase that a caller says with the one that is set: one argon2 run outside any transaction, and the same work for
 * an unknown caller (B73). The owner may set another phrase while it runs, so the result is checked again inside the write door:
 * the old phrase stops at once (B18), and must never be written back over the new one.
 */
import type { Desk, Writes } from '../../desk.js';
import type { User } from '../../rules/people.js';
import type { PassphraseCheck } from '../../rules/scope.js';
import { matchForm } from '../../rules/spoken-form.js';
import { passphraseContext } from '../seal-contexts.js';

export interface CheckedPhrase {
  readonly passphrase: PassphraseCheck;
  /** What it was compared with: the sealed verifier and when it was set; null if no phrase is set. */
  readonly against: { readonly verifier: string; readonly setAt: number } | null;
  /** A new sealed verifier of the same form to store, if the cost has risen since the phrase was set. */
  readonly renewed: string | null;
}

/**
 * A phrase set under older rules is folded by those, and stays so: what was heard may be another spelling than what was set, and the newer
 * rules may tell the two apart.
 */
export async function checkPhrase(desk: Desk, caller: User | null, phrase: string): Promise<CheckedPhrase> {
  const row = caller === null ? undefined : await desk.store.read.secrets.passphrase(caller.id);
  const place = passphraseContext(caller ?? { id: 'nobody', accountId: 'nobody' });
  const heard = matchForm(phrase, row?.form_version);
  const verifier = row?.verifier ?? null;
  const { matches, outdated } = await desk.secrets.check('person', 'seal/passphrase', place, verifier, heard);
  if (caller === null) return { passphrase: 'unknown-caller', against: null, renewed: null };
  if (row === undefined || verifier === null) return { passphrase: 'none', against: null, renewed: null };
  const against = { verifier, setAt: row.set_at };
  if (!matches) return { passphrase: 'wrong', against, renewed: null };
  const renewed = outdated ? await desk.secrets.make('person', 'seal/passphrase', place, heard) : null;
  return { passphrase: 'matches', against, renewed };
}

/**
 * What the check is worth by now, inside the door: a phrase that was replaced or destroyed meanwhile counts as wrong. One that
 * another success has only renewed is still the same.
 */
export async function asItStands(write: Writes, checked: CheckedPhrase, before: User | null, caller: User | null) {
  if (checked.passphrase !== 'matches' || checked.against === null || caller === null) return checked;
  const row = await write.secrets.passphrase(caller.id);
  if (row?.verifier === checked.against.verifier) return checked;
  const same =
    row?.verifier != null &&
    row.set_at === checked.against.setAt &&
    caller.authorityVersion === before?.authorityVersion;
  return { ...checked, passphrase: same ? checked.passphrase : ('wrong' as const), renewed: null };
}
