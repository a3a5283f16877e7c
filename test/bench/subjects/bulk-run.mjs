/**
 * A bulk reset from its first user to its last, in a process of its own: that it is linear (the last quarter against the first), and
 * that neither its memory nor the write-ahead log of the store grows with it. 8,000 users; 100,000 with `--large`.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';
import { LARGE } from '../size.mjs';

const self = fileURLToPath(import.meta.url);
const USERS = LARGE ? 100_000 : 8_000;
const MOST_MB = { log: 16, memory: 200 };

let run;

/** One run gives all figures. */
export async function prepare() {
  const bench = await benchDesk(BULK_LINES);
  try {
    const desk = await bench.open();
    const { order } = await bulkJob(bench, desk, USERS);
    await desk.store.close();
    run = await inItsOwnProcess({ ...bench.place, ...order });
  } finally {
    bench.close();
  }
}

function inItsOwnProcess(order) {
  const child = spawn(process.execPath, [self, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  return new Promise((resolve, reject) =>
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`the bulk run ended with ${code}`)),
    ),
  );
}

async function work({ sources: file, settings, dataFolder, lead, job }) {
  const { openCustody, openDesk, openJob, runJob } = await import(pathToFileURL(file).href);
  const desk = await openDesk(openCustody({ settings, dataFolder, now: Date.now }));
  const opened = await openJob(desk, job);
  const quarter = Math.floor(opened.targets.length / 4);
  const reached = [];
  let done = 0;
  let log = 0;
  const begun = performance.now();
  const told = async (rows) => {
    log = Math.max(log, statSync(`${settings.store}-wal`).size);
    done += rows.length;
    while (done >= quarter * (reached.length + 1)) reached.push(performance.now() - begun);
  };
  await runJob(desk, lead, opened, { told, signal: new AbortController().signal });
  await desk.store.close();
  const quarters = reached.map((at, n) => at - (reached[n - 1] ?? 0));
  const { maxRSS } = process.resourceUsage();
  process.stdout.write(JSON.stringify({ quarters, log: log / 2 ** 20, memory: maxRSS / 2 ** 10 }));
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

if (process.argv[1] === self) await work(JSON.parse(process.argv[2]));
