/**
 * After a restore to an earlier time: keeps lock-outs and ends every session. Part of main's room.
 *
 * A lock-out in the replaced store carries over to the restored one. If the replaced store cannot be read, each lock-out of the backup
 * starts again, because the program does not know how old the backup is. Sessions, grants, approvals, codes and remembered devices of the
 * backup end, because they may have ended after the backup was made.
 */
import type { Desk, Reads, ThrottleRow, Writes } from '../desk.js';
import { readIfPossible } from '../opening/open-desk.js';
import { toRow, toThrottle } from '../procedures/lock-outs.js';
import { endEverything } from '../procedures/upkeep/care-for-store.js';
import { lockedAnew, strictest } from '../rules/throttle.js';
import type { Notary } from '../store/head.js';
import { openStore } from '../store/store.js';

const PAGE = 1_000;

/** Every lock-out and count of a store; undefined if the store cannot be read to the end. */
export async function locksOf(place: string | null, notary: Notary): Promise<readonly ThrottleRow[] | undefined> {
  if (place === null) return undefined;
  return readIfPossible(place, async (engine) => standing(openStore(engine, notary).read));
}

async function standing({ throttles }: Pick<Reads, 'throttles'>): Promise<readonly ThrottleRow[]> {
  const found: ThrottleRow[] = [];
  for (let after = ''; ; ) {
    const rows = await throttles.standing(after, PAGE);
    found.push(...rows);
    const last = rows.at(-1);
    if (last === undefined) return found;
    after = last.subject;
  }
}

/** Writes what `locksOf` found into the restored store. `seen` is the latest time in the log of the backup. */
export async function carryLocks(
  desk: Desk,
  write: Writes,
  { before, seen }: { readonly before: readonly ThrottleRow[] | undefined; readonly seen: number },
): Promise<void> {
  const now = desk.now();
  for (const row of before ?? (await standing(write))) {
    const there = await write.throttles.get(row.subject);
    const state =
      before === undefined
        ? lockedAnew(toThrottle(row), seen, now)
        : strictest(toThrottle(row), toThrottle(there ?? row));
    await write.throttles.put(toRow(row.subject, state, now));
  }
  await endEverything(write, { now, seen: 0 });
}
