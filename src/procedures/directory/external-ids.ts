/** An id at another system is one person's: a reset of one would take away the factors of the other, whoever that is (B55). */
import type { Reads } from '../../desk.js';
import type { Problem } from '../../errors.js';
import { externalKey } from '../../rules/directory-fields.js';
import { problem } from '../../rules/directory-import.js';
import { byId, inChunks } from '../../rules/lists.js';

interface Given {
  readonly line?: number;
  readonly external?: string | null | undefined;
  /** Whose it is to be; undefined for a new person. */
  readonly own?: string;
}

type Stored = Pick<Reads, 'users' | 'accounts'>;

/** Each id that somebody else has. `staging`: an import under way whose own rows do not count; null where those of none do. */
export const othersWithId = ({ users }: Pick<Stored, 'users'>, given: readonly Given[], staging?: string | null) =>
  inChunks(given, async (some) => {
    const known = await users.byExternal(
      some.flatMap(({ external }) => external || []),
      staging,
    );
    return some.flatMap((one) => {
      const key = externalKey(one.external ?? '');
      const other = known.find((holder) => externalKey(holder.id) === key && holder.user.id !== one.own)?.user;
      return other === undefined ? [] : [{ one, other }];
    });
  });

/** The same as what is wrong with rows. */
export async function idsOfOthers(store: Stored, given: readonly Given[], staging?: null): Promise<readonly Problem[]> {
  const taken = await othersWithId(store, given, staging);
  const homes = byId(await inChunks(taken, (some) => store.accounts.byIds(some.map(({ other }) => other.accountId))));
  return taken.map(({ one, other: { accountId, login, role } }) => {
    const whose = `${homes.get(accountId)?.number}/${login}`;
    const alone = `to hand it over, first: user edit ${whose} --external ''`;
    const first = role === 'user' ? alone : "an admin's changes only with a second operator";
    return problem(one, 'external', `is on file for ${whose}; an id at another system is one person's; ${first}`);
  });
}
