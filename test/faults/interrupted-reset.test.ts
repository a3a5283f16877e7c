/** A bulk reset by the built command that is stopped by Ctrl-C, or by a full disk, and goes on (B60). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../src/desk.js';
import { decideApproval } from '../../src/procedures/resets/decide-approval.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { amount } from '../support/long.js';
import { signedOperator } from '../support/signed-operator.js';
import { type EngineName, engines } from '../support/test-desk.js';
import { seedCrowd } from './bulk-place.js';
import { openBeside } from './open-beside.js';

// Ten chunks: Ctrl-C strikes after the first, and the full disk stops one in the middle.
const USERS = amount(500, 1_500);
const COMMAND = [
  'mfa',
  'reset',
  '--account',
  '1',
  '--all',
  '--reason',
  'drill',
  '--ticket',
  'T-1',
  '--confirm',
  String(USERS),
];

interface Row {
  readonly line: number;
  readonly outcome: string;
}

interface Place {
  readonly built: BuiltDesk;
  readonly desk: Desk;
  readonly token: Readonly<Record<string, string>>;
}

const open: Place[] = [];
afterEach(async () => {
  for (const { built, desk } of open.splice(0)) {
    await desk.store.close();
    built.close();
  }
});

/** A desk with a crowd in it, and the reset of all of them approved. */
async function approvedCrowd(engine: EngineName): Promise<Place> {
  const built = await builtDesk(engine);
  const { token } = await built.must(['init', '--token', '--json']);
  const desk = await openBeside(built);
  const place = { built, desk, token: { COUNTERSIGN_TOKEN: String(token) } };
  open.push(place);
  await seedCrowd(desk, USERS);
  const asked = await built.run([...COMMAND, '--json'], '', place.token);
  expect(asked.code, asked.stderr).toBe(5);
  const { approval } = JSON.parse(asked.stdout.trim().split('\n').at(-1) ?? '') as { approval: { id: string } };
  const second = await signedOperator(desk, 'lead', 'second');
  await decideApproval(desk, second, { id: approval.id, approve: true, reason: null });
  return place;
}

const rowsOf = (stdout: string): readonly Row[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{"line"'))
    .map((line) => JSON.parse(line) as Row);

/** Goes on with the only job there is; every line ends once, and the store has one reset for each. */
async function resumes({ built, desk, token }: Place, acknowledged: readonly Row[]): Promise<void> {
  const [job] = await desk.store.read.jobs.list(2);
  expect(job).toMatchObject({ state: 'unfinished' });
  const stored = new Set((await desk.store.read.resets.ofJob(job?.id ?? '')).map((row) => row.line));
  expect(stored.size).toBe(job?.done);
  for (const row of acknowledged.filter(({ outcome }) => outcome === 'reset')) expect(stored.has(row.line)).toBe(true);
  const resumed = await built.run(['job', 'resume', job?.id ?? '', '--json'], '', token);
  expect(resumed.code, resumed.stderr).toBe(0);
  const rows = rowsOf(resumed.stdout);
  expect(new Set(rows.map((row) => row.line)).size).toBe(rows.length);
  expect(rows.filter((row) => row.outcome === 'reset')).toHaveLength(USERS);
  expect(await desk.store.read.resets.ofJob(job?.id ?? '')).toHaveLength(USERS);
  expect((await built.run(['audit', 'verify', '--json'], '', token)).code).toBe(0);
}

beforeAll(() => requireBuilt());

describe.each(engines)('a bulk reset on %s', (engine) => {
  it('ends with 130 on Ctrl-C, says how to go on, and goes on', async () => {
    const place = await approvedCrowd(engine);
    const running = place.built.start([...COMMAND, '--json'], place.token);
    running.say('');
    await new Promise<void>((resolve) => {
      running.child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.includes('"outcome":"reset"')) resolve();
      });
      void running.ended.then(() => resolve());
    });
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(130);
    const last = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as { error: { code: string; hint: string } };
    expect(last.error).toMatchObject({ code: 'cancelled', hint: expect.stringMatching(/countersign job resume job_/) });
    await resumes(place, rowsOf(ended.stdout));
  }, 120_000);
});

/** A small disk of its own; undefined where this user cannot make one. */
function smallDisk(megabytes: number): { path: string; remove(): void } | undefined {
  const path = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]).status === 0;
  const remove = () => {
    if (made) spawnSync('umount', [path]);
    rmSync(path, { recursive: true, force: true });
  };
  if (made) return { path, remove };
  remove();
  return undefined;
}

const MEGABYTES = 96;
const probe = smallDisk(1);
probe?.remove();

describe('a full disk', () => {
  it.skipIf(probe === undefined)(
    'stops the run in good order (exit 7), and it goes on once there is room',
    async () => {
      const disk = smallDisk(MEGABYTES);
      if (disk === undefined) throw new Error('no disk');
      const before = process.env['TMPDIR'];
      process.env['TMPDIR'] = disk.path;
      try {
        const place = await approvedCrowd('sqlite');
        const filler = join(disk.path, 'filler');
        fillUp(disk.path, filler, 1_000 * USERS);
        const stopped = await place.built.run([...COMMAND, '--json'], '', place.token);
        expect(stopped.code, stopped.stdout.slice(-500)).toBe(7);
        const last = JSON.parse(stopped.stdout.trim().split('\n').at(-1) ?? '') as {
          error: { code: string; hint: string };
        };
        expect(last.error).toMatchObject({ code: 'store-unreachable', hint: expect.stringMatching(/job resume/) });
        rmSync(filler);
        await resumes(place, rowsOf(stopped.stdout));
      } finally {
        for (const { built, desk } of open.splice(0)) {
          await desk.store.close();
          built.close();
        }
        if (before === undefined) delete process.env['TMPDIR'];
        else process.env['TMPDIR'] = before;
        disk.remove();
      }
    },
    120_000,
  );
});

/** Leaves about so many bytes on the disk. */
function fillUp(disk: string, file: string, left: number): void {
  const { stdout } = spawnSync('df', ['--output=avail', '-B1', disk], { encoding: 'utf8' });
  const free = Number(stdout.trim().split('\n').at(-1));
  writeFileSync(file, Buffer.alloc(Math.max(0, free - left)));
}
