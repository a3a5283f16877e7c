/**
 * Writes what settled imports change into the rows of people and companies, some at a time, so that calls come in between (B90). Everybody sees
 * those changes already. Nobody has to ask for it: the import was authorised when it was settled. What a killed one has left is written by the
 * next import, or by the next flush of the outbox, because the people whose contacts it changed are told with it (B58).
 */
import type { Desk, Writes } from '../../desk.js';
import { SYSTEM } from '../../rules/audit-entry.js';
import { pause } from '../pause.js';
import { type Changing, readNumbersAnew, writeChangedPeople } from './change-person.js';
import { accountSearchKeys } from './directory-rows-of-store.js';

/** Rows of one transaction; a call may have to wait for one. */
const ROWS = 100;
const BETWEEN_MS = 2;

/** Until all is written or the signal fires. `notices` receives the ids of those that are queued, also where a later step is refused. */
export async function finishImports(desk: Desk, signal?: AbortSignal, notices: string[] = []): Promise<void> {
  const settled = (await desk.store.read.imports.all()).filter(({ state }) => state === 'settled');
  // Loaded before the door is opened.
  if (settled.length > 0) await desk.phones();
  for (const { id } of settled) {
    for (let left = true; left && signal?.aborted !== true; await pause(BETWEEN_MS)) {
      const done = await writeSome(desk, id);
      notices.push(...done.notices);
      left = done.written > 0;
    }
  }
}

async function writeSome(desk: Desk, id: string) {
  const at = desk.now();
  const base = { kind: 'directory.staged', outcome: 'done', at, by: SYSTEM } as const;
  return desk.store.record<{ readonly written: number; readonly notices: readonly string[] }>(
    ({ written, notices }) => ({ ...base, detail: { import: id, written, notices: notices.length } }),
    async (write) => {
      const some = { import: id, limit: ROWS };
      const { people, notices } = await writeChangedPeople({ desk, write, now: at }, some);
      const written = people > 0 ? people : await writeChangedCompanies({ desk, write, now: at }, some);
      if (written === 0) await write.imports.takeOff(id);
      return { written, notices };
    },
  );
}

/** Inside the door, and only up to a company whose numbers are read anew, because that is work on all of its people. Returns how many. */
export async function writeChangedCompanies(inside: Changing, which: Parameters<Writes['accounts']['changed']>[0]) {
  const { write, now } = inside;
  let written = 0;
  for (const { before, after, patch } of await write.accounts.changed(which)) {
    await write.accounts.update(after.id, { ...patch, staged: null, staged_in: null, updated_at: now });
    if (after.name !== before.name) await write.search.replace([accountSearchKeys(after.id, after)]);
    written += 1;
    if (after.country === before.country) continue;
    await readNumbersAnew(inside, after);
    break;
  }
  return written;
}
