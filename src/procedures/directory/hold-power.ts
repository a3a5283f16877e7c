/** The hold of rules/power-hold.ts, with what the store says: does the company have an admin already? */
import type { Desk, Writes } from '../../desk.js';
import { adminRoles, hasAdminStatus } from '../../rules/customer-roles.js';
import { byId } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import { gainsPower, type Holder, heldUntil } from '../../rules/power-hold.js';

interface Place {
  readonly desk: Pick<Desk, 'policy'>;
  readonly write: Pick<Writes, 'users'>;
  readonly now: number;
}

/** The accounts of these that have an admin, disabled or not: whoever disables the only one first does not get round the hold. */
export async function accountsWithAdmin(
  { desk, write }: Omit<Place, 'now'>,
  accounts: readonly Account[],
  but?: string,
): Promise<ReadonlySet<string>> {
  const homes = byId(accounts);
  const found = await write.users.holders([...homes.keys()], adminRoles(desk.policy));
  return new Set(
    found.flatMap(({ user }) => {
      const account = homes.get(user.accountId);
      return account !== undefined && user.id !== but && hasAdminStatus(desk.policy, account, user) ? [account.id] : [];
    }),
  );
}

/** Until when `user` waits after a change of role or scopes: as before, if nothing is gained or nobody else is an admin. */
export async function holdOnGain(
  place: Place,
  account: Account,
  user: Pick<User, 'id' | 'powerHeldUntil'>,
  { before, after }: { readonly before: Holder | null; readonly after: Holder },
): Promise<number | null> {
  const { policy } = place.desk;
  if (!gainsPower(policy, account, before, after)) return user.powerHeldUntil;
  const others = await accountsWithAdmin(place, [account], user.id);
  return others.has(account.id) ? heldUntil(policy, place.now) : user.powerHeldUntil;
}
