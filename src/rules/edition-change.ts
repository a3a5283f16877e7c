/** What becomes of a company's roles in another edition (B01): each role becomes the one that holds the same there. Pure. */
import { customerRule } from './customer-roles.js';
import { CUSTOMER_ROLES, type CustomerRole, type Edition, type User } from './people.js';
import type { Policy } from './policy.js';

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
