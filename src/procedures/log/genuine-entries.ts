/** Are entries that somebody is about to read those that the head of the log seals (T20)? `audit verify` checks the rest. */
import { type GrowingTree, growTree, peakRanges } from '../../rules/growing-tree.js';
import { BATCH, type LogNotary, type LogReader, sealedByDesk } from './log-reader.js';

export interface ShownRow {
  readonly seq: number;
  readonly body: string;
}

const HEX_DIGITS = 64;
/** In a larger part of the tree, entries are only compared with their own hash: reading it all would take seconds. */
const LARGEST = 1 << 16;

/** Numbers of the rows that are not entries of this log. The newest entries are in the small parts of the tree. */
export async function foreignEntries(
  reader: LogReader,
  notary: LogNotary,
  shown: readonly ShownRow[],
): Promise<readonly number[]> {
  const head = await reader.head();
  const all = shown.map(({ seq }) => seq);
  if (head === undefined || !sealedByDesk(notary, head)) return all;
  const foreign = all.filter((seq) => seq < 0 || seq >= head.size);
  for (const [at, { start, end }] of peakRanges(head.size).entries()) {
    const here = shown.filter(({ seq }) => seq >= start && seq < end);
    if (here.length === 0) continue;
    const sealed = head.frontier.slice(at * HEX_DIGITS, (at + 1) * HEX_DIGITS);
    const whole = end - start > LARGEST || (await peakOf(reader, notary, start, end)) === sealed;
    for (const row of here) if (!whole || !(await isStored(reader, notary, row))) foreign.push(row.seq);
  }
  return foreign;
}

async function peakOf(reader: LogReader, { hexTree }: LogNotary, start: number, end: number): Promise<string> {
  const tree: GrowingTree<string> = growTree(hexTree);
  for (let from = start; from < end; ) {
    const rows = await reader.batch(from, Math.min(BATCH, end - from));
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
