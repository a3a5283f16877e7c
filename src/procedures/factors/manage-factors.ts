/** A user's own sign-in methods: the list, and taking one away (B40). */
import type { Desk, TrustEnded } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { type MfaStatus, mfaStatus, type ShownFactor, shownFactor } from '../codes/mfa-status.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { NOTHING_ENDED, type PortalLogin } from '../portal/customer-login.js';
import { ownNotice, queueNotices } from '../portal/portal-notices.js';

/** Leaves out suspended ones, which concern only the desk. Refusals: not-signed-in, factor-needed, enrolment-needed. */
export async function listFactors(desk: Desk, login: PortalLogin): Promise<MfaStatus> {
  await askOwner(desk, login, { lock: 'owner' });
  const status = await mfaStatus(desk, login.account, login.user);
  return { ...status, factors: status.factors.filter(({ state }) => state !== 'suspended') };
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
  if (row === undefined) throw noSuchFactor(id);
  const factor = shownFactor(row, login.user);
  const change = { change: ['mail', 'removed', ['factorTitle', factor.kind]] } as const;
  const notices = row.state === 'active' ? ownNotice(desk, login, 'factor-changed', change) : [];
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
      await queueNotices(write, notices);
      if (!isActive) return NOTHING_ENDED;
      return write.trust.end([user.id], { keepSession: session.sessionId });
    },
  });
  await desk.store.forgetDeleted();
  return { ...factor, ...ended };
}

const noSuchFactor = (id: string): Refusal => refusal('not-found', 'method-unknown', { id }, 'list-methods');
