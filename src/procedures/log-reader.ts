/**
 * All that a verifier of the log may know: how to read it, and how it is hashed and sealed. Nothing here can write. The
 * rows may come from a store, a backup or an export (after tessera's fsck).
 */
import type { AuditFilter, AuditHead, AuditRow, Reads } from '../desk.js';
import { growTree, type HexTreeHasher, peakRanges } from '../rules/audit-tree.js';
import { hear } from './pause.js';

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

const HEX_DIGITS = 64;
/** In a larger part of the tree, entries are only compared with their own hash: reading it all would take seconds. */
const LARGEST = 1 << 16;

/**
 * Judges rows that somebody is about to read (T20). `foreign`: the numbers of those that the head does not seal; `audit verify` checks the rest.
 * `missing`: the first number of a span that none of them has. Whoever reads in pages keeps the judge, because it reads each part once.
 */
export function openJudge(reader: LogReader, notary: LogNotary) {
  const rootAt = rootsOf(reader, notary);
  return async (shown: readonly AuditRow[], [from, to]: readonly [from: number, to: number] = [0, 0]) => {
    const head = await reader.head();
    const parts = head !== undefined && notary.headFits(head) ? sealedPeaks(head) : [];
    const foreign: number[] = [];
    let next = from;
    for (const { seq, body, leaf } of shown) {
      if (seq === next) next += 1;
      const part = parts.find(({ start, end }) => seq >= start && seq < end);
      const whole = part && (part.end - part.start > LARGEST || (await rootAt(part.start, part.end)) === part.peak);
      if (whole !== true || leaf !== notary.hexTree.leaf(body)) foreign.push(seq);
    }
    return { foreign, missing: next < to ? next : undefined };
  };
}

/** The newest entries that match, without those that the head does not seal, for who decides on them. */
export async function vouchedFor(audit: Reads['audit'], notary: LogNotary, filter: AuditFilter, limit: number) {
  const judge = openJudge(audit, notary);
  for (let most = limit; ; most *= 4) {
    const rows = await audit.newest(filter, most);
    const foreign = new Set((await judge(rows)).foreign);
    const genuine = rows.filter(({ seq }) => !foreign.has(seq)).slice(0, limit);
    // Others could stand before as many as somebody likes.
    if (genuine.length === limit || rows.length < most) return genuine;
  }
}

/** The parts of the tree, largest first, with the hash of each in the head, hex. */
export const sealedPeaks = ({ size, frontier }: AuditHead) =>
  peakRanges(size).map((range, at) => ({ ...range, peak: frontier.slice(at * HEX_DIGITS, (at + 1) * HEX_DIGITS) }));

/** Tree hashes of the entries from `start` up to, not including, `end`, hex; empty if some are missing at its end, or a hash is none. Each is read once. */
export function rootsOf(reader: LogReader, { hexTree }: LogNotary) {
  const known = new Map<string, Promise<string>>();
  const read = async (start: number, end: number) => {
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
  };
  return (start: number, end: number): Promise<string> => {
    if (!known.has(`${start}-${end}`)) known.set(`${start}-${end}`, read(start, end));
    return known.get(`${start}-${end}`) as Promise<string>;
  };
}
