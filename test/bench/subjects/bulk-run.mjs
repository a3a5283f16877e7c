/**
 * A bulk reset from its first user to its last, by the built command: that it is linear (the last quarter against the first), and
 * that neither its memory nor the write-ahead log of the store grows with it. 8,000 users; 100,000 with `--large`.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';
import { LARGE } from '../size.mjs';

const USERS = LARGE ? 100_000 : 8_000;
const MOST_MB = { log: 16, memory: 200 };
/** Says at the end how much memory the process had at most, in KB. */
const TELL_MEMORY = `data:text/javascript,import { writeSync } from 'node:fs';
  process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));`;

let run;

/** One run gives all figures. */
export async function prepare() {
  const bench = await benchDesk(BULK_LINES);
  try {
    const desk = await bench.open();
    const { order } = await bulkJob(bench, desk, USERS);
    await desk.store.close();
    run = await resumed(bench, order.job);
  } finally {
    bench.close();
  }
}

/** Interrupted once each user has a line: the notices that it would send then are the subject of mails.mjs. */
async function resumed({ executable, env, store }, job) {
  const begun = performance.now();
  const command = ['--import', TELL_MEMORY, executable, 'job', 'resume', job, '--json'];
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const told = text(child.stdio[3]);
  const reached = [];
  let done = 0;
  let log = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"line":')) continue;
    done += 1;
    if (done % (USERS / 4) === 0) reached.push(performance.now() - begun);
    if (done % 100 === 0) log = Math.max(log, statSync(`${store}-wal`).size);
    if (done === USERS) child.kill('SIGINT');
  }
  const code = await ended;
  if (code !== 0 || done !== USERS) throw new Error(`the bulk run ended with ${code} after ${done} users`);
  const quarters = reached.map((at, n) => at - (reached[n - 1] ?? 0));
  return { quarters, log: log / 2 ** 20, memory: Number(await told) / 2 ** 10 };
}

const subject = (what, reach, floor, figure) => ({
  name: `bulk run of ${USERS}: ${what}`,
  reach,
  rounds: 1,
  floor,
  figure,
});

export const subjects = [
  subject(
    'first/last quarter',
    1.25,
    () => run.quarters[0],
    () => run.quarters[3],
  ),
  {
    ...subject(
      'log',
      1,
      () => MOST_MB.log,
      () => run.log,
    ),
    unit: 'MB',
  },
  {
    ...subject(
      'memory',
      1,
      () => MOST_MB.memory,
      () => run.memory,
    ),
    unit: 'MB',
  },
];
