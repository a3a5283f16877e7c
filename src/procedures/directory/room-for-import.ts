/**
 * Only one large import is under way at a time (B90; procedures/imports). What a killed one has left is there for nobody, but bars its numbers and
 * logins, so whoever adds something next removes it.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { seconds } from '../../rules/duration.js';
import { act, askAuthority, type Door } from '../authorise.js';
import { pause } from '../pause.js';

export const IMPORTING = { permission: 'directory:write', sendLater: true } as const satisfies Door;
export const GOING_ON = { ...IMPORTING, running: true } as const satisfies Door;

/** An import that has written nothing for so long was killed, or its machine sleeps. */
export const SILENT = seconds(30);
/** Rows of one transaction; a call may have to wait for one. */
const ROWS = 150;
const BETWEEN_MS = 2;

/** Removes what was left half done: what is silent, or with `own` also what the same operator began. Refusal `busy` while another is under way. */
export async function makeRoom(desk: Desk, signed: SignedOperator, own = false): Promise<void> {
  await askAuthority(desk, signed, IMPORTING);
  for (const { id } of await desk.store.read.imports.underWay()) {
    await act(desk, signed, IMPORTING, {
      entry: () => ({ kind: 'directory.unstaged', detail: { import: id } }),
      change: async ({ write, now, by }) => {
        const found = (await write.imports.underWay()).find((row) => row.id === id);
        const waits = (found?.seen_at ?? 0) + SILENT - now;
        const isOwn = own && found?.operator_id === by.operator.id;
        if (found?.state === 'open' && !isOwn && waits > 0)
          throw refusal('busy', 'import-beside', { seconds: Math.ceil(waits / 1_000) }, 'import-wait');
        await write.imports.update(id, { state: 'abandoned' });
      },
    });
    await clear(desk, signed, id);
  }
}

/** In the transaction of whatever is not staged. */
export async function requireRoom(write: Writes): Promise<void> {
  if ((await write.imports.underWay()).length > 0) throw refusal('busy', 'import-under-way', {}, 'try-again');
}

/** Removes an import, unless it has been settled. */
export async function abandonImport(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  await askAuthority(desk, signed, IMPORTING);
  if (!(await desk.store.read.imports.underWay()).some((row) => row.id === id)) return;
  await act(desk, signed, GOING_ON, {
    entry: () => ({ kind: 'directory.unstaged', detail: { import: id } }),
    change: ({ write }) => write.imports.update(id, { state: 'abandoned' }),
  });
  await clear(desk, signed, id);
}

/** Removes the rows of an abandoned import. One that has been settled meanwhile keeps its rows: then the answer of that transaction was lost. */
async function clear(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  for (let left = true; left; await pause(BETWEEN_MS)) {
    const rows = await act<'directory:write', number>(desk, signed, GOING_ON, {
      entry: (count) => ({ kind: 'directory.unstaged', detail: { import: id, rows: count } }),
      change: async ({ write }) => {
        const abandoned = (await write.imports.underWay()).some((row) => row.id === id && row.state === 'abandoned');
        const count = abandoned ? await write.imports.clear(id, ROWS) : 0;
        if (abandoned && count === 0) await write.imports.takeOff(id);
        return count;
      },
    });
    left = rows > 0;
  }
}
