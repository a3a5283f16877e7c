/** What the log says of an import, once it is there. */
import type { AuditEntry, Deed } from '../../rules/audit-entry.js';
import { chunksOf } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import type { Added, ReadyImport, Settled } from './apply-import.js';

type Base = Pick<Deed, 'at' | 'by'>;

/** An import up to this size writes one log entry for each company and login; a larger one lists many ids in one entry. */
const SINGLE_ENTRIES = 1_000;

export function entriesOfImport({ companies, people }: ReadyImport, added: readonly Added[] | Settled, base: Base) {
  const staged = 'import' in added ? { import: added.import } : undefined;
  const single = companies.added.length + companies.plan.update.length <= SINGLE_ENTRIES;
  const about = (account: Account) => ({ account: account.id, detail: { number: account.number } });
  const edited = (power: boolean) =>
    companies.plan.update
      .filter(({ fields }) => fields.includes('sso') === power)
      .map(({ before, fields }) => ({ ...about(before), detail: { number: before.number, fields } }));
  const moved = people.plan.update.map(({ before, fields }) => ({ ...aboutUser(before), detail: { fields } }));
  const count = staged === undefined ? (added as readonly Added[]).length : (added as Settled).count;
  const few = count + people.plan.update.length <= SINGLE_ENTRIES;
  return [
    ...logOf(
      'account.added',
      companies.added.map(({ account }) => about(account)),
      single,
      base,
    ),
    ...logOf('account.edited', edited(true), true, base),
    ...logOf('account.edited', edited(false), single, base, staged),
    ...addedEntries(added, few, base),
    ...logOf('user.edited', moved, few, base, staged),
  ];
}

/**
 * Power that waits is announced by its entry, so it has one of its own, however large the import is (B84); so has that of the first admins of a
 * company in a small one. In a large one theirs are listed with their roles.
 */
function addedEntries(added: readonly Added[] | Settled, single: boolean, base: Base): readonly AuditEntry[] {
  const about = (some: readonly Added[]) =>
    some.map(({ row, account, entry, held }) => ({
      account: account.id,
      user: row.id,
      detail: { role: entry.role, scopes: [...(entry.scopes ?? [])], heldUntil: held },
    }));
  const everybody = 'import' in added ? added.powerful : added;
  const waiting = logOf('user.added', about(everybody.filter(({ held }) => held !== null)), true, base);
  const others = everybody.filter(({ held }) => held === null);
  if (single && !('import' in added)) return [...waiting, ...logOf('user.added', about(others), true, base)];
  const admins = others
    .filter(({ gains }) => gains)
    .map(({ row, entry }) => [row.id, entry.role, ...(entry.scopes ?? [])].join(' '));
  const listed = chunksOf(admins).map((some): AuditEntry => {
    return { ...base, kind: 'user.added', outcome: 'done', detail: { count: some.length, admins: some } };
  });
  if (!('import' in added)) return [...waiting, ...listed, ...logOf('user.added', about(others), false, base)];
  const detail = { count: added.count - waiting.length, import: added.import };
  return [...waiting, ...listed, { ...base, kind: 'user.added', outcome: 'done', detail }];
}

const aboutUser = (user: User) => ({ account: user.accountId, user: user.id });

/** One entry for each, or one for every few hundred with their ids; of a staged import its `directory.staged` entries have them. */
function logOf(
  kind: AuditEntry['kind'],
  abouts: readonly Pick<AuditEntry, 'account' | 'user' | 'detail'>[],
  single: boolean,
  base: Base,
  staged?: { readonly import: string },
): readonly AuditEntry[] {
  const { length: count } = abouts;
  if (staged !== undefined && !single)
    return count === 0 ? [] : [{ ...base, kind, outcome: 'done', detail: { count, ...staged } }];
  if (single) return abouts.map((about) => ({ ...base, kind, outcome: 'done', ...about }));
  return chunksOf(abouts).map((some) => ({
    ...base,
    kind,
    outcome: 'done',
    detail: { count: some.length, ids: some.map((about) => about.user ?? about.account ?? '') },
  }));
}
