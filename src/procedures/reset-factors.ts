/**
 * One user's second factors, reset (B50, B52–B55, B57, B58). On a call it takes a live grant, which is checked again and used up in
 * the very transaction that takes the factors away. Everything dies together: factors, half-done enrolments, backup codes,
 * remembered devices, portal sessions. "Nothing to do" is an outcome.
 */
import type { Desk, SignedOperator, Writes } from '../desk.js';
import { Refusal } from '../errors.js';
import type { AuditEntry } from '../rules/audit-entry.js';
import { days } from '../rules/duration.js';
import type { Account, User } from '../rules/people.js';
import { MFA_RESET } from '../rules/policy-checks.js';
import { decideTarget } from '../rules/reset-target.js';
import { deliverOutbox } from './deliver-outbox.js';
import { prepareEnrolmentCode } from './enrolment-code.js';
import { requireGrant } from './grants.js';
import { inWords, type PreparedMessage, prepareMessage } from './queue-message.js';

/** Counts of what was taken away, by kind (B52). */
export interface Removed {
  readonly factors: number;
  readonly backupCodes: number;
  readonly devices: number;
  readonly sessions: number;
  readonly enrolments: number;
}

export interface ResetOutcome {
  readonly id: string;
  readonly outcome: 'reset' | 'nothing-to-do';
  readonly account: Account;
  readonly target: User;
  readonly removed: Removed;
  /** Where the enrolment code went, or why none was sent. */
  readonly enrolmentCode: 'sent' | 'not-needed' | 'no-address-on-file';
}

export interface GrantedReset {
  readonly grantId: string;
  readonly account: Account;
  readonly target: User;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
}

/** Refusals: no-grant, forbidden (B55), approval-needed (B56), refused-by-policy (B63). Nothing changes on any of them. */
export async function resetUnderGrant(desk: Desk, signed: SignedOperator, asked: GrantedReset): Promise<ResetOutcome> {
  const at = desk.now();
  const id = desk.newId('rst');
  const messages = await prepareMessages(desk, signed, asked, id);
  try {
    const done = await desk.store.record<ResetOutcome>(
      (result) => entryOf(result, signed, asked, at),
      async (write, log) => {
        const grant = await requireGrant(desk, write, signed, asked.grantId, MFA_RESET, Math.max(at, log.latestAt));
        const target = await write.users.byId(asked.target.id);
        if (target === undefined) throw new Refusal('not-found', 'the user is gone');
        const { approval } = decideTarget({
          policy: desk.policy,
          operatorUserId: signed.alsoUserId,
          account: grant.account,
          caller: grant.caller,
          target,
        });
        if (approval !== null) throw approvalNeeded(approval);
        await write.grants.use(asked.grantId, at);
        const removed = await removeEverything(write, target);
        const changed = Object.values(removed).some((count) => count > 0);
        if (changed) await write.outbox.insert(messages.all.map((message) => message.row));
        if (changed && messages.enrolment !== null) await write.factors.insertCode(messages.enrolment.row);
        const enrolmentCode =
          !changed || !desk.policy.limits.enrolmentCode.required
            ? 'not-needed'
            : messages.enrolment === null
              ? 'no-address-on-file'
              : 'sent';
        return {
          id,
          outcome: changed ? 'reset' : 'nothing-to-do',
          account: grant.account,
          target,
          removed,
          enrolmentCode,
        };
      },
    );
    if (done.outcome === 'reset') await afterCommit(desk, messages.all);
    return done;
  } catch (error) {
    await logRefusal(desk, signed, asked, at, error);
    throw error;
  }
}

const approvalNeeded = (why: 'own-reset' | 'admin-target'): Refusal =>
  new Refusal(
    'approval-needed',
    why === 'own-reset'
      ? "a caller's own reset needs a second operator"
      : 'the reset of an admin needs a second operator',
    {
      hint: 'Ask a lead to approve it.',
    },
  );

/** Messages are made before the transaction: composing and sealing do not belong inside the write lock. */
async function prepareMessages(desk: Desk, signed: SignedOperator, asked: GrantedReset, id: string) {
  const grant = await desk.store.read.grants.byId(asked.grantId);
  const caller = grant === undefined ? undefined : await desk.store.read.users.byId(grant.user_id);
  const facts = {
    who: signed.operator.name,
    requestedBy: caller?.name ?? 'nobody known',
    when: inWords(desk.now()),
    reference: id,
  };
  const notices = await noticesOf(desk, asked.account, asked.target, facts);
  const enrolment = desk.policy.limits.enrolmentCode.required
    ? await prepareEnrolmentCode(desk, asked.account, asked.target)
    : null;
  return { enrolment, all: enrolment === null ? notices : [...notices, enrolment.message] };
}

/** To the target, at addresses old and new, and to the account's admins (B58). */
async function noticesOf(
  desk: Desk,
  account: Account,
  target: User,
  facts: Readonly<Record<string, string>>,
): Promise<readonly PreparedMessage[]> {
  const former = (await desk.store.read.users.formerContacts(target.id)).filter(
    (contact) => contact.replacedAt > desk.now() - days(30),
  );
  const addresses = new Set(
    [target.email, ...former.map((contact) => contact.email)].filter((address) => address !== ''),
  );
  const person = { name: target.name, login: target.login, account: account.name };
  const toTarget = [...addresses].map((to) =>
    prepareMessage(desk, { template: 'mfa-reset-notice', to, account, user: target, values: { ...person, ...facts } }),
  );
  const admins = (await desk.store.read.users.ofAccount(account.id)).filter(
    (user) =>
      user.id !== target.id &&
      user.disabledAt === null &&
      user.email !== '' &&
      desk.policy.roles.customers[account.edition][user.role]?.holds === 'everything',
  );
  const toAdmins = admins.map((admin) =>
    prepareMessage(desk, {
      template: 'mfa-reset-notice-admins',
      to: admin.email,
      account,
      user: admin,
      values: { name: admin.name, account: account.name, target: `${target.name} (${target.login})`, ...facts },
    }),
  );
  return [...toTarget, ...toAdmins];
}

/** Everything that could let anyone past the second factor, in one go. */
export async function removeEverything(write: Writes, target: User): Promise<Removed> {
  const factors = await write.factors.ofUser(target.id);
  for (const factor of factors) await write.factors.delete(factor.id);
  const backupCodes = (await write.factors.backupCodes(target.id)).filter((code) => code.used_at === null).length;
  await write.factors.deleteBackupCodes(target.id);
  await write.factors.deleteCodes(target.id, ['login', 'factor']);
  return {
    factors: factors.filter((factor) => factor.state === 'active').length,
    enrolments: factors.filter((factor) => factor.state === 'pending').length,
    backupCodes,
    devices: await write.factors.deleteDevices(target.id),
    sessions: await write.portalSessions.deleteOfUser(target.id),
  };
}

async function afterCommit(desk: Desk, messages: readonly PreparedMessage[]): Promise<void> {
  await desk.store.forgetDeleted();
  await deliverOutbox(
    desk,
    messages.map((message) => message.id),
  );
}

function entryOf(result: ResetOutcome, signed: SignedOperator, asked: GrantedReset, at: number): AuditEntry {
  return {
    kind: 'mfa.reset',
    outcome: 'done',
    at,
    by: signed.actor,
    account: result.account.id,
    user: result.target.id,
    ...(asked.ticket === undefined ? {} : { ticket: asked.ticket }),
    ...(asked.reason === undefined ? {} : { reason: asked.reason }),
    detail: { reset: result.id, grant: asked.grantId, result: result.outcome, ...result.removed },
  };
}

async function logRefusal(
  desk: Desk,
  signed: SignedOperator,
  asked: GrantedReset,
  at: number,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Refusal) || error.code === 'store-unreachable' || error.code === 'store-corrupt') return;
  await desk.store.record(
    {
      kind: 'mfa.reset-refused',
      outcome: 'refused',
      at,
      by: signed.actor,
      account: asked.account.id,
      user: asked.target.id,
      reason: error.code,
      detail: { grant: asked.grantId },
    },
    async () => undefined,
  );
}
