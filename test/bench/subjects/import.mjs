/**
 * Imports of 20,000 people into a desk of 100,000: the plan of a file in which nothing has changed, a file of new people, and how long the
 * store is locked for each, as another process finds it. The floors are the same rows read by key, or inserted with their words by set-based
 * SQL, in better-sqlite3 alone: no judging of cells, no tags, no log. A lock that nobody notices may last 25 ms.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import Database from 'better-sqlite3';
import { benchDesk, root, USERS_PER_ACCOUNT } from '../bench-desk.mjs';

const USERS = 100_000;
const ROWS = 20_000;
const UNNOTICED_MS = 25;

let bench;
let desk;
let signed;
let raw;
let batch = 0;

/** A file of people nobody has; `nth` makes it another one, `given` names them otherwise. */
const people = (nth, given = 'Given') => ({
  users: {
    rows: Array.from({ length: ROWS }, (_, i) => ({
      line: i + 2,
      values: {
        account: String(100_000 + (i % (USERS / USERS_PER_ACCOUNT))),
        login: `b${nth}-${i}`,
        name: `${given}${i % 997} Family${i % 9973}`,
        email: `b${nth}-${i}@bench.example`,
        phone: `+49 30 ${10_000_000 + i}`,
        role: 'user',
      },
    })),
    problems: [],
  },
});

export async function prepare() {
  bench = await benchDesk([
    "export { importDirectory, previewImport } from './src/procedures/imports/import-directory.js';",
  ]);
  await bench.fill(USERS, true);
  desk = await bench.open();
  signed = await bench.sources.signedOperator(desk, 'admin', 'root');
  const copy = path.join(bench.folder, 'copy.db');
  await desk.store.backup(copy);
  await bench.sources.importDirectory(desk, signed, people(0));
  raw = new Database(copy);
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'secure_delete = ON'])
    raw.pragma(pragma);
  raw.prepare('attach ? as src').run(bench.store);
}

/** The rows of the first batch, as the desk wrote them. */
const OF_BATCH = "select id from src.users where login_key like 'b0-%'";

function inserted() {
  const start = performance.now();
  raw
    .transaction(() => {
      raw.exec(`insert into main.users select * from src.users where login_key like 'b0-%';
      insert into main.search_words select * from src.search_words where target_id in (${OF_BATCH})
        order by kind, word, target_id`);
    })
    .immediate();
  const took = performance.now() - start;
  raw.exec(
    `delete from main.search_words where target_id in (${OF_BATCH}); delete from main.users where login_key like 'b0-%'`,
  );
  return took;
}

function readByKey() {
  const byNumber = raw.prepare('select * from src.accounts where number_key = ?');
  const byLogin = raw.prepare('select * from src.users where account_id = ? and login_key = ?');
  const homes = new Map();
  for (const { values } of people(0).users.rows) {
    const home = homes.get(values.account) ?? byNumber.get(values.account);
    homes.set(values.account, home);
    if (byLogin.get(home.id, values.login) === undefined) throw new Error(`${values.login} is not there`);
  }
}

const add = () => bench.sources.importDirectory(desk, signed, people(++batch));
const plan = () => bench.sources.previewImport(desk, signed, people(0));
/** Another name for each of the first batch, every time; somebody has read how many. */
const change = () => bench.sources.importDirectory(desk, signed, { ...people(0, `Named${++batch}x`), confirm: ROWS });
const again = () => bench.sources.importDirectory(desk, signed, people(0));

/** Waits as the program does: it looks every millisecond, because SQLite's own wait looks less and less often. */
const POLL = `
  const store = new (require('better-sqlite3'))(process.argv[1], { timeout: 0 });
  let longest = 0;
  process.on('SIGTERM', () => process.stdout.write(String(longest), () => process.exit()));
  const look = (start) => {
    try {
      store.exec('begin immediate; rollback');
    } catch (error) {
      if (error.code !== 'SQLITE_BUSY') throw error;
      return setTimeout(look, 1, start);
    }
    longest = Math.max(longest, performance.now() - start);
    setTimeout(() => look(performance.now()), 2);
  };
  look(performance.now());
  process.stdout.write('ready ');`;

/** The longest that another process waited for the lock meanwhile. */
async function lockedBy(work) {
  const child = spawn(process.execPath, ['-e', POLL, bench.store], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((ready) => {
    child.stdout.on('data', (text) => {
      said += text;
      ready();
    });
  });
  await work();
  child.kill('SIGTERM');
  await ended;
  return Number(said.replace('ready ', ''));
}

export async function close() {
  raw?.close();
  await desk?.store.close();
  bench?.close();
}

export const subjects = [
  { name: 'import, plan of 20,000 unchanged', reach: 8, rounds: 5, floor: readByKey, figure: plan },
  { name: 'import, 20,000 new people', reach: 6, rounds: 5, floor: inserted, figure: add },
  { name: 'import, lock while adding 20,000', reach: 3, rounds: 5, floor: inserted, figure: () => lockedBy(add) },
  {
    name: 'import, lock where nothing changed',
    reach: 1,
    rounds: 5,
    floor: () => UNNOTICED_MS,
    figure: () => lockedBy(again),
  },
  // Last: it changes the rows that the others read.
  {
    name: 'import, lock while changing 20,000',
    reach: 3,
    rounds: 3,
    floor: inserted,
    figure: () => lockedBy(change),
  },
];
