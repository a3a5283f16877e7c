/**
 * A verification with its two transactions, and a bulk reset with notices, on PostgreSQL that flushes at every commit. The floor of the first says
 * the same statements in the same order over one connection, of other callers; that of the second writes the same rows by set-based SQL, a few
 * statements for each 50 people, with texts made before. A ratio of 2 is half of what the server gives to the plainest client.
 */
import { BULK_LINES, bulkJob, goingOn } from '../bulk-job.mjs';
import { fillWithCallers, heardDuring, postgresDesk, saying } from '../postgres-desk.mjs';
import { sayingAgain } from '../say-again.mjs';
import { STEP, VERIFY_LINES, verificationsBy } from '../verifications.mjs';

const CALLERS = 5_000;
const CALLS = 20;
const PEOPLE = 10_000;
const PER_ROUND = 500;
/** Users in one transaction, as src/procedures/resets/run-job.ts has it. */
const CHUNK = 50;

let place;
let desk;
let verify;
let floorOfVerify;
let job;
let sample;
let raw;
let copied = 0;

async function prepareVerify() {
  place = await postgresDesk(VERIFY_LINES);
  let signed;
  let heard;
  let heardOf;
  const copy = await place.copyAfter(async (first) => {
    await fillWithCallers(first, place.sources, CALLERS);
    signed = await place.sources.signedOperator(first, 'admin', 'root');
    const some = verificationsBy(signed, place, first, CALLERS);
    for (let n = 0; n < 3; n++) await some();
    heard = await heardDuring(async () => {
      heardOf = await some();
    });
  });
  floorOfVerify = await replaying(copy, heard, heardOf);
  desk = await place.open();
  verify = verificationsBy(signed, place, desk, CALLERS);
}

async function replaying(copy, heard, heardOf) {
  const { rows } = await copy.query('select size from audit_head');
  const again = sayingAgain(heard, heardOf, Number(rows[0].size));
  const say = saying(copy);
  let caller = heardOf;
  return async () => {
    caller = (caller + STEP) % CALLERS;
    const values = again(caller);
    for (const [at, { text }] of heard.entries()) await say(text, values[at]);
  };
}

async function times(count, work) {
  for (let n = 0; n < count; n++) await work();
}

async function prepareBulk() {
  await close();
  place = await postgresDesk(BULK_LINES);
  raw = await place.copyAfter(async (first) => {
    job = await bulkJob(place, first, PEOPLE);
    await job.some(PER_ROUND);
  });
  copied = PER_ROUND;
  sample = await sampleRows(raw);
  desk = await place.open();
  job = { targets: job.targets, ...goingOn(place, desk, job.order) };
}

export async function close() {
  await desk?.store.close();
  await place?.close();
}

/** One row of each kind as the desk wrote it, for the sizes. */
async function sampleRows(copy) {
  const one = async (text) => (await copy.query(text)).rows[0];
  return {
    resets: await one('select * from resets limit 1'),
    outbox: await one("select * from outbox where kind = 'mfa-reset-notice' limit 1"),
    one_time_codes: await one("select * from one_time_codes where purpose = 'enrol' limit 1"),
    audit_entries: await one("select body, leaf from audit_entries where kind = 'mfa.reset' limit 1"),
  };
}

const inserting = (table, columns = '*') =>
  `insert into ${table}${columns === '*' ? '' : ` (${columns})`} select ${columns} from jsonb_populate_recordset(null::${table}, $1::jsonb)`;

async function writeChunk(say, users, from) {
  const ids = users.map((_, at) => String(from + at).padStart(26, '0'));
  const rows = (table, more) => JSON.stringify(users.map((user, at) => ({ ...sample[table], ...more(user, ids[at]) })));
  await say('begin isolation level repeatable read');
  await say('lock table audit_head in exclusive mode');
  await say(inserting('resets'), [rows('resets', (user, id) => ({ id: `rst_${id}`, user_id: user, job_id: null }))]);
  await say(inserting('one_time_codes'), [rows('one_time_codes', (user, id) => ({ id: `inv_${id}`, user_id: user }))]);
  for (const which of ['a', 'b'])
    await say(inserting('outbox'), [rows('outbox', (_user, id) => ({ id: `msg_${which}${id}` }))]);
  const leaf = `\\x${sample.audit_entries.leaf.toString('hex')}`;
  const entries = users.map((_, at) => ({ seq: 1_000_000 + from + at, body: sample.audit_entries.body, leaf }));
  await say(inserting('audit_entries', 'seq, body, leaf'), [JSON.stringify(entries)]);
  for (const table of ['factors', 'backup_codes'])
    await say(
      `update ${table} t set state = 'suspended', suspended_by = r.id from resets r where r.user_id = t.user_id and t.user_id = any($1)`,
      [users],
    );
  await say('delete from devices where user_id = any($1)', [users]);
  await say('commit');
}

async function floorOfBulk() {
  const say = saying(raw);
  const start = performance.now();
  for (let n = 0; n < PER_ROUND; n += CHUNK) {
    await writeChunk(say, job.targets.slice(copied, copied + CHUNK), copied);
    copied += CHUNK;
  }
  return performance.now() - start;
}

export const subjects = [
  {
    name: 'PostgreSQL: verify, both transactions',
    reach: 2,
    rounds: 11,
    prepare: prepareVerify,
    floor: () => times(CALLS, floorOfVerify),
    figure: () => times(CALLS, verify),
  },
  {
    name: 'PostgreSQL: bulk, 500 users with notices',
    reach: 2,
    rounds: 9,
    prepare: prepareBulk,
    floor: floorOfBulk,
    figure: () => job.some(PER_ROUND),
  },
];
