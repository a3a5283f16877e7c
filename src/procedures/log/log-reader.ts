/**
 * All that a verifier of the log may know: how to read it, and how it is hashed and sealed. Nothing here can write. The
 * rows may come from a store, a backup or an export (after tessera's fsck).
 */
import type { AuditHead, AuditRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { HexTreeHasher } from '../../rules/growing-tree.js';

export interface LogReader {
  /** The one head row; undefined if it is missing. */
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

/** Lower than any entry number, so that a row inserted before entry 0 is read too. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/**
 * Passes on every entry in order, batch by batch. In between, the process can handle signals. Refusal `cancelled` once
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
    // `each` has seen this row. Counting on from a number this large could read it again for ever.
    if (last === undefined || rows.length < BATCH || !Number.isSafeInteger(last.seq + 1)) return;
    from = last.seq + 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) throw refusal('cancelled', 'log-reading-stopped', {});
  }
}

/** True if this desk wrote the head row. */
export function sealedByDesk(notary: LogNotary, head: AuditHead): boolean {
  return notary.headFits(head);
}
