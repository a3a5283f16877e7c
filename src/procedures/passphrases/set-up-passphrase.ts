/**
 * The first passphrase of an admin, set by the desk on the set-up call (B13): only once per user, and only if none is set. No
 * readable copy is kept: the operator heard it, and the owner should set one of their own (B14, B17).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import { customerRule, hasPassphrase } from '../../rules/customer-roles.js';
import { passphrasePath } from '../../rules/guidance.js';
import type { Account, User } from '../../rules/people.js';
import { FOLD_VERSION } from '../../rules/spoken-form.js';
import { act, askAuthority } from '../authorise.js';
import { passphraseContext } from '../seal-contexts.js';
import { judgePhrase } from './judge-phrase.js';
import { passphraseNotice } from './passphrase-notice.js';

export interface SetUp {
  readonly account: Account;
  readonly user: User;
}

const SETTING_UP = { permission: 'passphrase:setup' } as const;

/**
 * Refusals: forbidden (not an admin, or one is or was set already; with the steps for the owner), invalid-input (weak, with an
 * alternative). Each is logged, and none changes anything.
 */
export async function setUpPassphrase(
  desk: Desk,
  signed: SignedOperator,
  { account, user }: SetUp,
  phrase: string,
): Promise<void> {
  const about = { at: desk.now(), account: account.id, user: user.id } as const;
  await loggingRefusals(desk, signed, { account, user }, async () => {
    await checkSetUp(desk, signed, { account, user });
    const form = await judgePhrase(desk, user, account, phrase, null);
    const verifier = await desk.secrets.make('person', 'seal/passphrase', passphraseContext(user), form);
    const who = `${signed.operator.name}, ${desk.name}`;
    const notice = passphraseNotice(desk, 'passphrase-changed', { account, user }, who);
    await act(desk, signed, SETTING_UP, {
      entry: (_done, { actor }) => ({ ...about, by: actor, kind: 'passphrase.set-up', outcome: 'done' }),
      change: async ({ write, now, by }) => {
        const current = await write.users.byId(user.id);
        const row = await write.secrets.passphrase(user.id);
        const refused =
          current === undefined ? undefined : refusalOf(desk, by.alsoUserId, { account, user: current }, row);
        if (refused !== undefined) throw refused;
        await write.secrets.putPassphrase({
          user_id: user.id,
          verifier,
          form_version: FOLD_VERSION,
          owner_copy: null,
          set_by: 'desk',
          set_at: now,
          setup_at: now,
        });
        await write.users.bumpAuthority(user.id);
        await write.grants.revokeOfUser(user.id, now);
        await write.outbox.insert(notice.map((message) => message.row));
      },
    });
  });
}

/** Somebody at the desk who tries to overwrite an owner's secret is in the log, however far they came (B99). */
async function loggingRefusals(
  desk: Desk,
  signed: SignedOperator,
  { account, user }: SetUp,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isRefusal(error) && (error.code === 'forbidden' || error.code === 'invalid-input')) {
      await desk.store.record(
        {
          at: desk.now(),
          account: account.id,
          user: user.id,
          by: signed.actor,
          kind: 'passphrase.set-up-refused',
          outcome: 'refused',
          reason: error.code,
        },
        async () => undefined,
      );
    }
    throw error;
  }
}

/** Makes the same refusals before anybody is asked for a phrase. */
export async function requireSetUp(desk: Desk, signed: SignedOperator, setUp: SetUp): Promise<void> {
  await loggingRefusals(desk, signed, setUp, () => checkSetUp(desk, signed, setUp));
}

async function checkSetUp(desk: Desk, signed: SignedOperator, { account, user }: SetUp): Promise<void> {
  await askAuthority(desk, signed, SETTING_UP);
  const row = await desk.store.read.secrets.passphrase(user.id);
  const refused = refusalOf(desk, signed.alsoUserId, { account, user }, row);
  if (refused !== undefined) throw refused;
}

interface Earlier {
  readonly verifier: string | null;
  readonly setup_at: number | null;
}

function refusalOf(
  desk: Desk,
  operatorIs: string | null,
  { account, user }: SetUp,
  row: Earlier | undefined,
): Refusal | undefined {
  if (!hasPassphrase(desk.policy, account, user)) {
    return refusal('forbidden', 'plain-user-no-passphrase', {}, 'admin-calls');
  }
  const path = passphrasePath(account.edition).join(' ');
  if (row?.verifier != null) return refusal('forbidden', 'set-already', { path }, 'owner-changes');
  if (row?.setup_at != null) return refusal('forbidden', 'set-up-used', { path }, 'owner-sets');
  if (customerRule(desk.policy, account.edition, user.role)?.firstPassphraseByDesk !== true) {
    return refusal('forbidden', 'sets-own-first', { path }, 'read-path-aloud');
  }
  if (account.disabledAt !== null || user.disabledAt !== null)
    return refusal('forbidden', 'login-disabled', {}, 'nothing-set');
  if (operatorIs === user.id) return refusal('forbidden', 'own-set-up', {}, 'other-operator-or-portal');
  return undefined;
}
