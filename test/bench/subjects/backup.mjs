/**
 * A backup of a working desk: at most twice what it takes at rest, and a call meanwhile waits at most 25 ms longer than alone, in ninety-nine
 * cases of a hundred. A copy that followed the writes of the calls would never end.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { AGENT_LINES, atWork } from '../agents.mjs';
import { benchDesk } from '../bench-desk.mjs';

const USERS = process.argv.includes('--large') ? 400_000 : 100_000;
const CALLS = { count: 2, users: 5_000, calls: 200, paceMs: 60 };
const MOST_MS = 25;

let bench;
let desk;
let signed;
let copies = 0;
const p99 = { alone: 0, beside: 0 };

export async function prepare() {
  bench = await benchDesk(AGENT_LINES);
  await bench.fill(USERS, true);
  desk = await bench.open();
  signed = [];
  for (let n = 0; n < CALLS.count; n++) signed.push(await bench.sources.signedOperator(desk, 'lead', `agent${n}`));
}

async function backup() {
  const file = path.join(bench.folder, `copy-${copies++}.db`);
  const begun = performance.now();
  await desk.store.backup(file);
  const took = performance.now() - begun;
  rmSync(file);
  return took;
}

const ninetyNinth = (times) => times[Math.floor(times.length * 0.99)];

/** The median of the backups that are made while the agents work. */
async function besideCalls() {
  const took = [];
  const calls = await atWork(
    { place: bench.place, signed },
    {
      ...CALLS,
      beside: async (ended) => {
        let working = true;
        void ended.finally(() => {
          working = false;
        });
        while (working) took.push(await backup());
      },
    },
  );
  p99.beside = ninetyNinth(calls);
  return took.sort((a, b) => a - b)[Math.floor(took.length / 2)];
}

export async function close() {
  await desk?.store.close();
  bench?.close();
}

export const subjects = [
  {
    name: 'backup beside calls',
    reach: 2,
    rounds: 3,
    floor: backup,
    figure: besideCalls,
  },
  {
    name: 'live call beside a backup, p99',
    reach: 1,
    rounds: 1,
    floor: async () => {
      p99.alone = ninetyNinth(await atWork({ place: bench.place, signed }, CALLS));
      return MOST_MS + p99.alone;
    },
    figure: async () => {
      await besideCalls();
      return p99.beside;
    },
  },
];
