/**
 * An admin's way out (B84): in the portal an admin raises a colleague, or hands over; where the admin is gone, the desk appoints a
 * successor with a second operator. The new one waits as any new admin does (rules/power-hold), and everybody concerned is told.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import type { Account, User } from '../../rules/people.js';
import { askAuthority } from '../authorise.js';
import type { Changing } from '../directory/change-person.js';
import { findUser } from '../directory/find-account.js';
import { holdOnGain } from '../directory/hold-power.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { CHANGING_POWER, withSecondOperator } from './with-second-operator.js';

export type Handed = Awaited<ReturnType<typeof move>>;

export const HANDING_OVER = { lock: 'company:hand-over' } as const;

/**
 * The login becomes an admin: beside this one, or (`hand-over`) this one becomes a plain user. Refusals: forbidden, refused-by-policy (Classic
 * has one primary admin, or it is one), not-found.
 */
export async function passOn(desk: Desk, admin: PortalLogin, whom: string, how: 'promote' | 'hand-over') {
  const leaves = how === 'hand-over';
  await askOwner(desk, admin, HANDING_OVER);
  const target = (await findUser(desk, whom, admin.account)).user;
  return actAsOwner<'company:hand-over', Handed>(desk, admin, HANDING_OVER, {
    entry: (done, by) =>
      leaves
        ? { kind: 'user.handed-over', user: done.user.id, detail: detailOf(done, by.login.user.id) }
        : { kind: 'user.promoted', user: done.user.id, detail: detailOf(done) },
    change: async (acting) => {
      const { account, user: from } = acting.by.login;
      const to = await requireSuccessor(acting.write, { account, from, to: target });
      if (!leaves && account.edition === 'classic')
        throw refusal('refused-by-policy', 'one-primary-admin', {}, 'hand-over-instead');
      if (!leaves && hasAdminStatus(desk.policy, account, to))
        throw refusal('refused-by-policy', 'admin-already', { login: to.login }, 'nothing-changed');
      return move(acting, { account, from, to }, leaves);
    },
  });
}

/** Refusals: approval-needed, forbidden (the operator's own login), refused-by-policy, and those of authority. */
export async function appointSuccessor(desk: Desk, signed: SignedOperator, asked: Pair & { readonly reason: string }) {
  const { account, from, to, reason } = asked;
  await askAuthority(desk, signed, CHANGING_POWER);
  const wish = { why: 'successor', account, reason } as const;
  return withSecondOperator(desk, signed, wish, {
    plan: async ({ write, by }) => {
      const before = (await write.users.byId(from.id)) ?? from;
      if (!hasAdminStatus(desk.policy, account, before))
        throw refusal('refused-by-policy', 'not-an-admin', { login: before.login }, 'nothing-changed');
      const after = await requireSuccessor(write, { account, from: before, to });
      if (by.alsoUserId === after.id) throw refusal('forbidden', 'own-privileges', {}, 'ask-other-operator');
      const change = `${before.login} (${before.role}) -> ${after.login} (${after.role})`;
      return { users: [before.id, after.id], change, from: before, to: after };
    },
    apply: (acting, plan) => move(acting, { account, from: plan.from, to: plan.to }, true),
    entry: (done) => ({ kind: 'user.handed-over', user: done.user.id, detail: detailOf(done, from.id) }),
  });
}

interface Pair {
  readonly account: Account;
  readonly from: User;
  readonly to: User;
}

const detailOf = ({ user, roleBefore }: Handed, from?: string) => ({
  role: user.role,
  roleBefore,
  heldUntil: user.powerHeldUntil,
  ...(from === undefined ? {} : { from }),
});

async function requireSuccessor(write: Writes, { account, from, to }: Pair): Promise<User> {
  const now = await write.users.byId(to.id);
  if (now === undefined || now.accountId !== account.id) throw refusal('not-found', 'user-gone', {});
  if (now.id === from.id) throw refusal('forbidden', 'own-privileges', {}, 'name-other-login');
  if (now.disabledAt !== null)
    throw refusal('refused-by-policy', 'successor-disabled', { login: now.login }, 'nothing-changed');
  return now;
}

/** Live grants of both end (B08). Somebody who is an admin already stays one, and only the other leaves. */
async function move({ desk, write, now }: Changing, { account, from, to }: Pair, leaves: boolean) {
  const stays = hasAdminStatus(desk.policy, account, to);
  const role = stays ? to.role : from.role;
  const gained = { before: to, after: { role, scopes: [] } };
  const power_held_until = await holdOnGain({ desk, write, now }, account, to, gained);
  await write.users.update(to.id, { role, scopes: '', power_held_until, updated_at: now });
  if (leaves) await write.users.update(from.id, { role: 'user', scopes: '', updated_at: now });
  let grantsEnded = 0;
  for (const { id } of leaves ? [to, from] : [to]) {
    await write.users.bumpAuthority(id);
    grantsEnded += await write.grants.revokeOfUser(id, now);
  }
  return { user: (await write.users.byId(to.id)) ?? to, roleBefore: to.role, grantsEnded };
}
