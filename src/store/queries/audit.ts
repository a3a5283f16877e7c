/** Reads the audit log. Only the write door (record.ts) writes it. */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { SealedHead } from '../head.js';
import type { Db } from '../schema/directory.js';

export interface AuditRow {
  readonly seq: number;
  readonly body: string;
  /** Hex, because reading millions of texts costs half as much as reading buffers. */
  readonly leaf: string;
}

export interface AuditHead extends SealedHead {
  /** The engine's own time, ms; null where it has none. */
  readonly serverAt?: number | null;
}

/** `says`: a part of the canonical text; `since` and `until`: inclusive lower and exclusive upper bound, ms. */
export type AuditFilter = { readonly [Part in 'kind' | 'by' | 'account' | 'user' | 'outcome' | 'says']?: string } & {
  readonly [Part in 'since' | 'until']?: number;
};

export const auditReads = (db: Db, traits: SchemaTraits) => ({
  /** All its columns: an older store lacks one. */
  async head(): Promise<AuditHead | undefined> {
    const query = db.selectFrom('audit_head').selectAll().select(traits.serverTime.as('server_at'));
    const row = await query.where('id', '=', 1).executeTakeFirst();
    if (row === undefined) return undefined;
    const { size, frontier, latest_at: latestAt, sums, mac, server_at: serverAt } = row;
    return { size, frontier, latestAt, sums, mac, serverAt };
  },
  /** Entries from a sequence number on, in order; for verification, which needs every one. */
  async batch(fromSeq: number, limit: number): Promise<readonly AuditRow[]> {
    return wholeRow(db, traits).where('seq', '>=', fromSeq).orderBy('seq').limit(limit).execute();
  },
  /** Entries that match a filter, oldest first, after a sequence number (-1 for the beginning). */
  async find(filter: AuditFilter, afterSeq: number, limit: number): Promise<readonly AuditRow[]> {
    return filtered(db, traits, filter).where('seq', '>', afterSeq).orderBy('seq').limit(limit).execute();
  },
  /** The newest that match a filter, newest first. Each of several kinds is looked up: their index has no order over all. */
  async newest(filter: AuditFilter, limit: number): Promise<readonly AuditRow[]> {
    const found = [];
    for (const one of await byKind(db, filter))
      found.push(await filtered(db, traits, one).orderBy('seq', 'desc').limit(limit).execute());
    return found
      .flat()
      .toSorted((a, b) => b.seq - a.seq)
      .slice(0, limit);
  },
});

export type AuditReads = ReturnType<typeof auditReads>;

/** The filter for each kind that it names and the log has: the index is asked for one after the other. */
async function byKind(db: Db, filter: AuditFilter): Promise<readonly AuditFilter[]> {
  if (filter.kind === undefined || filter.kind.includes('.')) return [filter];
  const { rows } = await sql<{ kind: string | null }>`with recursive k(kind) as (
    select min(kind) from audit_entries
    union all select (select min(kind) from audit_entries where kind > k.kind) from k where k.kind is not null
  ) select kind from k`.execute(db);
  return rows.flatMap(({ kind }) => (kind?.startsWith(`${filter.kind}.`) ? [{ ...filter, kind }] : []));
}

const wholeRow = (db: Db, traits: SchemaTraits) =>
  db.selectFrom('audit_entries').select(['seq', 'body', traits.asHex('leaf').as('leaf')]);

function filtered(db: Db, traits: SchemaTraits, filter: AuditFilter) {
  let query = wholeRow(db, traits);
  if (filter.kind !== undefined) {
    query = filter.kind.includes('.')
      ? query.where('kind', '=', filter.kind)
      : // Not by its index: in the order of numbers, a page of many kinds is read without sorting them all.
        query.where(sql<boolean>`kind like ${`${filter.kind}.%`}`);
  }
  if (filter.by !== undefined) query = query.where('by_id', '=', filter.by);
  if (filter.account !== undefined) query = query.where('account_id', '=', filter.account);
  if (filter.user !== undefined) query = query.where('user_id', '=', filter.user);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  // As the index says it, which has only these.
  if (filter.outcome !== undefined && filter.outcome !== 'done') query = query.where(sql<boolean>`outcome <> 'done'`);
  const says = filter.says?.replace(/[\\%_]/g, '\\$&');
  if (says !== undefined) query = query.where(sql<boolean>`body like ${`%${says}%`} escape '\\'`);
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  return query;
}
