/**
 * Backup codes of a user (B41): made on request, shown once, ten at a time. New codes end the earlier ones, and what those vouched
 * for (B82).
 */
import type { BackupCodeRow, Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { type BackupCode, makeBackupCodes } from '../../factors/backup-codes.js';
import { firstMethod, otherMethods } from '../codes/methods.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { NOTHING_ENDED, type Owner, type PortalLogin } from '../portal/customer-login.js';
import { ownNotice, queueNotices } from '../portal/portal-notices.js';
import { backupCodeContext } from '../seal-contexts.js';

export type NewBackupCodes = Awaited<ReturnType<typeof newBackupCodes>>;

const CHANGING_METHODS = { lock: 'owner:methods' } as const;

/**
 * Refusal `enrolment-needed` while the user owes a real factor, after a reset or the last backup code (B42, B57): codes
 * made with the password alone would be a way round it. Refusal `factor-needed` on a remembered device. `onlyMethod`: each login with one will warn.
 */
export async function newBackupCodes(desk: Desk, login: PortalLogin) {
  await askOwner(desk, login, CHANGING_METHODS);
  const { user } = login;
  const { count } = desk.policy.limits.backupCodes;
  const made = makeBackupCodes((n) => desk.chance.bytes(n), count);
  const rows = await Promise.all(made.map((code) => toRow(desk, login, code)));
  const notices = ownNotice(desk, login, 'backup-codes-created', { count: String(count) });
  const result = await actAsOwner(desk, login, CHANGING_METHODS, {
    change: async ({ write, now, by }) => {
      const before = await userFactors(desk, write.factors, user.id);
      if (before.enrolmentCodeNeeded || before.owesFactor)
        throw refusal('enrolment-needed', 'method-first', { kind: firstMethod, others: otherMethods }, 'set-up-method');
      await write.factors.deleteBackupCodes(user.id);
      await write.factors.insertBackupCodes(rows);
      await write.users.update(user.id, { enrolled_at: now });
      await queueNotices(write, notices);
      const keepSession = by.login.session.sessionId;
      const replaced = before.backupCodes.length > 0;
      const ended = replaced ? await write.trust.end([user.id], { keepSession }) : NOTHING_ENDED;
      return { onlyMethod: before.active.length === 0, earlierDied: before.backupCodesLeft, ...ended };
    },
    entry: ({ onlyMethod: _, ...ended }) => ({ kind: 'backup-codes.made', detail: { count, ...ended } }),
  });
  await desk.store.forgetDeleted();
  return { ...result, codes: made.map((code) => code.text) };
}

async function toRow(desk: Desk, { user }: Owner, code: BackupCode): Promise<BackupCodeRow> {
  const id = desk.newId('bck');
  const verifier = await desk.secrets.make('code', 'seal/backup-code', backupCodeContext(user, id), code.secret);
  return {
    id,
    user_id: user.id,
    slot: code.slot,
    verifier,
    state: 'active',
    used_at: null,
    created_at: desk.now(),
    suspended_by: null,
  };
}
