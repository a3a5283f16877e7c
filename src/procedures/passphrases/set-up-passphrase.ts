/**
 * The first passphrase of an admin, set by the desk on the set-up call (B13): only once per user, and only if none is set. That a voice comes
 * first proves nothing, so it needs a one-time code that was sent to the address on file, or a second operator (B85). A readable copy waits
 * for the owner (owner-copy.ts), who is asked to set one of their own, because the operator heard this one (B14, B17).
 */
import type { Desk, Reads, SignedOperator } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { email } from '../../factors/registry.js';
import { customerRule, hasPassphrase } from '../../rules/customer-roles.js';
import { maskedAddress } from '../../rules/directory-fields.js';
import { passphrasePath } from '../../rules/guidance.js';
import type { Owner } from '../../rules/people.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { contactOnFile } from '../codes/contact-on-file.js';
import { judgeSentCode, newSentCode, storeSentCode } from '../codes/sent-codes.js';
import { sentState } from '../messages/read-outbox.js';
import { isClosed } from '../portal/customer-login.js';
import { sealOwnerCopy } from '../portal/owner-copy.js';
import { ownNotice } from '../portal/portal-notices.js';
import {
  approvalNeeded,
  askedIn,
  changeSubject,
  requestApproval,
  usableApproval,
  useApproval,
  waitingEntries,
} from '../resets/approvals.js';
import { loggingAs } from '../resets/reset-records.js';
import { judgePhrase, storePhrase } from './judge-phrase.js';

export type SetUp = Owner;

/** `code`: what the caller read out; without one a second operator must approve. `phrase` is asked for only once either is right. */
export interface SetUpCall {
  readonly code: string | undefined;
  readonly phrase: () => Promise<string>;
}

const SETTING_UP = { permission: 'passphrase:setup' } as const;

/** Sends the code that the caller reads out. Refusals: forbidden as `setUpPassphrase`, invalid-input (no address on file for days), locked. */
export async function sendSetUpCode(desk: Desk, signed: SignedOperator, setUp: SetUp) {
  return loggingRefusals(desk, signed, setUp, async () => {
    await checkSetUp(desk, signed, setUp);
    const to = await contactOnFile(desk, email, setUp);
    const code = newSentCode(desk, email, setUp, { purpose: 'set-up', template: 'set-up-code', factorId: null, to });
    await act(desk, signed, SETTING_UP, {
      entry: () => ({ ...about(desk, setUp), kind: 'passphrase.code-sent' }),
      change: (acting) => storeSentCode(acting, code),
    });
    return { sentTo: maskedAddress(to), state: (await sentState(desk, code.message.id)).state };
  });
}

/**
 * Refusals: forbidden (not an admin, or one is or was set already; with the steps for the owner), not-verified (a wrong code), approval-needed
 * (no code), invalid-input (weak, with an alternative). Each is logged, and none changes anything.
 */
export async function setUpPassphrase(desk: Desk, signed: SignedOperator, setUp: SetUp, call: SetUpCall) {
  const { account, user } = setUp;
  await loggingRefusals(desk, signed, setUp, async () => {
    await checkSetUp(desk, signed, setUp);
    await requireProof(desk, signed, setUp, call.code);
    const phrase = await call.phrase();
    const verifier = await judgePhrase(desk, user, account, phrase, null);
    const notice = ownNotice(desk, setUp, 'passphrase-changed', { who: `${signed.operator.name}, ${desk.name}` });
    const detail = { proof: call.code === undefined ? 'approval' : 'code' };
    await act(desk, signed, SETTING_UP, {
      entry: () => ({ ...about(desk, setUp), kind: 'passphrase.set-up', detail }),
      change: async (acting) => {
        const { write, now, by } = acting;
        const current = await write.users.byId(user.id);
        const row = await write.secrets.passphrase(user.id);
        if (current !== undefined) requireFirst(desk, by.alsoUserId, { account, user: current }, row);
        const proof = await proofOf(acting, setUp, call.code, 'use-up');
        if (proof !== 'right') throw refusalOfProof(proof);
        const owner_copy = await sealOwnerCopy(desk, write, user, phrase);
        await storePhrase(acting, user.id, { verifier, owner_copy, set_by: 'desk', setup_at: now });
        await write.outbox.insert(notice);
      },
    });
  });
}

const about = (desk: Desk, { account, user }: SetUp) => ({ at: desk.now(), account: account.id, user: user.id });

type Proof = 'right' | 'wrong' | Awaited<ReturnType<typeof requestApproval>>;

/** Before the phrase is asked for: it may still be refused, so nothing is used up. */
async function requireProof(desk: Desk, signed: SignedOperator, setUp: SetUp, code: string | undefined): Promise<void> {
  const base = { ...about(desk, setUp), kind: 'passphrase.proof-judged' } as const;
  const proof = await act<'passphrase:setup', Proof>(desk, signed, SETTING_UP, {
    entry: (found) => {
      if (found === 'right') return base;
      return found === 'wrong' ? { ...base, outcome: 'refused', reason: 'code' } : waitingEntries(found, base);
    },
    change: (acting) => proofOf(acting, setUp, code, 'keep'),
  });
  if (proof !== 'right') throw refusalOfProof(proof);
}

const refusalOfProof = (proof: Exclude<Proof, 'right'>): Refusal =>
  proof === 'wrong' ? refusal('not-verified', 'set-up-code-wrong', {}, 'try-again') : approvalNeeded(proof.request);

/** The code that the caller read out; without one the approval of a second operator, which is asked for if there is none. */
async function proofOf(
  acting: Acting<'passphrase:setup'>,
  { account, user }: SetUp,
  code: string | undefined,
  then: 'keep' | 'use-up',
): Promise<Proof> {
  if (code !== undefined) {
    const binding = { userId: user.id, purpose: 'set-up', factorId: null };
    const judged = await judgeSentCode(acting, email, { binding, typed: code, keep: then === 'keep' });
    return judged === 'accepted' ? 'right' : 'wrong';
  }
  const change = `${account.number}: the first passphrase of ${user.login} (${user.role}), said by phone`;
  const subject = await changeSubject(acting, { users: [user.id], change, reason: null });
  const approved = await (then === 'keep'
    ? usableApproval(askedIn(acting), subject.hash)
    : useApproval(acting, subject.hash));
  return approved === undefined ? requestApproval(acting, 'first-passphrase', subject.subject) : 'right';
}

/** Somebody at the desk who tries to overwrite an owner's secret is in the log, however far they came (B99). */
function loggingRefusals<T>(desk: Desk, { actor }: SignedOperator, setUp: SetUp, work: () => Promise<T>) {
  const entry = { ...about(desk, setUp), by: actor, kind: 'passphrase.set-up-refused' } as const;
  return loggingAs(desk, () => entry, /^(forbidden|invalid-input)$/, work);
}

async function checkSetUp(desk: Desk, signed: SignedOperator, setUp: SetUp): Promise<void> {
  await askAuthority(desk, signed, SETTING_UP);
  requireFirst(desk, signed.alsoUserId, setUp, await desk.store.read.secrets.passphrase(setUp.user.id));
}

type Stored = Awaited<ReturnType<Reads['secrets']['passphrase']>>;

function requireFirst(desk: Desk, operatorIs: string | null, setUp: SetUp, row: Stored): void {
  const { account, user } = setUp;
  if (!hasPassphrase(desk.policy, account, user))
    throw refusal('forbidden', 'plain-user-no-passphrase', {}, 'admin-calls');
  const path = passphrasePath(account.edition);
  if (row?.verifier != null) throw refusal('forbidden', 'set-already', { path }, 'owner-changes');
  if (row?.setup_at != null) throw refusal('forbidden', 'set-up-used', { path }, 'owner-sets');
  if (customerRule(desk.policy, account.edition, user.role)?.firstPassphraseByDesk !== true)
    throw refusal('forbidden', 'sets-own-first', { path }, 'read-path-aloud');
  if (isClosed(setUp)) throw refusal('forbidden', 'login-disabled', {}, 'nothing-set');
  if (operatorIs === user.id) throw refusal('forbidden', 'own-set-up', {}, 'other-operator-or-portal');
}
