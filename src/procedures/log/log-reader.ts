/**
 * All that a verifier of the log may know: how to read it, and how it is hashed and sealed. Nothing here can write. The
 * rows may come from a store, a backup or an export (after tessera's fsck).
 */
import type { AuditHead, AuditRow } from '../../desk.js';
import { growTree, type HexTreeHasher, peakRanges } from '../../rules/growing-tree.js';
import { hear } from '../pause.js';

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
const BATCH = 1000;

/** Lower than any entry number, so that a row inserted before entry 0 is read too. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/**
 * Passes on every entry in order, batch by batch. In between, the process can handle signals. Refusal `cancelled` once
 * `signal` is aborted.
 */
export async function readEntries(reader: LogReader, each: (rows: readonly AuditRow[]) => void, signal?: AbortSignal) {
  let from = BEFORE_ALL;
  for (;;) {
    const rows = await reader.batch(from, BATCH);
    each(rows);
    const last = rows.at(-1);
    // `each` has seen this row. Counting on from a number this large could read it again for ever.
    if (last === undefined || rows.length < BATCH || !Number.isSafeInteger(last.seq + 1)) return;
    from = last.seq + 1;
    await hear(signal);
  }
}

type ShownRow = Pick<AuditRow, 'seq' | 'body'>;

const HEX_DIGITS = 64;
/** In a larger part of the tree, entries are only compared with their own hash: reading it all would take seconds. */
const LARGEST = 1 << 16;

/** Numbers of the rows that somebody is about to read and that the head does not seal (T20); `audit verify` checks the rest. The newest entries are in the small parts of the tree. */
export async function foreignEntries(reader: LogReader, notary: LogNotary, shown: readonly ShownRow[]) {
  const head = await reader.head();
  const all = shown.map(({ seq }) => seq);
  if (head === undefined || !notary.headFits(head)) return all;
  const foreign = all.filter((seq) => seq < 0 || seq >= head.size);
  for (const { start, end, peak } of sealedPeaks(head)) {
    const here = shown.filter(({ seq }) => seq >= start && seq < end);
    if (here.length === 0) continue;
    const whole = end - start > LARGEST || (await rootOfRange(reader, notary, start, end)) === peak;
    for (const row of here) if (!whole || !(await isStored(reader, notary, row))) foreign.push(row.seq);
  }
  return foreign;
}

/** The parts of the tree, largest first, with the hash of each in the head, hex. */
export const sealedPeaks = ({ size, frontier }: AuditHead) =>
  peakRanges(size).map((range, at) => ({ ...range, peak: frontier.slice(at * HEX_DIGITS, (at + 1) * HEX_DIGITS) }));

/** Tree hash of the entries from `start` up to, not including, `end`, hex; empty if some are missing at its end, or a hash is none. */
export async function rootOfRange(reader: LogReader, { hexTree }: LogNotary, start: number, end: number) {
  const tree = growTree(hexTree);
  for (let from = start; from < end; ) {
    const rows = await reader.batch(from, Math.min(BATCH, end - from));
    if (rows.some(({ leaf }) => leaf.length !== HEX_DIGITS)) return '';
    for (const { leaf } of rows) tree.append(leaf);
    const last = rows.at(-1);
    if (last === undefined) return '';
    from = last.seq + 1;
  }
  return tree.root();
}

async function isStored(reader: LogReader, { hexTree }: LogNotary, { seq, body }: ShownRow): Promise<boolean> {
  const [row] = await reader.batch(seq, 1);
  return row?.seq === seq && row.leaf === hexTree.leaf(body);
}
