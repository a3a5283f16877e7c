/** A store as the rest of the program sees it: reads, one write door, and the connection. */
import type { Refusal } from '../errors.js';
import type { Engine } from './engine.js';
import { guardRows } from './guard/row-guard.js';
import { GUARDED_NAMES } from './guard/sealed.js';
import { migrate, missingSteps, NEWEST, requireCurrent, SHIPPED_POLICY, schemaState } from './migrations/index.js';
import { type Reads, readsOf } from './queries/queries.js';
import { type SinkCursors, sinkCursors } from './queries/sink-cursor.js';
import { type Clock, createHead, type DoorParts, type Notary, openDoor, type WriteDoor } from './record.js';

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
  /** Ids of the messages that this process has queued since the last call. */
  takeQueued(): readonly string[];
  /**
   * Removes deleted values from the files of the engine. It follows a commit, so it throws for no fault of the machine (T25); the next call does the rest, and
   * `doctor` says if it cannot.
   */
  forgetDeleted(): Promise<void>;
  backup(file: string): Promise<void>;
  bytes(): Promise<number>;
  close(): Promise<void>;
}

export type StoreParts = Pick<DoorParts, 'anchor' | 'clock' | 'follow'>;

/**
 * Opens a store whose schema is current. `notary` tags its log and its guarded rows. There is no `anchor` for a store that is not a live
 * desk: a backup that is being inspected, or a desk that is being created. `follow` queues the messages that entries cause.
 */
export function openStore(bare: Engine, notary: Notary, { anchor, clock, follow }: StoreParts = {}): Store {
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
    takeQueued: () => queue.splice(0),
    forgetDeleted: () => engine.forgetDeleted().catch(ignoreMachine),
    backup: (file) => engine.backup(file),
    bytes: () => engine.bytes(),
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

/** Creates the schema and an empty log. Safe to repeat after an interrupted try. */
export async function establishStore(engine: Engine, notary: Notary, pinned?: string): Promise<void> {
  await migrate(engine, notary.rows, pinned);
  await engine.db.transaction().execute(async (tx) => {
    const head = await tx.selectFrom('audit_head').select('id').executeTakeFirst();
    if (head === undefined) await createHead(tx, notary);
  });
}

/** Whether this store has a desk whose setup was finished: `init` writes the store's id last. */
export async function holdsDesk(engine: Engine): Promise<boolean> {
  return (
    (await schemaState(engine)) !== 'none' &&
    (await readsOf(engine.db, engine.traits).meta.get('store-id')) !== undefined
  );
}

export { migrate, missingSteps, requireCurrent, SHIPPED_POLICY, schemaState };

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
