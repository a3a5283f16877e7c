/**
 * Scopes of a company's users, granted and revoked by its own admin in the portal (B16). The first scope makes a user a secondary
 * admin, and removing the last one ends that. Every change ends the user's live grants (B08). The desk has no part in it.
 */
import type { Desk } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { customerRule, hasAdminStatus } from '../../rules/customer-roles.js';
import { CUSTOMER_ROLES, type CustomerRole, type Owner, type User } from '../../rules/people.js';
import { validScope } from '../../rules/policy.js';
import { categoryOf, withoutScope, withScope } from '../../rules/scope-change.js';
import { findUser } from '../directory/find-account.js';
import { holdOnGain } from '../directory/hold-power.js';
import { type ActingOwner, actAsOwner, askOwner } from './act-as-owner.js';
import { type PortalLogin, portalActor } from './customer-login.js';

const ASSIGNING = { lock: 'company:assigning' } as const;

/** Everyone of the admin's own account, by login. Refusal `forbidden` for a user who assigns no scopes. */
export async function listTeam(desk: Desk, admin: PortalLogin): Promise<readonly User[]> {
  await askOwner(desk, admin, { lock: 'company:scopes' });
  return desk.store.read.users.ofAccount(admin.account.id);
}

export type ScopeChange = Awaited<ReturnType<typeof apply>>;

/** Refusals: forbidden, refused-by-policy (the edition has no role for it), not-found, ambiguous, invalid-input. */
export const grantScope = (desk: Desk, admin: PortalLogin, whom: string, scope: string): Promise<ScopeChange> =>
  change(desk, admin, whom, { kind: 'scope.granted', scope });

/**
 * The same refusals. A category takes its actions along; an action inside a category that the user holds is refused, because the power would
 * stay (B99). `nothing-to-do` means that the user has nothing of it.
 */
export const revokeScope = (desk: Desk, admin: PortalLogin, whom: string, scope: string): Promise<ScopeChange> =>
  change(desk, admin, whom, { kind: 'scope.revoked', scope });

interface Wish {
  readonly kind: 'scope.granted' | 'scope.revoked';
  readonly scope: string;
}

async function change(desk: Desk, admin: PortalLogin, whom: string, wish: Wish): Promise<ScopeChange> {
  const { kind, scope } = wish;
  try {
    await askOwner(desk, admin, ASSIGNING);
    const target = (await findUser(desk, whom, admin.account)).user;
    return await actAsOwner<'company:assigning', ScopeChange>(desk, admin, ASSIGNING, {
      entry: ({ outcome, user, roleBefore, grantsEnded }) => ({
        kind,
        user: user.id,
        detail: { scope, result: outcome, roleBefore, role: user.role, scopes: [...user.scopes], grantsEnded },
      }),
      change: async (acting) => {
        const current = await acting.write.users.byId(target.id);
        if (current === undefined) throw refusal('not-found', 'user-gone', {});
        return apply(acting, current, wish);
      },
    });
  } catch (error) {
    // Whoever may not change the team, or not yet, is in the log already, by the lock.
    const unlogged = isRefusal(error) && !['admins-assign', 'power-held'].includes(error.because?.reason ?? '');
    if (unlogged && (error.code === 'forbidden' || error.code === 'refused-by-policy')) {
      const refused = { kind: 'scope.change-refused', outcome: 'refused', reason: error.code } as const;
      const about = { at: desk.now(), account: admin.account.id, by: portalActor(admin.user), detail: { asked: kind } };
      await desk.store.record({ ...refused, ...about }, async () => undefined);
    }
    throw error;
  }
}

/** A scope that a user has may be removed even when the policy no longer names it. */
function requireKnownScope(desk: Desk, scope: string): void {
  if (validScope(desk.policy, scope)) return;
  const known = desk.policy.categories.flatMap(({ id, actions }) => [id, ...actions.map((action) => action.id)]);
  throw refusal('invalid-input', 'scope-unknown', { scope, known }, 'one-of');
}

/** The role that has this, as the policy defines it for this edition. */
function roleThatHolds(desk: Desk, { account }: Owner, holds: 'its-scopes' | 'nothing'): CustomerRole {
  const role = CUSTOMER_ROLES.find((known) => customerRule(desk.policy, account.edition, known)?.holds === holds);
  if (role !== undefined) return role;
  throw refusal('refused-by-policy', 'scopes-not-in-edition', {}, 'admin-all-user-none');
}

/** `user`: after the change. */
async function apply({ desk, write, now, by }: ActingOwner<'company:assigning'>, before: User, { kind, scope }: Wish) {
  const admin = by.login;
  if (before.id === admin.user.id) throw refusal('forbidden', 'own-privileges', {}, 'admin-has-all');
  if (hasAdminStatus(desk.policy, admin.account, before))
    throw refusal('forbidden', 'admin-holds-all', {}, 'privileges-for-others');
  const [scoped, plain] = [roleThatHolds(desk, admin, 'its-scopes'), roleThatHolds(desk, admin, 'nothing')];
  if (!before.scopes.includes(scope)) requireKnownScope(desk, scope);
  const held = kind === 'scope.granted' ? withScope(before.scopes, scope) : withoutScope(before.scopes, scope);
  if (held === 'inside-category') {
    const facts = { user: before.login, scope, category: categoryOf(scope) };
    throw refusal('refused-by-policy', 'scope-inside-category', facts, 'revoke-category');
  }
  // By what is in them: a category that replaces one action is as long as before.
  if (held.join() === before.scopes.toSorted().join()) {
    return { outcome: 'nothing-to-do' as const, user: before, roleBefore: before.role, grantsEnded: 0 };
  }
  const role = held.length === 0 ? plain : scoped;
  const after = { role, scopes: held };
  const power_held_until = await holdOnGain({ desk, write, now }, admin.account, before, { before, after });
  await write.users.update(before.id, { role, scopes: held.join(' '), power_held_until, updated_at: now });
  await write.users.bumpAuthority(before.id);
  const grantsEnded = await write.grants.revokeOfUser(before.id, now);
  const user = (await write.users.byId(before.id)) ?? before;
  return { outcome: 'changed' as const, user, roleBefore: before.role, grantsEnded };
}
