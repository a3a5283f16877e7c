/**
 * How cost grows: `npm run bench -- --growth` prints one table of desks of 1,000 to 1,000,000 users; takes many minutes and 4 GB of disk. What
 * one person waits for should be the same in each column, and what reads the whole desk ten times as long. No reaches: those are
 * in subjects/growth.mjs, which measures two sizes in turns.
 */
import { BULK_LINES, bulkJob } from './bulk-job.mjs';
import { BOUNDED, each, grownDesk, LINEAR, numberOf, TIMES } from './grown-desk.mjs';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
/** People of an import, and of a bulk reset: as many on each desk. */
const PEOPLE = 1_000;
const ROUNDS = 3;
const LINES = [...BULK_LINES, "export { importDirectory } from './src/procedures/imports/import-directory.js';"];

/** `PEOPLE` new people all over the desk; `nth` makes them others. */
const file = (users, nth) => ({
  users: {
    rows: Array.from({ length: PEOPLE }, (_, i) => ({
      line: i + 2,
      values: {
        account: numberOf((i * 7919) % users),
        login: `n${nth}-${i}`,
        name: `Given${i % 997} Family${i % 9973}`,
        email: `n${nth}-${i}@bench.example`,
        phone: `+49 30 ${10_000_000 + i}`,
        role: 'user',
      },
    })),
    problems: [],
  },
});

/** Milliseconds of CPU: what else the machine does then is not counted, and neither are waits for the disk. */
async function timed(work) {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** In the order in which they are done: what adds people comes last. */
const WORKS = {
  'search, one key': async (place) => (await timed(() => each(BOUNDED['search as typed'], place))) / TIMES,
  'verification of a caller': async (place) => (await timed(() => each(BOUNDED.verify, place))) / TIMES,
  'audit verify, all entries': (place) => timed(() => LINEAR['audit verify'](place)),
  'backup of the store': (place) => timed(() => LINEAR.backup(place)),
  'doctor, all tables': (place) => timed(() => LINEAR['doctor, the tables'](place)),
  'import of 1,000 people': ({ desk, signed, sources, users }, round) =>
    timed(() => sources.importDirectory(desk, signed, file(users, round))),
  'bulk reset of 1,000 people': async (place) => {
    place.job ??= await bulkJob(place.bench, place.desk, PEOPLE * ROUNDS);
    return timed(() => place.job.some(PEOPLE));
  },
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const row = (cells) => `${cells.map((cell, at) => (at === 0 ? cell.padEnd(28) : cell.padStart(11))).join('')}\n`;

export async function growthTable() {
  const columns = [];
  for (const users of SIZES) {
    const place = await grownDesk(users, LINES);
    const column = {};
    for (const [name, work] of Object.entries(WORKS)) {
      const times = [];
      for (let round = 0; round < ROUNDS; round++) times.push(await work(place, round));
      column[name] = median(times);
    }
    columns.push(column);
    await place.close();
  }
  process.stdout.write(row(['ms of CPU', ...SIZES.map((users) => users.toLocaleString('en'))]));
  for (const name of Object.keys(WORKS))
    process.stdout.write(row([name, ...columns.map((column) => column[name].toFixed(column[name] < 100 ? 2 : 0))]));
}
