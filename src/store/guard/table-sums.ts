/**
 * The sealed sum of each guarded table (B86): how many rows it has, and the sum of their contributions (crypto/tag.ts) modulo 2^128.
 * All sums stand sealed in the head of the log, which every write locks. So a row that was deleted, added, or put back in an older version
 * by another hand does not fit, and only the key knows what would. The sum of a table with rows that pass away is kept in parts, one for
 * each span of time, and past parts are added up.
 */
import { GUARDED, type Row } from './guarded-tables.js';

/** What needs the key, passed in like the tags. */
export interface SumKeys {
  newKey(): Uint8Array;
  sumOf(key: Uint8Array, tags: readonly string[]): bigint;
  /** Bound to the store and to the size of its log. */
  seal(size: number, text: string): string;
  open(size: number, sealed: string): string;
}

export interface Sum {
  readonly n: number;
  readonly sum: bigint;
}

export interface Book {
  readonly key: Uint8Array;
  /** The latest time, ms, by which parts were added up. It never goes back. */
  readonly at: number;
  /** By table, or by table and number of the span. */
  readonly parts: ReadonlyMap<string, Sum>;
}

const MASK = (1n << 128n) - 1n;
const NONE: Sum = { n: 0, sum: 0n };
const plus = (a: Sum, b: Sum): Sum => ({ n: a.n + b.n, sum: (a.sum + b.sum) & MASK });

interface Change {
  readonly came: string[];
  readonly went: string[];
}

/** What one transaction changes: counted by the guard, folded into the book by the door (record.ts). */
export class Delta {
  readonly changes = new Map<string, Change>();

  /** The row with these changes. */
  came(name: string, row: Row, tag: unknown, changes?: Row): void {
    this.#at(name, row, changes).came.push(String(tag));
  }

  went(name: string, row: Row, tag: unknown): void {
    this.#at(name, row).went.push(String(tag));
  }

  #at(name: string, row: Row, changes: Row = row): Change {
    const part = partOf(name, row, changes);
    const change = this.changes.get(part) ?? { came: [], went: [] };
    this.changes.set(part, change);
    return change;
  }
}

function partOf(name: string, row: Row, changes: Row): string {
  const watched = GUARDED[name]?.watched;
  if (typeof watched !== 'object') return name;
  return `${name}/${Math.floor(Number(changes[watched.column] ?? row[watched.column]) / watched.span)}`;
}

export const nameOf = (part: string): string => part.split('/')[0] ?? part;

/** The first span of a table that still counts; undefined for a table that is not kept in parts. */
export function firstSpan(name: string, at: number): number | undefined {
  const watched = GUARDED[name]?.watched;
  return typeof watched === 'object' ? Math.floor((at - watched.back) / watched.span) : undefined;
}

/** A past part belongs to the rest of its table. */
function settled(part: string, at: number): string {
  const [name = part, span] = part.split('/');
  const first = firstSpan(name, at);
  return span === undefined || first === undefined || Number(span) >= first ? part : name;
}

export function folded({ sumOf }: Pick<SumKeys, 'sumOf'>, book: Book, delta: Delta, latestAt: number): Book {
  const at = Math.max(book.at, latestAt);
  const parts = new Map<string, Sum>();
  const add = (part: string, sum: Sum): void => {
    const where = settled(part, at);
    parts.set(where, plus(parts.get(where) ?? NONE, sum));
  };
  for (const [part, sum] of book.parts) add(part, sum);
  for (const [part, { came, went }] of delta.changes) {
    add(part, { n: came.length - went.length, sum: sumOf(book.key, came) - sumOf(book.key, went) });
  }
  return { key: book.key, at, parts };
}

/** The sum that a table should have; of its parts from a span on, if one is given. */
export function sumFor({ parts }: Book, name: string, from?: number): Sum {
  let sum = NONE;
  for (const [part, one] of parts) {
    if (nameOf(part) === name && (from === undefined || Number(part.split('/')[1] ?? -1) >= from)) sum = plus(sum, one);
  }
  return sum;
}

export const emptyBook = ({ newKey }: SumKeys, at: number): Book => ({ key: newKey(), at, parts: new Map() });

export function sealBook(keys: SumKeys, size: number, { key, at, parts }: Book): string {
  const listed = [...parts].filter(([, { n, sum }]) => n !== 0 || sum !== 0n);
  const text = listed.map(([part, { n, sum }]) => [part, n, sum.toString(16)]);
  return keys.seal(size, JSON.stringify([Buffer.from(key).toString('base64'), at, text]));
}

/** Refusals of the vault: store-corrupt, key-mismatch. */
export function openBook(keys: SumKeys, size: number, sealed: string): Book {
  const [key, at, listed] = JSON.parse(keys.open(size, sealed)) as [string, number, [string, number, string][]];
  const parts = new Map(listed.map(([part, n, sum]) => [part, { n, sum: BigInt(`0x${sum}`) }]));
  return { key: Buffer.from(key, 'base64'), at, parts };
}
