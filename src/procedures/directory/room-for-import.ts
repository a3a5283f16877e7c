/**
 * Only one large import is under way at a time (B90; procedures/imports). What a killed one has left is there for nobody, but bars its numbers and
 * logins, so whoever adds something next removes it.
 */
import type { Desk, Reads, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { seconds } from '../../rules/duration.js';
import { type Acting, act, askAuthority, type Door } from '../authorise.js';
import { Overtaken, pause, unlessOvertaken } from '../pause.js';
import { finishImports } from './finish-imports.js';

export const IMPORTING = { permission: 'directory:write', sendLater: true } as const satisfies Door;
export const GOING_ON = { ...IMPORTING, running: true } as const satisfies Door;

/** An import that has written nothing for so long was killed, or its machine sleeps. */
export const SILENT = seconds(30);
/** Rows of one transaction; a call may have to wait for one. */
const ROWS = 150;
const BETWEEN_MS = 2;

/**
 * Writes what is settled, and removes what was left half done: what is silent, or with `own` also what the same operator began. Refusal `busy`
 * while another is under way.
 */
export async function makeRoom(desk: Desk, signed: SignedOperator, own = false): Promise<void> {
  await askAuthority(desk, signed, IMPORTING);
  await finishImports(desk);
  for (const { id } of await desk.store.read.imports.all()) {
    await abandon(desk, signed, id, IMPORTING, ({ now, by }, found) => {
      // The clock of another machine may be a little ahead; one that was set back keeps nobody waiting.
      const waits = found.seen_at + SILENT - now;
      const isOwn = own && found.operator_id === by.operator.id;
      if (found.state === 'open' && !isOwn && waits > 0 && waits <= 2 * SILENT)
        throw refusal('busy', 'import-beside', { seconds: Math.ceil(waits / 1_000) }, 'import-wait');
    });
  }
}

/** In the transaction of whatever is not staged. */
export async function requireRoom(write: Writes): Promise<void> {
  if ((await write.imports.all()).length > 0) throw refusal('busy', 'import-under-way', {}, 'try-again');
}

/** Removes an import, unless it has been settled. */
export async function abandonImport(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  await askAuthority(desk, signed, IMPORTING);
  await abandon(desk, signed, id, GOING_ON, () => undefined);
}

async function abandon(
  desk: Desk,
  signed: SignedOperator,
  id: string,
  door: Door<'directory:write'>,
  requireAbandoned: (acting: Acting<'directory:write'>, found: Awaited<ReturnType<typeof unsettled>> & object) => void,
): Promise<void> {
  if ((await unsettled(desk.store.read, id)) === undefined) return;
  const begun = await unlessOvertaken(() =>
    act(desk, signed, door, {
      change: async (acting) => {
        const found = await unsettled(acting.write, id);
        if (found === undefined) throw new Overtaken();
        requireAbandoned(acting, found);
        await acting.write.imports.update(id, { state: 'abandoned' });
        return true;
      },
      entry: () => ({ kind: 'directory.unstaged', detail: { import: id } }),
    }),
  );
  // Where its answer was lost, it is settled, and its rows stay.
  if (begun === true) await clear(desk, signed, id);
}

const unsettled = async ({ imports }: Pick<Reads, 'imports'>, id: string) =>
  (await imports.all()).find((row) => row.id === id && row.state !== 'settled');

async function clear(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  for (let left = true; left; await pause(BETWEEN_MS)) {
    const rows = await act<'directory:write', number>(desk, signed, GOING_ON, {
      entry: (count) => ({ kind: 'directory.unstaged', detail: { import: id, rows: count } }),
      change: async ({ write }) => {
        const count = await write.imports.clear(id, ROWS);
        if (count === 0) await write.imports.takeOff(id);
        return count;
      },
    });
    left = rows > 0;
  }
}
