/**
 * `audit verify` over 100,000 entries: every entry read, hashed and put into the tree, and the tree compared with the head.
 * The floor reads and hashes the same rows with better-sqlite3 and node:crypto by hand, and builds no tree.
 */
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../../..');
const ENTRIES = 100_000;
const PER_WRITE = 2_000;
/** Of the machine's own time: a log that ends days ago is taken for a clock that was pushed. */
const STARTED_AT = Date.now() - ENTRIES;

export const name = 'audit verify, 100,000 entries';
export const reach = 1.3;
export const rounds = 7;

let folder;
let desk;
let verifyAuditLog;
let rows;

export async function prepare() {
  const cache = path.join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(path.join(cache, 'bench-'));
  const { establishDesk, openCustody, ...sources } = await loadSources();
  verifyAuditLog = sources.verifyAuditLog;
  ({ desk } = await establishDesk(
    openCustody({
      settings: settingsIn(folder),
      dataFolder: path.join(root, 'data'),
      now: Date.now,
    }),
  ));
  for (let from = 0; from < ENTRIES; from += PER_WRITE) {
    await desk.store.record(
      Array.from({ length: PER_WRITE }, (_, at) => entry(from + at)),
      async () => undefined,
    );
  }
  const database = new Database(path.join(folder, 'desk.db'), { readonly: true });
  rows = database.prepare('select seq, body, leaf from audit_entries where seq >= ? order by seq limit 1000');
}

/** The sources as they are, bundled beside node_modules so that packages are found. */
async function loadSources() {
  const outfile = path.join(folder, 'sources.mjs');
  const contents = `export { openCustody } from './src/opening/open-custody.js';
    export { establishDesk } from './src/opening/open-desk.js';
    export { verifyAuditLog } from './src/procedures/log/verify-audit-log.js';`;
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

function settingsIn(place) {
  return {
    store: path.join(place, 'desk.db'),
    engine: 'sqlite',
    key: { file: path.join(place, 'master.key') },
    dataFolder: place,
    folders: { data: place, config: place, state: place },
    policyFolder: null,
    person: { id: 'uid:1' },
    deskName: 'Bench',
    file: {},
    token: undefined,
  };
}

const entry = (number) => ({
  kind: 'verification.started',
  outcome: 'started',
  at: STARTED_AT + number,
  by: { kind: 'operator', id: 'op_01m834dd7vebt8612fmkzqszz1', name: 'Mira Agent' },
  account: 'acc_01m834dd7vebt8612fmkzqszz1',
  user: 'usr_01m834dd7vebt8612fmkzqszz1',
  ticket: `T-${number}`,
  detail: { action: 'billing:change', attempt: 1 },
});

export function floor() {
  let from = 0;
  for (;;) {
    const batch = rows.all(from);
    for (const row of batch) {
      if (hash('sha256', `\0${row.body}`, 'hex') !== row.leaf.toString('hex')) throw new Error('the floor is broken');
    }
    if (batch.length < 1000) return;
    from = batch[batch.length - 1].seq + 1;
  }
}

export async function figure() {
  await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
}

export async function close() {
  await desk?.store.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
