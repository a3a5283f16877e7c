/**
 * Verifies the whole log (B75). All it needs is a way to read it. In order:
 *
 *   1. this desk wrote the head row (its MAC);
 *   2. entry by entry: none is missing, added or moved, each matches its hash, none is later than the head's latest time;
 *   3. the tree over the entries is the tree of the head; no entry lies beyond the head;
 *   4. with a checkpoint kept elsewhere: the log begins with the log of the checkpoint.
 *
 * Steps 1 to 3 find what someone changed who has only the store. They do not find a whole new log written with the desk's
 * key, or an older copy of the store put back: only step 4 finds those.
 *
 * The JSON of an entry is not parsed: its number is found by its place in the canonical text, and its hash covers the rest.
 */
import type { AuditHead, AuditRow, Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { growTree } from '../../rules/audit-tree.js';
import type { Checkpoint } from '../../rules/checkpoint.js';
import { tableFault } from '../../rules/table-fault.js';
import { type LogNotary, type LogReader, readEntries, sealedPeaks } from '../log-reader.js';

export interface LogCheck {
  readonly notary: LogNotary;
  readonly checkpoint?: Checkpoint | undefined;
  /** Called with the number of entries just read. */
  readonly onProgress?: ((count: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `latestAt`: the latest time of any entry, ms; 0 for an empty log. */
export type VerifiedLog = Awaited<ReturnType<typeof verifyAuditLog>>;

/** Refusal `audit-broken` that names the first entry at fault, with up to 20 problems. Changes nothing. */
export async function verifyAuditLog(reader: LogReader, check: LogCheck) {
  const head = await reader.head();
  const walk = new Walk(check, head);
  await readEntries(
    reader,
    (rows) => {
      walk.take(rows);
      check.onProgress?.(rows.length);
    },
    check.signal,
  );
  await walk.judgeRowsBeyond(reader);
  walk.judgeTree();
  walk.judgeCheckpoint();
  walk.faults.throwIfAny();
  return { size: walk.tree.size(), root: walk.tree.root(), latestAt: head?.latestAt ?? 0 };
}

class Walk {
  readonly faults = new LogFaults();
  readonly tree: ReturnType<typeof growTree<string>>;
  readonly #check: LogCheck;
  /** The head row, if this desk wrote it; any other head says nothing about the entries. */
  readonly #head: AuditHead | undefined;
  /** Root of the first entries, as many as the checkpoint counts. */
  #rootThen: string | undefined;
  /** Entries are missing, added or moved, so the tree over the rest proves nothing more. */
  #outOfOrder = false;
  #expected = 0;
  #beyond: number | undefined;

  constructor(check: LogCheck, head: AuditHead | undefined) {
    this.#check = check;
    this.tree = growTree(check.notary.hexTree);
    this.#rootThen = check.checkpoint?.size === 0 ? this.tree.root() : undefined;
    if (head === undefined) this.faults.add('the head of the log is missing');
    else if (!check.notary.headFits(head)) this.faults.add('the head of the log was not written by this desk');
    else this.#head = head;
  }

  take(rows: readonly AuditRow[]): void {
    for (const row of rows) {
      if (this.#head !== undefined && row.seq >= this.#head.size) this.#beyond = row.seq;
      else this.#takeOne(row);
    }
  }

  #takeOne({ seq, body, leaf }: AuditRow): void {
    if (seq !== this.#expected) this.#judgeGap(seq);
    const hash = this.#check.notary.hexTree.leaf(body);
    if (hash !== leaf) this.faults.addEntry(seq, 'is not what was hashed when it was written');
    else if (seqIn(body) !== seq) this.faults.addEntry(seq, `says that it is entry ${seqIn(body)}: entries were moved`);
    this.tree.append(hash);
    this.#expected = seq + 1;
    if (this.tree.size() === this.#check.checkpoint?.size) this.#rootThen = this.tree.root();
  }

  #judgeGap(seq: number): void {
    this.#outOfOrder = true;
    if (seq > this.#expected) this.faults.addRange(this.#expected, seq, 'missing');
    else this.faults.addEntry(seq, 'was put before the first');
  }

  /**
   * A desk at work adds entries while its log is read. They are not checked this time, but a head that is read after them must know them.
   */
  async judgeRowsBeyond(reader: LogReader): Promise<void> {
    const last = this.#beyond;
    if (this.#head === undefined || last === undefined) return;
    const head = await reader.head();
    if (head !== undefined && this.#check.notary.headFits(head) && last < head.size) return;
    this.#outOfOrder = true;
    this.faults.addEntry(last, 'is not known to the head of the log');
  }

  judgeTree(): void {
    const head = this.#head;
    if (head === undefined) return;
    if (this.#expected < head.size) {
      this.#outOfOrder = true;
      this.faults.addRange(this.#expected, head.size, 'missing');
    }
    if (this.#outOfOrder) return;
    const peaks = this.tree.peaks();
    for (const [at, { start, end, peak }] of sealedPeaks(head).entries()) {
      if (peaks[at] === peak || this.faults.nameOneIn(start, end)) continue;
      this.faults.addRange(start, end, 'changed together with its hash');
    }
  }

  judgeCheckpoint(): void {
    const { checkpoint } = this.#check;
    if (checkpoint === undefined) return;
    const size = this.tree.size();
    if (this.#rootThen === undefined) {
      const span = spanOf(size, checkpoint.size);
      this.faults.add(`the checkpoint counts ${checkpoint.size} entries: ${span} missing here`);
    } else if (!this.#rootThen.startsWith(hex(checkpoint.root)) && !this.#outOfOrder) {
      this.faults.add(`the first ${checkpoint.size} entries are not those of the checkpoint: the log was written anew`);
    }
  }
}

const spanOf = (start: number, end: number): string =>
  end - start === 1 ? `entry ${start} is` : `entries ${start} to ${end - 1} are`;

/** Canonical JSON sorts members, and only texts follow `seq`, with their quotes escaped, so the last match is the number. */
function seqIn(body: string): number {
  const at = body.lastIndexOf(',"seq":');
  return at < 0 ? Number.NaN : Number.parseInt(body.slice(at + 7, at + 24), 10);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Twenty faults show what happened to a log; a million do not show more. */
const KEPT = 20;

class LogFaults {
  readonly #kept: { readonly message: string; readonly entry: number | undefined }[] = [];
  #count = 0;

  add(message: string, entry?: number): void {
    this.#count += 1;
    if (this.#kept.length < KEPT) this.#kept.push({ message, entry });
  }

  addEntry(seq: number, what: string): void {
    this.add(`entry ${seq} ${what}`, seq);
  }

  /** Entries from `start` up to, not including, `end`. */
  addRange(start: number, end: number, what: 'missing' | 'changed together with its hash'): void {
    const one = end - start === 1;
    const missing = one ? `entry ${start} is missing` : `entries ${start} to ${end - 1} are missing`;
    const changed = one ? `entry ${start} was ${what}` : `one of the entries ${start} to ${end - 1} was ${what}`;
    this.add(what === 'missing' ? missing : changed, start);
  }

  /** True if a fault in the range was named already (or more faults were found than are kept). */
  nameOneIn(start: number, end: number): boolean {
    return this.#count > KEPT || this.#kept.some(({ entry = -1 }) => entry >= start && entry < end);
  }

  /** Throws the refusal `audit-broken`, with the first fault in its message, if there is any fault. */
  throwIfAny(): void {
    const [first] = this.#kept;
    if (first === undefined) return;
    const entries = this.#kept.flatMap(({ entry }) => entry ?? []);
    throw refusal('audit-broken', 'log-broken', { first: first.message, more: this.#count - 1 }, 'keep-store', {
      problems: this.#count === 1 ? [] : this.#kept.map(({ message }) => ({ message })),
      also: { audit: { outcome: 'broken', faults: this.#count, entries } },
    });
  }
}

/** Refusal `store-corrupt` with one problem for each table. Changes nothing. */
export async function verifyTables(desk: Desk, each?: (rows: number) => void): Promise<void> {
  const faults = await desk.store.tableFaults(each);
  const [first, ...more] = faults.map(tableFault);
  if (first === undefined) return;
  throw refusal('store-corrupt', 'tables-foreign', { first, more: more.length }, 'keep-store', {
    problems: more.length === 0 ? [] : [first, ...more].map((message) => ({ message })),
    also: { tables: faults.map(({ table, surplus, changed }) => ({ table, surplus, changed })) },
  });
}
