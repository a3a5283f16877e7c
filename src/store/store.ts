/** A store as the rest of the program sees it: reads, one write door, and the connection. */
import type { Refusal } from '../errors.js';
import type { TableFault } from '../rules/table-fault.js';
import type { Engine } from './engine.js';
import { faultsOfTables, requireSums } from './guard/check-tables.js';
import { guardRows } from './guard/row-guard.js';
import { GUARDED_NAMES } from './guard/sealed.js';
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
import { type SinkCursors, sinkCursors } from './queries/sink-cursor.js';
import { type Clock, type DoorParts, openDoor, type WriteDoor } from './record.js';
import type { Db } from './schema/directory.js';

export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  /** Where it is, without credentials. */
  readonly place: string;
  readonly schema: string;
  readonly read: Reads;
  readonly record: WriteDoor;
  /** Why nothing can be written: the store is behind its anchor (T8). Every `record` throws this refusal. */
  readonly readOnly: Refusal | undefined;
  /** How much of the log was sent to its sink. */
  readonly sinkCursor: SinkCursors;
  /** Tables whose rows have tags. */
  readonly guardedTables: readonly string[];
  /** Refusal `store-corrupt` if the tables on which the desk's power rests are not those that it wrote (B86). Every act asks the same. */
  requireWatched(): Promise<void>;
  /** What is wrong with the tables: every sum and every tag, in one snapshot. `each` is told of the rows that were read. */
  tableFaults(each?: (rows: number) => void): Promise<readonly TableFault[]>;
  /** Ids of the messages that this process has queued since the last call. */
  takeQueued(): readonly string[];
  /**
   * Removes deleted values from the files of the engine. It follows a commit, so it throws for no fault of the machine (T25); the next call does the rest, and
   * `doctor` says if it cannot.
   */
  forgetDeleted(): Promise<void>;
  backup(file: string): Promise<void>;
  bytes(): Promise<number>;
  /** As the engine's; false where it cannot. */
  replaceBy(backup: string, head: string): Promise<boolean>;
  /** Left on its disk; null if that is another machine's. */
  bytesFree(): number | null;
  close(): Promise<void>;
}

export type StoreParts = Pick<DoorParts, 'anchor' | 'clock' | 'follow'>;

/**
 * Opens a store whose schema is current. `notary` tags its log and its guarded rows. There is no `anchor` for a store that is not a live
 * desk: a backup that is being inspected, or a desk that is being created. `follow` queues the messages that entries cause.
 */
export function openStore(bare: Engine, notary: Notary, { anchor, clock, follow }: StoreParts = {}): Store {
  bare.schemaStays?.(true);
  const engine = { ...bare, db: guardRows(bare.db, notary.rows) };
  const queue: string[] = [];
  return {
    engine: engine.name,
    place: engine.place,
    schema: NEWEST,
    read: wordingErrors(engine, tellingClock(readsOf(engine.db, engine.traits), notary, clock)),
    record: openDoor(engine, notary, { anchor, clock, follow, queued: (ids) => queue.push(...ids) }),
    readOnly: anchor?.fault,
    sinkCursor: sinkCursors(engine.db, notary.rows),
    guardedTables: GUARDED_NAMES,
    requireWatched: () =>
      snapshot(engine, async (db) => {
        const { book } = await openHead(db, notary);
        await requireSums(db, engine.traits, notary.sums, book);
      }),
    tableFaults: (each) =>
      snapshot(engine, async (db) => {
        const { book } = await openHead(db, notary);
        return faultsOfTables(db, { tags: notary.rows, sums: notary.sums, traits: engine.traits }, book, each);
      }),
    takeQueued: () => queue.splice(0),
    forgetDeleted: () => engine.forgetDeleted().catch(ignoreMachine),
    backup: (file) => engine.backup(file),
    bytes: () => engine.bytes(),
    replaceBy: async (backup, head) => (await engine.replaceBy?.(backup, head)) ?? false,
    bytesFree: () => engine.bytesFree(),
    close: async () => {
      anchor?.close();
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

/** Reads in one snapshot, without the guard: rows come with their tags. */
async function snapshot<T>(engine: Engine, read: (db: Db) => Promise<T>): Promise<T> {
  try {
    const transaction = engine.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    return await transaction.execute((tx) => read(tx.withoutPlugins()));
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
  const wordedGroup = (group: object) =>
    new Proxy(group, {
      get: (target, name, receiver) => {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          try {
            return await (method as (...values: unknown[]) => Promise<unknown>).apply(target, args);
          } catch (error) {
            throw engine.refusalOf(error) ?? error;
          }
        };
      },
    });
  return Object.fromEntries(
    Object.entries(reads).map(([name, group]) => [name, wordedGroup(group)]),
  ) as unknown as Reads;
}
