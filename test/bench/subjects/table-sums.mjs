/**
 * The sums of all tables compared with the head, on a store of 100,000 users with a passphrase each: every tag read, encrypted and added up.
 * The floor reads the same tags with better-sqlite3 and encrypts them in one call for each table; it adds nothing up.
 */
import { createCipheriv } from 'node:crypto';
import Database from 'better-sqlite3';
import { benchDesk } from '../bench-desk.mjs';

const USERS = 100_000;
const KEY = Buffer.alloc(32, 7);

let bench;
let engine;
let notary;
let raw;

export const name = 'sums of all tables, 200,000 rows';
export const reach = 6;
export const rounds = 7;

export async function prepare() {
  bench = await benchDesk([
    "export { openHead } from './src/store/head.js';",
    "export { requireSums } from './src/store/guard/check-tables.js';",
  ]);
  await bench.fill(USERS, false);
  const desk = await bench.open();
  notary = desk.notary;
  await desk.store.close();
  engine = await bench.sources.openEngine(bench.store, false);
  raw = new Database(bench.store, { readonly: true });
}

export async function figure() {
  const { openHead, requireSums } = bench.sources;
  const { book } = await openHead(engine.db, notary);
  await requireSums(engine.db, engine.traits, notary.sums, book, 'all');
}

export function floor() {
  for (const table of ['users', 'passphrases']) {
    const tags = raw.prepare(`select mac from ${table}`).pluck().all();
    const blocks = Buffer.from(tags.map((tag) => tag.slice(17)).join(''), 'base64url');
    createCipheriv('aes-256-ecb', KEY, null).update(blocks);
  }
}

export async function close() {
  raw.close();
  await engine.close();
  bench.close();
}
