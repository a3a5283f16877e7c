/**
 * What a caller waits for the store while others work on it: beside a bulk reset, and among sixteen operators. The floor is the wait
 * that the design allows. A run in which a verification is lost ends the benchmark.
 */
import Database from 'better-sqlite3';
import { AGENT_LINES, atWork } from '../agents.mjs';
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';

const USERS = 5_000;
const BULK_USERS = 10_000;
const BESIDE_BULK = { count: 2, users: USERS, calls: 60, paceMs: 50 };
const SIXTEEN = { count: 16, users: USERS, calls: 12, paceMs: 500 };

let bench;
let desk;
let slowest;

async function prepare() {
  bench = await benchDesk([...AGENT_LINES, ...BULK_LINES]);
  await bench.fill(USERS, false);
}

async function prepareBulk() {
  await prepare();
  desk = await bench.open();
  job = await bulkJob(bench, desk, BULK_USERS);
}

let job;

/** The bulk run goes on for as long as the agents work. */
async function besideBulk() {
  const stop = new AbortController();
  const beside = async (times) => {
    const run = job.run({ signal: stop.signal });
    await Promise.race([times, run]);
    stop.abort();
    if ((await run) === 'ended') throw new Error('the bulk run was over before the agents were');
  };
  const times = await counted({ ...BESIDE_BULK, beside });
  slowest = times.at(-1);
  return percentile(times, 0.99);
}

/** Every call that was answered stands in the store. */
async function counted(order) {
  const before = verifications();
  const times = await atWork(bench, order);
  const made = verifications() - before;
  if (made !== order.count * (order.calls + 1)) throw new Error(`${made} verifications were kept`);
  return times;
}

function verifications() {
  const raw = new Database(bench.store, { readonly: true });
  const count = raw.prepare("select count(*) from verifications where outcome = 'verified'").pluck().get();
  raw.close();
  return count;
}

const percentile = (times, share) => times[Math.floor(times.length * share)];

async function close() {
  await desk?.store.close();
  desk = undefined;
  bench?.close();
}

export const subjects = [
  {
    name: 'live call beside bulk, p99',
    reach: 1,
    rounds: 1,
    prepare: prepareBulk,
    floor: () => 25,
    figure: besideBulk,
  },
  { name: 'live call beside bulk, slowest', reach: 1, rounds: 1, floor: () => 100, figure: () => slowest, close },
  {
    name: 'live call among 16 operators, p99',
    reach: 1,
    rounds: 1,
    prepare,
    floor: () => 25,
    figure: async () => percentile(await counted(SIXTEEN), 0.99),
    close,
  },
];
