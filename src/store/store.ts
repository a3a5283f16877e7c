/** A store as the rest of the program sees it: reads, one write door, and the connection. */
import type { Engine } from './engine.js';
import { faultsOfTables, requireSums } from './guard/check-tables.js';
import { GUARDED } from './guard/guarded-tables.js';
import { guardRows } from './guard/row-guard.js';
import type { Book } from './guard/table-sums.js';
import { type Notary, openHead } from './head.js';
import {
  migrate,
  missingSteps,
  NEWEST,
  RELEASE,
  requireCurrent,
  SHIPPED_POLICY,
  schemaState,
} from './migrations/index.js';
import { type Reads, readsOf } from './queries/queries.js';
import { sinkCursors } from './queries/sink-cursor.js';
import { type Clock, type DoorParts, openDoor } from './record.js';
import type { Db } from './schema/directory.js';

/** What the rest of the program knows of a store. */
export type Store = ReturnType<typeof openStore>;

/**
 * Opens a store whose schema is current. `notary` tags its log and its guarded rows. There is no `anchor` for a store that is not a live
 * desk: a backup that is being inspected, or a desk that is being created. `follow` queues the messages that entries cause.
 */
export function openStore(bare: Engine, notary: Notary, parts: Omit<DoorParts, 'queued'> = {}) {
  bare.schemaStays?.(true);
  const engine = { ...bare, db: guardRows(bare.db, notary.rows) };
  const queue: string[] = [];
  return {
    engine: engine.name,
    /** Where it is, without credentials. */
    place: engine.place,
    schema: NEWEST,
    read: wordingErrors(engine, tellingClock(readsOf(engine.db, engine.traits), notary, parts.clock)),
    record: openDoor(engine, notary, { ...parts, queued: (ids) => queue.push(...ids) }),
    /** Why nothing can be written: the store is behind its anchor (T8). Every `record` throws this refusal. */
    readOnly: parts.anchor?.fault,
    /** How much of the log was sent to its sink. */
    sinkCursor: sinkCursors(engine.db, notary.rows),
    /** Tables whose rows have tags. */
    guardedTables: Object.keys(GUARDED),
    /** Refusal `store-corrupt` if the tables on which the desk's power rests are not those that it wrote (B86). Every act asks the same. */
    requireWatched: () => snapshot(engine, notary, (db, book) => requireSums(db, engine.traits, notary.sums, book)),
    /** What is wrong with the tables: every sum and every tag, in one snapshot. `each` is told of the rows that were read. */
    tableFaults: (each?: (rows: number) => void) =>
      snapshot(engine, notary, (db, book) =>
        faultsOfTables(db, { tags: notary.rows, sums: notary.sums, traits: engine.traits }, book, each),
      ),
    /** Ids of the messages that this process has queued since the last call. */
    takeQueued: () => queue.splice(0),
    /**
     * Removes deleted values from the files of the engine. It follows a commit, so it throws for no fault of the machine (T25); the next call
     * does the rest, and `doctor` says if it cannot.
     */
    forgetDeleted: () => engine.forgetDeleted().catch(ignoreMachine),
    backup: engine.backup,
    bytes: engine.bytes,
    /** As the engine's; false where it cannot. */
    replaceBy: async (backup: string, head: string) => (await engine.replaceBy?.(backup, head)) ?? false,
    bytesFree: engine.bytesFree,
    close: async () => {
      parts.anchor?.close();
      await engine.close();
    },
  };
}

/** Each read of the head tells the clock what the log has seen, if this desk wrote it. */
function tellingClock(reads: Reads, notary: Notary, clock: Clock | undefined): Reads {
  if (clock === undefined) return reads;
  const head = async () => {
    const found = await reads.audit.head();
    if (found !== undefined && notary.headFits(found)) clock.saw(found.latestAt, found.serverAt ?? null);
    return found;
  };
  return { ...reads, audit: { ...reads.audit, head } };
}

/** Ignores what the engine or the system reports; a bug of ours still shows. */
function ignoreMachine(error: unknown): void {
  if (!(error instanceof Error && 'code' in error)) throw error;
}

/** Reads in one snapshot with the book of its head, without the guard: rows come with their tags. */
async function snapshot<T>(engine: Engine, notary: Notary, read: (db: Db, book: Book) => Promise<T>): Promise<T> {
  try {
    const transaction = engine.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    return await transaction.execute(async (tx) => {
      const db = tx.withoutPlugins();
      return read(db, (await openHead(db, notary)).book);
    });
  } catch (error) {
    throw engine.refusalOf(error) ?? error;
  }
}

/**
 * The ids of the store and of its key as they stand there, before there are keys to check them: a wrong one only leads to keys that fit
 * nothing. Undefined if there is none yet; a desk whose setup was finished names its key.
 */
export async function unchecked(engine: Engine, key: 'store-id' | 'key-id' | 'unvouched'): Promise<string | undefined> {
  if ((await schemaState(engine)) === 'none') return undefined;
  const row = await engine.db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

export type { MigrationKeys } from './migrations/migration-keys.js';
export { migrate, missingSteps, RELEASE, requireCurrent, SHIPPED_POLICY, schemaState };

/** Turns an engine's own errors in reads into refusals. */
function wordingErrors(engine: Engine, reads: Reads): Reads {
  type Group = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;
  const worded =
    (group: Group, name: string) =>
    async (...args: unknown[]) => {
      try {
        return await group[name]?.(...args);
      } catch (error) {
        throw engine.refusalOf(error) ?? error;
      }
    };
  const groups = Object.entries(reads as unknown as Readonly<Record<string, Group>>).map(([name, group]) => [
    name,
    Object.fromEntries(Object.keys(group).map((method) => [method, worded(group, method)])),
  ]);
  return Object.fromEntries(groups) as Reads;
}
