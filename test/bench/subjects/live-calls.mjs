/**
 * What a caller waits for the store while others work on it: beside a bulk reset, and among sixteen operators. The floor is what the
 * same calls take alone, and on top of it the wait that nobody notices: 25 ms for ninety-nine in a hundred, 100 ms for the slowest.
 * A run in which a verification is lost ends the benchmark.
 */
import Database from 'better-sqlite3';
import { AGENT_LINES, atWork, WARM_UP } from '../agents.mjs';
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';

const USERS = 5_000;
const BULK_USERS = 30_000;
const TWO = { count: 2, users: USERS, calls: 60, paceMs: 50 };
const SIXTEEN = { count: 16, users: USERS, calls: 12, paceMs: 500 };
const MOST_MS = { p99: 25, slowest: 100 };

let bench;
let desk;
let signed;
let job;
/** The latest times: the slowest call is one of the same runs. */
const latest = {};

export async function prepare() {
  bench = await benchDesk([...AGENT_LINES, ...BULK_LINES]);
  await bench.fill(USERS, false);
  desk = await bench.open();
  signed = [];
  for (let n = 0; n < SIXTEEN.count; n++) signed.push(await bench.sources.signedOperator(desk, 'lead', `agent${n}`));
  job = await bulkJob(bench, desk, BULK_USERS);
}

/** The milliseconds of every call, shortest first. Every call that was answered stands in the store. */
async function measured(order) {
  const before = verifications();
  const times = await atWork({ place: bench.place, signed }, order);
  const made = verifications() - before;
  if (made !== order.count * (order.calls + WARM_UP)) throw new Error(`${made} verifications were kept`);
  return times;
}

function verifications() {
  const raw = new Database(bench.store, { readonly: true });
  const count = raw.prepare("select count(*) from verifications where outcome = 'verified'").pluck().get();
  raw.close();
  return count;
}

const alone = async () => {
  latest.alone = await measured(TWO);
  return latest.alone;
};

const besideBulk = async () => {
  latest.besideBulk = await measured({ ...TWO, beside: runBulk });
  return latest.besideBulk;
};

/** The bulk run goes on for as long as the agents work. */
async function runBulk(times) {
  const stop = new AbortController();
  const run = job.run({ signal: stop.signal });
  await Promise.race([times, run]);
  stop.abort();
  if ((await run) === 'ended') throw new Error('the bulk run was over before the agents were');
}

const p99 = (times) => times[Math.floor(times.length * 0.99)];

export async function close() {
  await desk?.store.close();
  bench?.close();
}

export const subjects = [
  {
    name: 'live call beside bulk, p99',
    reach: 1,
    rounds: 1,
    floor: async () => MOST_MS.p99 + p99(await alone()),
    figure: async () => p99(await besideBulk()),
  },
  {
    name: 'live call beside bulk, slowest',
    reach: 1,
    rounds: 1,
    floor: async () => MOST_MS.slowest + (latest.alone ?? (await alone())).at(-1),
    figure: async () => (latest.besideBulk ?? (await besideBulk())).at(-1),
  },
  {
    name: 'live call among 16 operators, p99',
    reach: 1,
    rounds: 1,
    floor: async () => MOST_MS.p99 + p99(await measured({ ...SIXTEEN, count: 1 })),
    figure: async () => p99(await measured(SIXTEEN)),
  },
];
