/**
 * All that a verifier of the log may know: how to read it, and how it is hashed and sealed. Nothing here can write, and
 * any source of rows will do, a store, a backup or an export (after tessera's fsck).
 */
import type { AuditHead, AuditRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { HexTreeHasher } from '../../rules/growing-tree.js';

export interface LogReader {
  /** The one head row; undefined where there is none. */
  head(): Promise<AuditHead | undefined>;
  /** At most `limit` entries from a number on, ascending. */
  batch(fromSeq: number, limit: number): Promise<readonly AuditRow[]>;
}

export interface LogNotary {
  readonly hexTree: HexTreeHasher;
  /** Whether this desk wrote the head row. */
  headFits(head: AuditHead): boolean;
}

/** Entries read at once: large enough to cost nothing, small enough to keep memory flat. */
export const BATCH = 1000;

/** Below every number an entry can have: a row put before entry 0 is read too. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/**
 * Hands over every entry in order, batch by batch. Lets the process hear a signal in between; Refusal `cancelled` once
 * `signal` is aborted.
 */
export async function readEntries(
  reader: LogReader,
  each: (rows: readonly AuditRow[]) => void,
  signal?: AbortSignal,
): Promise<void> {
  let from = BEFORE_ALL;
  for (;;) {
    const rows = await reader.batch(from, BATCH);
    each(rows);
    const last = rows.at(-1);
    // A number too large to count on from could be read again for ever; `each` has seen it.
    if (last === undefined || rows.length < BATCH || !Number.isSafeInteger(last.seq + 1)) return;
    from = last.seq + 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) throw refusal('cancelled', 'log-reading-stopped', {});
  }
}

/** The head row, and whether this desk wrote it. */
export function sealedByDesk(notary: LogNotary, head: AuditHead): boolean {
  return notary.headFits(head);
}
