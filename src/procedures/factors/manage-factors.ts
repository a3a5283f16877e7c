/**
 * A user's own sign-in methods: the list, taking one away (B40), and backup codes (B41): made on request, shown once, ten at a time. New
 * codes end the earlier ones, and what those vouched for (B82).
 */
import type { BackupCodeRow, Desk, TrustEnded } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { type BackupCode, makeBackupCodes } from '../../factors/backup-codes.js';
import { type LoginWarning, loginWarnings } from '../../rules/mfa-login.js';
import type { Owner } from '../../rules/people.js';
import { firstMethod, otherMethods } from '../codes/methods.js';
import { type MfaStatus, mfaStatus, type ShownFactor, shownFactor } from '../codes/mfa-status.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { NOTHING_ENDED, type PortalLogin } from '../portal/customer-login.js';
import { inPortal, ownNotice } from '../portal/portal-notices.js';
import { backupCodeContext } from '../seal-contexts.js';

/** Leaves out suspended ones, which concern only the desk. Refusals: not-signed-in, factor-needed, enrolment-needed. */
export async function listFactors(desk: Desk, login: PortalLogin): Promise<MfaStatus> {
  await askOwner(desk, login, { lock: 'owner' });
  const status = await mfaStatus(desk, login.account, login.user);
  return { ...status, factors: status.factors.filter(({ state }) => state !== 'suspended') };
}

/** What a login that is done should know (B41). Refusals: as above. */
export async function loginAdvice(desk: Desk, login: PortalLogin): Promise<readonly LoginWarning[]> {
  const { required, factors, backupCodesLeft } = await listFactors(desk, login);
  const active = factors.filter(({ state }) => state === 'active').map(({ kind }) => kind);
  const method = login.session.method === 'sso' ? 'sso' : 'native';
  return loginWarnings({ mfaRequired: required, method, factors: active, backupCodesLeft });
}

const CHANGING_METHODS = { lock: 'owner:methods' } as const;

/**
 * Removes one, or a half-done one. Whether it is the last is decided inside the door, so that when two logins each
 * remove one, one of them is refused. Refusals: not-found, factor-needed, refused-by-policy (the last one while MFA is
 * on). What the removed one vouched for ends with it (B82); a half-done one vouched for nothing.
 */
export async function removeFactor(desk: Desk, login: PortalLogin, id: string): Promise<ShownFactor & TrustEnded> {
  await askOwner(desk, login, CHANGING_METHODS);
  const row = (await desk.store.read.factors.ofUser(login.user.id)).find((candidate) => candidate.id === id);
  // What a reset has suspended is there for the desk alone, which may bring it back.
  if (row === undefined || row.state === 'suspended') throw noSuchFactor(id);
  const factor = shownFactor(row, login.user);
  const said = { who: inPortal(login), change: ['mail', 'removed', ['factorTitle', factor.kind]] } as const;
  const notices = row.state === 'active' ? ownNotice(desk, login, 'factor-changed', said) : [];
  const detail = { factor: id, kind: row.kind, state: row.state };
  const ended = await actAsOwner<'owner:methods', TrustEnded>(desk, login, CHANGING_METHODS, {
    entry: (done) => ({ kind: 'factor.removed', detail: { ...detail, ...done } }),
    change: async ({ write, by }) => {
      const { account, user, session } = by.login;
      const { active, backupCodes } = await userFactors(desk, write.factors, user.id);
      const isActive = active.some((candidate) => candidate.id === id);
      if (isActive && active.length === 1 && account.mfaRequiredAt !== null)
        throw refusal('refused-by-policy', 'last-method', {}, 'replace-method');
      if (!(await write.factors.delete(id))) throw noSuchFactor(id);
      // Then the user has no method by their own choice, and may set one up anew.
      if (isActive && active.length === 1 && backupCodes.length === 0)
        await write.users.update(user.id, { enrolled_at: null });
      await write.outbox.insert(notices);
      if (!isActive) return NOTHING_ENDED;
      return write.trust.end([user.id], { keepSession: session.sessionId });
    },
  });
  await desk.store.forgetDeleted();
  return { ...factor, ...ended };
}

const noSuchFactor = (id: string): Refusal => refusal('not-found', 'method-unknown', { id }, 'list-methods');

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
  const notices = ownNotice(desk, login, 'backup-codes-created', { who: inPortal(login), count: String(count) });
  const result = await actAsOwner(desk, login, CHANGING_METHODS, {
    change: async ({ write, now, by }) => {
      const before = await userFactors(desk, write.factors, user.id);
      if (before.enrolmentCodeNeeded || before.owesFactor)
        throw refusal('enrolment-needed', 'method-first', { kind: firstMethod, others: otherMethods }, 'set-up-method');
      await write.factors.deleteBackupCodes(user.id);
      await write.factors.insertBackupCodes(rows);
      await write.users.update(user.id, { enrolled_at: now });
      await write.outbox.insert(notices);
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

async function toRow(desk: Desk, { user }: Owner, { slot, secret }: BackupCode): Promise<BackupCodeRow> {
  const id = desk.newId('bck');
  const verifier = await desk.secrets.make('code', 'seal/backup-code', backupCodeContext(user, id), secret);
  const fresh = { state: 'active', used_at: null, created_at: desk.now(), suspended_by: null };
  return { id, user_id: user.id, slot, verifier, ...fresh };
}
