/** The single row that stands for the whole log: its size, frontier and latest time, and the sealed sums of all guarded tables (B86). */
import { Refusal } from '../errors.js';
import type { TreeHasher } from '../rules/audit-tree.js';
import { bookOf } from './guard/check-tables.js';
import type { RowTags } from './guard/guarded-tables.js';
import { again, rowOf } from './guard/statements.js';
import { type Book, openBook, type SumKeys, sealBook } from './guard/table-sums.js';
import type { Db, Tx } from './schema/directory.js';

/** What the door needs from crypto and policy, passed in so that the store imports neither. */
export interface Notary {
  readonly tree: TreeHasher;
  canonical(value: unknown): string;
  /** The store whose rows and head it vouches for. */
  readonly storeId: string;
  /** Tag of the head row. Without the key nobody can forge a log that matches it. */
  headMac(head: Omit<SealedHead, 'mac'>): string;
  headFits(head: SealedHead): boolean;
  /**
   * Whether this tag was made with a newer key than ours, because another process has begun a rekey. This keyring then uses the newest
   * key too, but values that this writer sealed before still use the older one.
   */
  keyMovedOn(tag: string): boolean;
  /** Tags of guarded rows. */
  readonly rows: RowTags;
  /** Sums of guarded tables. */
  readonly sums: SumKeys;
  /** SHA-256 of the policy in force, hex. */
  readonly policyHash: string;
}

/** The log when the write begins. */
export interface LogState {
  readonly size: number;
  /** The latest time in the log of somebody who proved who they are, ms (B87). */
  readonly latestAt: number;
}

/** The head of the log, after the check that this desk wrote it. */
export interface Head extends LogState {
  readonly frontier: string;
}

export interface SealedHead extends Head {
  /** The sealed sums of the guarded tables. */
  readonly sums: string;
  readonly mac: string;
}

/** The head inside the door, with what it seals. */
export interface Opened extends Head {
  readonly book: Book;
}

const HEAD = ['size', 'frontier', 'latest_at', 'sums', 'mac'] as const;

/** The row of a head as it was written, and the sums that it seals. */
export interface Written {
  readonly row: Readonly<Record<(typeof HEAD)[number], string | number>>;
  readonly book: Book;
}

/**
 * The head, after the check that this desk wrote it. One that is in every value what this process has `written` needs no check. Refusals:
 * store-corrupt, busy (another process changes the key).
 */
export async function openHead(db: Db, notary: Notary, written?: Written): Promise<Opened> {
  const row = await rowOf(db, 'audit_head', 'id', 1);
  const head = row && { ...row, latestAt: row.latest_at };
  const known = written !== undefined && row !== undefined && HEAD.every((name) => row[name] === written.row[name]);
  if (head === undefined || !(known || notary.headFits(head))) {
    throw new Refusal('store-corrupt', 'the head of the audit log is not valid, so nothing was changed', {
      hint: 'Keep the store as it is and tell your lead. To find the fault: countersign audit verify',
    });
  }
  if (notary.keyMovedOn(head.mac)) {
    throw new Refusal('busy', 'another process is changing the key of the desk; nothing was changed', {
      hint: 'Try again.',
    });
  }
  const { size, frontier, latestAt, sums } = head;
  return { size, frontier, latestAt, book: known ? written.book : openBook(notary.sums, size, sums) };
}

/** Seals the sums for this size of the log, and tags the whole. */
export async function writeHead(
  tx: Tx,
  notary: Notary,
  { size, frontier, latestAt }: Head,
  book: Book,
): Promise<Written> {
  const sums = sealBook(notary.sums, size, book);
  const mac = notary.headMac({ size, frontier, latestAt, sums });
  const row = { size, frontier, latest_at: latestAt, sums, mac };
  const values = Object.values(row);
  await again(tx, 'head', [1, ...values, ...values], () =>
    tx
      .insertInto('audit_head')
      .values({ id: 1, ...row })
      .onConflict((c) => c.column('id').doUpdateSet(row)),
  );
  return { row, book };
}

/** Seals the sums of all tables as they stand, under the head that is there or that of an empty log: for `init` and migrations. */
export async function sealTables(tx: Tx, notary: Notary): Promise<void> {
  const row = await tx.selectFrom('audit_head').selectAll().executeTakeFirst();
  const head = { size: row?.size ?? 0, frontier: row?.frontier ?? '', latestAt: row?.latest_at ?? 0 };
  await writeHead(tx, notary, head, await bookOf(tx, notary.sums, head.latestAt));
}
