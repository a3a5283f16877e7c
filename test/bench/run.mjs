/**
 * Runs the benchmarks: `npm run bench`, or `npm run bench -- start-up` for the subjects whose names contain a word;
 * `--rounds N` sets the rounds, `--large` takes the sizes of the design (many minutes), `--peers` compares with others (peers.mjs),
 * `--growth` prints how cost grows with the desk instead (growth-table.mjs).
 * Prints a table: subject, floor, figure, ratio, reach, ok or over.
 *
 * A file in subjects/ exports either one subject, by its members, or `subjects`, a list of them, with a `prepare` and `close` of its own
 * for what they share. A subject is
 *   { name, reach, floor, figure, rounds?, unit?, prepare?, close? }
 * `floor` and `figure` do the same work once, the cheapest way there is and ours, and may be async; each returns
 * nothing (then the run is timed here) or its own milliseconds (or what `unit` names). `reach` is the highest ratio figure / floor that
 * counts as good, `prepare` and `close` make and remove what both need and are not timed.
 *
 * Only the ratio means anything: machines differ and are noisy. So floor and figure take turns, the ratio is taken pair
 * by pair, and the median of the pairs counts. Ends with 1 where a reach was missed.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { growthTable } from './growth-table.mjs';
import { closePeers, peers, Skip } from './peers.mjs';

const ROUNDS = 21;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function once(work) {
  const start = performance.now();
  const own = await work();
  return typeof own === 'number' ? own : performance.now() - start;
}

/** Interleaved, the one that goes first changing each round; one pair to warm up does not count. */
async function measure({ floor, figure, rounds = ROUNDS }) {
  const pairs = [];
  for (let round = -1; round < rounds; round++) {
    const order = round % 2 === 0 ? [floor, figure] : [figure, floor];
    const times = new Map();
    for (const work of order) times.set(work, await once(work));
    if (round >= 0) pairs.push({ floor: times.get(floor), figure: times.get(figure) });
  }
  return {
    floor: median(pairs.map((pair) => pair.floor)),
    figure: median(pairs.map((pair) => pair.figure)),
    ratio: median(pairs.map((pair) => pair.figure / pair.floor)),
  };
}

async function readSubjects() {
  const folder = path.join(import.meta.dirname, 'subjects');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .sort();
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(path.join(folder, file)).href)));
  return modules.flatMap((module) => module.subjects?.map((subject) => ({ of: module, ...subject })) ?? [module]);
}

const COLUMNS = [38, 12, 12, 7, 7, 6];
const row = (cells) =>
  `${cells.map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[i]) : cell.padStart(COLUMNS[i]))).join(' ')}\n`;
const inUnit = (value, unit = 'ms') => `${value < 10 ? value.toFixed(3) : value.toFixed(1)} ${unit}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    large: { type: 'boolean' },
    peers: { type: 'boolean' },
    growth: { type: 'boolean' },
  },
});
async function compare() {
  const subjects = values.peers === true ? peers : await readSubjects();
  const chosen = subjects.filter(({ name }) => positionals.every((word) => name.includes(word)));

  process.stdout.write(row(['subject', 'floor', 'figure', 'ratio', 'reach', '']));
  for (const [at, subject] of chosen.entries()) {
    try {
      if (subject.of !== chosen[at - 1]?.of) await subject.of?.prepare?.();
      await subject.prepare?.();
      const rounds = values.rounds === undefined ? subject.rounds : Number(values.rounds);
      const { floor, figure, ratio } = await measure({ ...subject, rounds });
      const good = ratio <= subject.reach;
      if (!good) process.exitCode = 1;
      process.stdout.write(
        row([
          subject.name,
          inUnit(floor, subject.unit),
          inUnit(figure, subject.unit),
          ratio.toFixed(2),
          subject.reach.toFixed(2),
          good ? 'ok' : 'over',
        ]),
      );
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
      process.stdout.write(`${subject.name}: skipped, ${error.message}\n`);
    } finally {
      await subject.close?.();
      if (subject.of !== chosen[at + 1]?.of) await subject.of?.close?.();
    }
  }
  await closePeers();
}

await (values.growth === true ? growthTable() : compare());
