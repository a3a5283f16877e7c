/** A store as the rest of the house sees it: reads, one write door, and the life of the connection. */
import type { Engine } from './engine.js';
import { migrate, NEWEST, requireCurrent, schemaState } from './migrations/index.js';
import { createHead, type Notary, openDoor, type WriteDoor } from './record.js';
import { type Reads, readsOf } from './tables.js';

export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  /** Where it is, without credentials. */
  readonly place: string;
  readonly schema: string;
  readonly read: Reads;
  readonly record: WriteDoor;
  forgetDeleted(): Promise<void>;
  backup(file: string): Promise<void>;
  bytes(): Promise<number>;
  close(): Promise<void>;
}

/** A store whose schema fits this build. `notary` seals its log. */
export function openStore(engine: Engine, notary: Notary): Store {
  return {
    engine: engine.name,
    place: engine.place,
    schema: NEWEST,
    read: guarded(engine, readsOf(engine.db, engine.traits)),
    record: openDoor(engine, notary),
    forgetDeleted: () => engine.forgetDeleted(),
    backup: (file) => engine.backup(file),
    bytes: () => engine.bytes(),
    close: () => engine.close(),
  };
}

/** Makes schema and an empty log. Safe to repeat when an earlier try was cut off. */
export async function foundStore(engine: Engine, notary: Notary): Promise<void> {
  await migrate(engine);
  await engine.db.transaction().execute(async (tx) => {
    const head = await tx.selectFrom('audit_head').select('id').executeTakeFirst();
    if (head === undefined) await createHead(tx, notary);
  });
}

/** Whether a desk was founded and finished here: `init` writes the store's id last. */
export async function holdsDesk(engine: Engine): Promise<boolean> {
  return (
    (await schemaState(engine)) !== 'none' &&
    (await readsOf(engine.db, engine.traits).meta.get('store-id')) !== undefined
  );
}

export { migrate, requireCurrent, schemaState };

/** Reads answer an engine's own errors in the desk's words too. */
function guarded(engine: Engine, reads: Reads): Reads {
  const guardedGroup = (group: object) =>
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
    Object.entries(reads).map(([name, group]) => [name, guardedGroup(group)]),
  ) as unknown as Reads;
}
