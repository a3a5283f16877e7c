/**
 * A bulk reset of 500 users a round, out of 10,000 with two factors, ten backup codes and two devices each: everything taken away, one reset,
 * one log entry, one enrolment code and two sealed messages a user, in chunks with their transactions. The floor writes the same rows
 * by set-based SQL in better-sqlite3 alone, on a copy, with texts made before: no sealing, no hashing, no tags, no re-reading.
 */
import path from 'node:path';
import Database from 'better-sqlite3';
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';

const USERS = 10_000;
const PER_ROUND = 500;
/** Users in one transaction, as src/procedures/resets/run-job.ts has it. */
const CHUNK = 50;

let bench;
let desk;
let job;
let raw;
let sample;
let copied = 0;

export const name = 'bulk reset, 500 users with notices';
export const reach = 2.5;
export const rounds = 9;

export async function prepare() {
  bench = await benchDesk(BULK_LINES);
  desk = await bench.open();
  job = await bulkJob(bench, desk, USERS);
  const target = path.join(bench.folder, 'copy.db');
  await desk.store.backup(target);
  await figure();
  sample = sampleRows();
  raw = openRaw(target);
}

export const figure = () => job.some(PER_ROUND);

/** One row of each kind as the desk wrote it, for the sizes. */
function sampleRows() {
  const file = new Database(bench.store, { readonly: true });
  const one = (sql) => file.prepare(sql).get();
  const rows = {
    reset: one('select * from resets limit 1'),
    outbox: one("select * from outbox where kind = 'mfa-reset-notice' limit 1"),
    code: one("select * from one_time_codes where purpose = 'enrol' limit 1"),
    entry: one("select body, leaf from audit_entries where kind = 'mfa.reset' limit 1"),
  };
  file.close();
  return rows;
}

function openRaw(file) {
  const database = new Database(file);
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'secure_delete = ON'])
    database.pragma(pragma);
  const insert = (table, row) => {
    const columns = Object.keys(row);
    return database.prepare(`insert into ${table} (${columns}) values (${columns.map((name) => `@${name}`)})`);
  };
  const taking = ['factors', 'backup_codes'].map((table) =>
    database.prepare(
      `update ${table} set state = 'suspended', suspended_by = (select id from resets r where r.user_id = ${table}.user_id)
       where user_id in (select value from json_each(?))`,
    ),
  );
  for (const table of ['devices', 'portal_sessions', 'one_time_codes']) {
    taking.push(database.prepare(`delete from ${table} where user_id in (select value from json_each(?))`));
  }
  const inserts = {
    reset: insert('resets', sample.reset),
    outbox: insert('outbox', sample.outbox),
    code: insert('one_time_codes', sample.code),
  };
  const entry = database.prepare('insert into audit_entries (seq, body, leaf) values (?, ?, ?)');
  const size = () => database.prepare('select max(seq) + 1 from audit_entries').pluck().get();
  const chunk = database.transaction((users, from) => {
    let seq = size();
    users.forEach((user, at) => {
      const id = String(from + at).padStart(26, '0');
      inserts.reset.run({ ...sample.reset, id: `rst_${id}`, user_id: user, job_id: null });
      inserts.code.run({ ...sample.code, id: `inv_${id}`, user_id: user });
      for (const which of ['a', 'b']) inserts.outbox.run({ ...sample.outbox, id: `msg_${which}${id}` });
      const body = sample.entry.body.replace(/"seq":\d+/, `"seq":${seq}`);
      entry.run(seq, body, sample.entry.leaf);
      seq += 1;
    });
    for (const statement of taking) statement.run(JSON.stringify(users));
  });
  return { database, chunk };
}

export function floor() {
  const start = performance.now();
  for (let n = 0; n < PER_ROUND; n += CHUNK) {
    const users = job.targets.slice(copied, copied + CHUNK);
    raw.chunk.immediate(users, copied);
    copied += CHUNK;
  }
  return performance.now() - start;
}

export async function close() {
  raw.database.close();
  await desk.store.close();
  bench.close();
}
