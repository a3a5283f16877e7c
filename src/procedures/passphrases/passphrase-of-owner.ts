/**
 * The owner's passphrase in the portal: set, changed and shown by its owner alone (B14, B15, B17, B18). The desk has no part in
 * it: the readable copy opens with a key that only the owner's application password gives (crypto/owner-view).
 */
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { hasPassphrase } from '../../rules/customer-roles.js';
import { FOLD_VERSION, matchForm } from '../../rules/spoken-form.js';
import { timeOf } from '../lock-outs.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { finishedLogin, type PortalLogin, portalActor } from '../portal/authenticate-user.js';
import { destroyOwnerCopy, keepsOwnerCopies } from '../portal/owner-copy.js';
import { requireFreshProof, requireProofForView } from '../portal/owner-proof.js';
import { applicationPasswordContext, ownerCopyContext, passphraseContext } from '../seal-contexts.js';
import { judgePhrase } from './judge-phrase.js';
import { passphraseNotice } from './passphrase-notice.js';

/** Refusals `forbidden` for plain users, not-signed-in, factor-needed, enrolment-needed: before anything is asked. */
export function requireOwner(desk: Desk, login: PortalLogin, now: number): void {
  requireHolder(desk, login);
  requireFreshProof(desk, login, now);
}

/** The same for the view, which needs the factor as fresh as the password. */
function requireViewer(desk: Desk, login: PortalLogin, now: number): void {
  requireHolder(desk, login);
  requireProofForView(desk, login, now);
}

function requireHolder(desk: Desk, { account, user }: PortalLogin): void {
  if (hasPassphrase(desk.policy, account, user)) return;
  throw new Refusal('forbidden', 'a plain user has no passphrase', {
    hint: 'Admins have one: only they make protected requests.',
  });
}

export interface NewPhrase {
  readonly phrase: string;
  /** The application password where it was given with the command, to compare as spoken (B10); null where it was not. */
  readonly password: string | null;
}

/** Whether a copy is kept that `viewOwnPassphrase` can show. */
export interface PhraseSet {
  readonly first: boolean;
  readonly readable: boolean;
  readonly grantsEnded: number;
}

/**
 * Sets or changes it: the old phrase stops and the new one verifies with the same commit, and what the old one gave is gone
 * (B08, B18). Refusals: as `requireOwner`, and invalid-input (weak or the application password; with an alternative).
 */
export async function setOwnPassphrase(
  desk: Desk,
  login: PortalLogin,
  { phrase, password }: NewPhrase,
): Promise<PhraseSet> {
  const at = desk.now();
  const { account, user } = login;
  const base = { at, by: portalActor(login.user), account: account.id, user: user.id } as const;
  return loggingRefusals(desk, { ...base, kind: 'passphrase.set-refused' }, async () => {
    requireOwner(desk, login, at);
    const form = await judgePhrase(desk, user, account, phrase, password);
    const verifier = await desk.secrets.make('person', 'seal/passphrase', passphraseContext(user), form);
    const notice = passphraseNotice(desk, 'passphrase-changed', login, `${user.name}, in the portal`);
    const done = await desk.store.record<PhraseSet>(
      (result) => ({
        ...base,
        kind: result.first ? 'passphrase.set' : 'passphrase.changed',
        outcome: 'done',
        detail: { readable: result.readable },
      }),
      async (write, log) => {
        requireOwner(desk, await finishedLogin(desk, write, log, login), timeOf(desk, log).now);
        const before = await write.secrets.passphrase(user.id);
        const stored = await write.secrets.applicationPassword(user.id);
        const copy =
          stored === undefined || !keepsOwnerCopies(desk)
            ? null
            : desk.ownerView.sealCopy(
                applicationPasswordContext(user),
                stored.verifier,
                ownerCopyContext(user),
                phrase,
              );
        await write.secrets.putPassphrase({
          user_id: user.id,
          verifier,
          form_version: FOLD_VERSION,
          owner_copy: copy,
          set_by: 'owner',
          set_at: at,
          setup_at: before?.setup_at ?? null,
        });
        await write.users.bumpAuthority(user.id);
        await write.outbox.insert(notice.map((message) => message.row));
        return {
          first: before?.verifier == null,
          readable: copy !== null,
          grantsEnded: await write.grants.revokeOfUser(user.id, at),
        };
      },
    );
    await afterwards(desk, notice);
    return done;
  });
}

/**
 * The exact text as it was set (B17), after the view is in the log and the notice in the outbox. `viewKey` comes from the check of
 * the application password given with this very command. Refusals: as `requireViewer`, refused-by-policy (switched off; a copy
 * that was still there is destroyed), not-found (none set), forbidden (no readable copy, with the reason).
 */
export async function viewOwnPassphrase(desk: Desk, login: PortalLogin, viewKey: Uint8Array): Promise<string> {
  const at = desk.now();
  const { account, user } = login;
  const base = { at, by: portalActor(login.user), account: account.id, user: user.id } as const;
  return loggingRefusals(desk, { ...base, kind: 'passphrase.view-refused' }, async () => {
    requireViewer(desk, login, at);
    if (!keepsOwnerCopies(desk)) return refuseByPolicy(desk, login);
    const { phrase, copy } = await openCopy(desk, login, viewKey);
    const notice = passphraseNotice(desk, 'passphrase-viewed', login, `${user.name}, in the portal`);
    await desk.store.record({ ...base, kind: 'passphrase.viewed', outcome: 'done' }, async (write, log) => {
      requireViewer(desk, await finishedLogin(desk, write, log, login), timeOf(desk, log).now);
      if ((await write.secrets.passphrase(user.id))?.owner_copy !== copy) {
        throw new Refusal('busy', 'the passphrase is being changed elsewhere', { hint: 'Try again.' });
      }
      await write.outbox.insert(notice.map((message) => message.row));
    });
    await afterwards(desk, notice);
    return phrase;
  });
}

async function openCopy(
  desk: Desk,
  { user }: PortalLogin,
  viewKey: Uint8Array,
): Promise<{ phrase: string; copy: string }> {
  const row = await desk.store.read.secrets.passphrase(user.id);
  if (row?.verifier == null) throw new Refusal('not-found', 'you have no passphrase yet', { hint: SET_OWN });
  if (row.owner_copy === null)
    throw unreadable(row.set_by === 'desk' ? 'it was set by the desk on the set-up call' : LOST);
  const phrase = desk.ownerView.openCopy(ownerCopyContext(user), viewKey, row.owner_copy);
  if (phrase === null) throw unreadable(LOST);
  // Whoever writes to the store with the desk's key could seal another text for the owner: what is shown must be what verifies.
  const form = matchForm(phrase, row.form_version);
  const { matches } = await desk.secrets.check(
    'person',
    'seal/passphrase',
    passphraseContext(user),
    row.verifier,
    form,
  );
  if (!matches) {
    throw new Refusal('store-corrupt', 'the readable copy is not the passphrase in force; it is not shown', {
      hint: 'Tell the desk, and set a new one.',
    });
  }
  return { phrase, copy: row.owner_copy };
}

const SET_OWN = 'Set your own with: countersign portal passphrase set';
const LOST = 'the application password was set anew since, or the desk kept no copies then';

const unreadable = (why: string): Refusal =>
  new Refusal('forbidden', `your passphrase is not kept readable: ${why}. It still verifies you`, { hint: SET_OWN });

/** Switched off means that no copy is kept either, also not one of earlier days. */
async function refuseByPolicy(desk: Desk, login: PortalLogin): Promise<never> {
  const { account, user } = login;
  if ((await desk.store.read.secrets.passphrase(user.id))?.owner_copy != null) {
    await desk.store.record(
      {
        kind: 'passphrase.copy-destroyed',
        outcome: 'done',
        at: desk.now(),
        by: portalActor(login.user),
        account: account.id,
        user: user.id,
        reason: 'policy',
      },
      (write) => destroyOwnerCopy(write, user.id),
    );
    await desk.store.forgetDeleted();
  }
  throw new Refusal(
    'refused-by-policy',
    'this desk has switched the view of passphrases off and keeps no readable copies',
    { hint: `If you forgot it: ${SET_OWN}` },
  );
}

async function afterwards(desk: Desk, notice: readonly { readonly id: string }[]): Promise<void> {
  await desk.store.forgetDeleted();
  await deliverOutbox(
    desk,
    notice.map((message) => message.id),
  );
}

type RefusalEntry = Omit<AuditEntry, 'outcome' | 'reason'>;

/** Every refusal is in the log (B74), by its code alone. */
async function loggingRefusals<T>(desk: Desk, entry: RefusalEntry, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error) && error.code !== 'store-unreachable') {
      await desk.store.record({ ...entry, outcome: 'refused', reason: error.code }, async () => undefined);
    }
    throw error;
  }
}
