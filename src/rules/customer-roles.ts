/** What the role of a user allows, read from the policy (B04, B13–B17). An unknown role or edition allows nothing. */
import { type Account, CUSTOMER_ROLES, type CustomerRole, EDITIONS, type Edition, type User } from './people.js';
import type { CustomerRoleRule, Policy } from './policy.js';

/** The rule of a role in an edition; undefined if the edition does not have the role. */
export function customerRule(policy: Policy, edition: Edition, role: CustomerRole): CustomerRoleRule | undefined {
  const { customers } = policy.roles;
  const roles = Object.hasOwn(customers, edition) ? customers[edition] : {};
  return Object.hasOwn(roles, role) ? roles[role] : undefined;
}

type Home = Pick<Account, 'edition'>;
type Holder = Pick<User, 'role'>;

/** Plain users make no protected requests, so they have no passphrase to set or to view (B17). */
export function hasPassphrase(policy: Policy, account: Home, user: Holder): boolean {
  const rule = customerRule(policy, account.edition, user.role);
  return rule !== undefined && rule.holds !== 'nothing';
}

/** Admin status: every category, whatever the scopes (B04). */
export function hasAdminStatus(policy: Policy, account: Home, user: Holder): boolean {
  return customerRule(policy, account.edition, user.role)?.holds === 'everything';
}

/** Every role that has admin status in one edition or another. */
export const adminRoles = (policy: Policy): readonly CustomerRole[] =>
  CUSTOMER_ROLES.filter((role) => EDITIONS.some((edition) => hasAdminStatus(policy, { edition }, { role })));

/** What becomes of a company's roles in another edition (B01): each role becomes the one that holds the same there. Pure. */
export interface RoleMove {
  readonly user: User;
  readonly role: CustomerRole;
  /** Privileges that the edition does not know one by one. */
  readonly lost: readonly string[];
}

/** Only the logins for which something changes. */
export function planEdition(
  policy: Policy,
  { from, to }: { readonly from: Edition; readonly to: Edition },
  users: readonly User[],
): readonly RoleMove[] {
  const roleOf = (holds: string | undefined) =>
    CUSTOMER_ROLES.find((role) => holds !== undefined && customerRule(policy, to, role)?.holds === holds);
  return users.flatMap((user) => {
    const role = roleOf(customerRule(policy, from, user.role)?.holds);
    const move = role === undefined ? { user, role: 'user' as const, lost: user.scopes } : { user, role, lost: [] };
    return move.role === user.role && move.lost.length === 0 ? [] : [move];
  });
}
