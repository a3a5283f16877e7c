/**
 * The owner's passphrase in the portal: only its owner sets, changes and views it (B14, B15, B17, B18). The desk has no part in
 * it: the key for the readable copy comes only from the owner's application password (crypto/owner-view).
 */
import type { Desk } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import type { Owner } from '../../rules/people.js';
import { matchForm } from '../../rules/spoken-form.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { ownerEntryBase, type PortalLogin } from '../portal/customer-login.js';
import { destroyOwnerCopy, keepsOwnerCopies, sealOwnerCopy } from '../portal/owner-copy.js';
import { ownNotice } from '../portal/portal-notices.js';
import { loggingAs } from '../resets/reset-records.js';
import { ownerCopyContext, passphraseContext } from '../seal-contexts.js';
import { judgePhrase, storePhrase } from './judge-phrase.js';

export const SETTING_PASSPHRASE = { lock: 'passphrase:set' } as const;
export const VIEWING_PASSPHRASE = { lock: 'passphrase:view' } as const;

/**
 * Sets or changes it: with one commit the old phrase stops, the new one verifies, and the grants that the old one gave end (B08, B18).
 * `password`: the application password if it was given with the command, to compare as spoken (B10); null otherwise. Refusals: forbidden for
 * plain users, not-signed-in, factor-needed, enrolment-needed, and invalid-input (weak or the application password; with an alternative).
 */
export async function setOwnPassphrase(
  desk: Desk,
  login: PortalLogin,
  { phrase, password }: { phrase: string; password: string | null },
) {
  const { account, user } = login;
  return loggingRefusals(desk, user, 'passphrase.set-refused', async () => {
    await askOwner(desk, login, SETTING_PASSPHRASE);
    const verifier = await judgePhrase(desk, user, account, phrase, password);
    const notice = ownNotice(desk, login, 'passphrase-changed', { who: ['mail', 'at-portal', user.name] });
    const done = await actAsOwner(desk, login, SETTING_PASSPHRASE, {
      change: async (acting) => {
        const set = await putPhrase(acting, phrase, verifier);
        await acting.write.outbox.insert(notice);
        return set;
      },
      entry: ({ first, readable }) => ({ kind: first ? 'passphrase.set' : 'passphrase.changed', detail: { readable } }),
    });
    await desk.store.forgetDeleted();
    return done;
  });
}

/** `verifier` belongs to the same phrase. `readable`: a copy is kept that `viewOwnPassphrase` can show. */
async function putPhrase(acting: ActingOwner<'passphrase:set'>, phrase: string, verifier: string) {
  const { desk, write } = acting;
  const { user } = acting.by.login;
  const before = await write.secrets.passphrase(user.id);
  const hasPassword = (await write.secrets.applicationPassword(user.id)) !== undefined;
  const owner_copy = hasPassword ? await sealOwnerCopy(desk, write, user, phrase) : null;
  const stored = { verifier, owner_copy, set_by: 'owner', setup_at: before?.setup_at ?? null };
  const grantsEnded = await storePhrase(acting, user.id, stored);
  return { first: before?.verifier == null, readable: owner_copy !== null, grantsEnded };
}

/**
 * Returns the exact text as it was set (B17), after the view is logged and the notice queued. `viewKey` comes from the check of
 * the application password that was given with this command. Refusals: as `setOwnPassphrase`, but the factor must be as fresh as
 * the password; refused-by-policy (switched off; a copy that was still there is destroyed), not-found (none set), forbidden (no
 * readable copy, with the reason).
 */
export async function viewOwnPassphrase(desk: Desk, login: PortalLogin, viewKey: Uint8Array): Promise<string> {
  const { user } = login;
  return loggingRefusals(desk, user, 'passphrase.view-refused', async () => {
    await askOwner(desk, login, VIEWING_PASSPHRASE);
    if (!keepsOwnerCopies(desk)) return refuseByPolicy(desk, login);
    const { phrase, copy } = await openCopy(desk, user, viewKey);
    const notice = ownNotice(desk, login, 'passphrase-viewed', { who: ['mail', 'at-portal', user.name] });
    await actAsOwner(desk, login, VIEWING_PASSPHRASE, {
      entry: () => ({ kind: 'passphrase.viewed' }),
      change: async ({ write }) => {
        if ((await write.secrets.passphrase(user.id))?.owner_copy !== copy) {
          throw refusal('busy', 'passphrase-overtaken', {}, 'try-again');
        }
        await write.outbox.insert(notice);
      },
    });
    return phrase;
  });
}

async function openCopy(desk: Desk, user: Owner['user'], viewKey: Uint8Array) {
  const row = await desk.store.read.secrets.passphrase(user.id);
  if (row?.verifier == null) throw refusal('not-found', 'no-passphrase-yet', {}, 'set-own-passphrase');
  if (row.owner_copy === null) throw unreadable(row.set_by === 'desk' ? 'set-by-desk' : 'lost');
  const phrase = desk.ownerView.openCopy(ownerCopyContext(user), viewKey, row.owner_copy);
  if (phrase === null) throw unreadable('lost');
  // Someone who can write to the store and has the desk's key could seal another text for the owner: what is shown must verify.
  const form = matchForm(phrase, row.form_version);
  const place = passphraseContext(user);
  const { matches } = await desk.secrets.check('person', 'seal/passphrase', place, row.verifier, form);
  if (!matches) throw refusal('store-corrupt', 'copy-differs', {}, 'tell-desk-and-set');
  return { phrase, copy: row.owner_copy };
}

const unreadable = (because: 'set-by-desk' | 'lost'): Refusal =>
  refusal('forbidden', 'not-readable', { because }, 'set-own-passphrase');

/** If views are switched off, no copy is kept either, not even an earlier one. */
async function refuseByPolicy(desk: Desk, login: PortalLogin): Promise<never> {
  const { user } = login;
  if ((await desk.store.read.secrets.passphrase(user.id))?.owner_copy != null) {
    await actAsOwner(desk, login, VIEWING_PASSPHRASE, {
      entry: () => ({ kind: 'passphrase.copy-destroyed', reason: 'policy' }),
      change: ({ write }) => destroyOwnerCopy(write, user.id),
    });
    await desk.store.forgetDeleted();
  }
  throw refusal('refused-by-policy', 'view-switched-off', {}, 'set-own-if-forgotten');
}

/** Logs every refusal (B74), by its code only. */
function loggingRefusals<T>(desk: Desk, user: Owner['user'], kind: AuditEntry['kind'], work: () => Promise<T>) {
  const entry = { ...ownerEntryBase(desk, user), kind };
  return loggingAs(desk, () => entry, /^(?!store-unreachable$)/, work);
}
