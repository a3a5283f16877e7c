/**
 * The one write door. All code writes through `record(entry, change)`: the change and its audit entry are one transaction, so an
 * unaudited write does not compile, and a failed audit append undoes the write (B74).
 *
 * The first statement takes the write lock (SQLite: `begin immediate`; PostgreSQL: a lock on the head's table, before the snapshot). So
 * all writers of a desk queue in one order, and no transaction has to upgrade its lock later. Inside the callback only the transaction is
 * awaited; hashing, prompting and sending happen before or after.
 *
 * Then the tables on which the desk's own power rests are compared with the sealed sums in the head (B86). All reads are of one snapshot,
 * so what is decided on is what was compared.
 */

import { Refusal } from '../errors.js';
import { type AuditEntry, type LoggedEntry, latestAfter } from '../rules/audit-entry.js';
import { appendLeaf, decodeFrontier, encodeFrontier } from '../rules/audit-tree.js';
import type { Engine, SchemaTraits } from './engine.js';
import { bookOf, lookingAgain, requireSums } from './guard/check-tables.js';
import { countRows } from './guard/row-guard.js';
import { again, inParts } from './guard/statements.js';
import { Delta, folded } from './guard/table-sums.js';
import { type Head, type LogState, type Notary, type Opened, openHead, type Written, writeHead } from './head.js';
import { outboxWrites } from './queries/outbox.js';
import { type Writes, writesOf } from './queries/queries.js';
import type { NewRow, Tx } from './schema/directory.js';

/** A record of the log outside the store, which does not go back when an older copy of the store is restored (T8). */
export interface Anchor {
  /** Why the store is read-only; set when it was opened. */
  readonly fault: Refusal | undefined;
  /** Refusal `store-corrupt` if the log does not begin with the log of the anchor. */
  check(head: Head): void;
  /** Records the head just committed. Never throws, because the commit is done. */
  keep(head: Head): void;
  close(): void;
}

/** What the store tells the desk's clock, and asks of it (B87). */
export interface Clock {
  /** This machine's time, ms; it goes on while the trusted time waits for it. */
  here(): number;
  /** The latest time of a head that this desk wrote; with it the server's own time, from an engine that has one. */
  saw(latestAt: number, serverAt: number | null): void;
  /** Refusal `clock`: this machine's time is further ahead of the log than a desk is silent. */
  requireLikely(latestAt: number): void;
}

export type Entries = AuditEntry | readonly AuditEntry[];

export type WriteDoor = <T>(
  entry: Entries | ((result: T) => Entries),
  change: (write: Writes, log: LogState) => Promise<T>,
) => Promise<T>;

/** The head that a transaction wrote, with the leaf of its last entry, by which it is known. */
interface Appended extends Head {
  readonly leaf: Uint8Array;
  readonly written: Written;
}

/** Of a reason or a ticket. The log never shrinks. */
const MOST_TEXT = 4_096;

/** What entries cause on their own, in the same transaction: it may write messages itself, and the events that it returns are queued. */
export type Consequences = (
  entries: readonly AuditEntry[],
  write: Writes,
  /** Number of the first entry in the log. */
  firstSeq: number,
) => Promise<readonly NewRow<'outbox'>[]>;

export interface DoorParts {
  readonly anchor?: Anchor | undefined;
  readonly clock?: Clock | undefined;
  readonly follow?: Consequences | undefined;
  /** Receives the ids of the messages that a committed transaction queued, without those that `follow` queued. */
  readonly queued?: ((ids: readonly string[]) => void) | undefined;
}

export function openDoor(engine: Engine, notary: Notary, { anchor, clock, follow, queued }: DoorParts = {}): WriteDoor {
  const look = lookingAgain(engine, notary.sums, clock);
  let written: Written | undefined;
  return async (entry, change) => {
    const messages: string[] = [];
    let committing: { readonly result: Awaited<ReturnType<typeof change>>; readonly head: Appended } | undefined;
    try {
      await engine.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (plain) => {
          await engine.lock(plain);
          const head = await openHead(plain, notary, written);
          anchor?.check(head);
          clock?.saw(head.latestAt, null);
          clock?.requireLikely(head.latestAt);
          await look(plain, head.book);
          const delta = new Delta();
          const tx = countRows(plain, notary.rows, delta);
          const counting = { traits: engine.traits, tags: notary.rows, delta };
          const writes = writesOf(tx, counting, (id) => messages.push(id));
          const result = await change(writes, head);
          const entries = [typeof entry === 'function' ? entry(result) : entry].flat();
          if (follow !== undefined) await outboxWrites(tx).insert(await follow(entries, writes, head.size));
          const traits = writes.sums.renewed ? engine.traits : undefined;
          committing = { result, head: await append(tx, notary, { head, delta, traits }, entries) };
        });
    } catch (error) {
      const refusal = engine.refusalOf(error);
      if (committing === undefined) throw refusal ?? error;
      await requireDone(engine, committing.head, refusal ?? error);
    }
    if (committing === undefined) throw new Error('a transaction that did not run');
    written = committing.head.written;
    anchor?.keep(committing.head);
    queued?.(messages);
    return committing.result;
  };
}

interface Changed {
  readonly head: Opened;
  readonly delta: Delta;
  /** If they are given, the book gets a new key, after all sums were compared. */
  readonly traits: SchemaTraits | undefined;
}

async function append(
  tx: Tx,
  notary: Notary,
  { head, delta, traits }: Changed,
  entries: readonly AuditEntry[],
): Promise<Appended> {
  let { size, latestAt } = head;
  let frontier = decodeFrontier(size, head.frontier);
  const rows: { seq: number; body: string; leaf: Buffer }[] = [];
  for (const entry of entries) {
    const logged: LoggedEntry = { ...entry, v: 1, seq: size, policy: notary.policyHash };
    const body = notary.canonical(logged);
    if ([entry.reason, entry.ticket].some((text) => (text?.length ?? 0) > MOST_TEXT)) {
      throw new Refusal('invalid-input', 'a text is too long for the log; nothing was changed', {
        hint: 'Shorten it.',
      });
    }
    const leaf = notary.tree.leaf(body);
    frontier = appendLeaf(notary.tree, size, frontier, leaf);
    rows.push({ seq: size, body, leaf: Buffer.from(leaf) });
    size += 1;
    latestAt = latestAfter(latestAt, logged);
  }
  for (const some of inParts(rows)) {
    const insert = tx.insertInto('audit_entries').values(some);
    const values = some.flatMap(({ seq, body, leaf }) => [seq, body, leaf]);
    const written = some.length > 1 ? insert.execute() : again(tx, 'one entry', values, () => insert);
    await written.catch((error: unknown) => {
      throw placeTaken(error) ?? error;
    });
  }
  let book = folded(notary.sums, head.book, delta, latestAt);
  if (traits !== undefined) {
    await requireSums(tx, traits, notary.sums, book, 'all');
    book = await bookOf(tx, notary.sums, latestAt);
  }
  const encoded = encodeFrontier(frontier);
  const written = await writeHead(tx, notary, { size, frontier: encoded, latestAt }, book);
  const leaf = rows.at(-1)?.leaf;
  if (leaf === undefined) throw new Error('a write without an audit entry');
  return { size, frontier: encoded, latestAt, leaf, written };
}

/**
 * After a commit that failed or whose answer was lost (T25): returns if the log has the entry, otherwise throws what is known. The look
 * takes the write lock, so that a commit that was still under way has ended. It also writes: otherwise SQLite's log file could still
 * hold the failed transaction, and the next process would find it whole and apply it.
 */
async function requireDone(
  engine: Engine,
  { size, leaf }: { readonly size: number; readonly leaf: Uint8Array },
  error: unknown,
): Promise<void> {
  for (const wait of [0, ...engine.lookAgainMs]) {
    if (wait > 0) await new Promise((over) => void setTimeout(over, wait));
    const found = await look(engine, size - 1).catch((failed: unknown) => void engine.refusalOf(failed));
    if (found === undefined) continue;
    if (found !== null && Buffer.from(leaf).equals(found)) return;
    throw error instanceof Refusal ? worded(error, 'this change was not made', 'Try again.', 'not done') : error;
  }
  const known = error instanceof Refusal ? error : new Refusal('store-unreachable', 'the store did not confirm', {});
  const next = 'Look before you repeat it: countersign audit list';
  throw worded(known, 'it is not known whether the change was made', next, 'unknown');
}

const worded = (cause: Refusal, what: string, next: string, outcome: 'unknown' | 'not done'): Refusal =>
  new Refusal(cause.code, `${cause.message}; ${what}`, {
    hint: [cause.hint, next].join(' ').trim(),
    also: { outcome },
    cause,
  });

/** The leaf of an entry, or null if the log is shorter. */
async function look(engine: Engine, seq: number): Promise<Uint8Array | null> {
  return engine.db.transaction().execute(async (tx) => {
    const head = tx.updateTable('audit_head').set((e) => ({ size: e.ref('size') }));
    await head.where('id', '=', 1).execute();
    // Of a table that is not summed up: only the door writes to the others.
    await tx.insertInto('sink_cursors').values({ key: 'look', value: '' }).execute();
    await tx.deleteFrom('sink_cursors').where('key', '=', 'look').execute();
    const row = await tx.selectFrom('audit_entries').select('leaf').where('seq', '=', seq).executeTakeFirst();
    return row?.leaf ?? null;
  });
}

/** The sealed head says which place is next; a row that stands there already was put there by another hand. */
function placeTaken(error: unknown): Refusal | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('SQLITE_CONSTRAINT') && code !== '23505') return undefined;
  return new Refusal('audit-broken', 'the log has an entry that countersign did not write; nothing was changed', {
    hint: 'Keep the store as it is and tell your lead. To see the entry: countersign audit verify',
    cause: error,
  });
}
