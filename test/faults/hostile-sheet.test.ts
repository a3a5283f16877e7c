/**
 * A sheet of 5,000 hostile lines is reset from end to end by the built command, which is killed at random moments, stopped by Ctrl-C and by
 * a freeze, and resumed (B60, M7). Rows, resets, messages, log and the file of lines that were not done equal a count that was made
 * beside them. Seed: COUNTERSIGN_TEST_SEED.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideApproval } from '../../src/procedures/resets/decide-approval.js';
import { freezeResets, thawResets } from '../../src/procedures/resets/freeze.js';
import { userRow } from '../store/rows.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { amount } from '../support/long.js';
import { signedOperator } from '../support/signed-operator.js';
import { engines } from '../support/test-desk.js';
import { seedCrowd } from './bulk-place.js';
import { type Cast, hostileSheet, type Sheet } from './hostile-sheet.js';
import { random } from './kill-at-random.js';
import { openBeside } from './open-beside.js';

const LINES = amount(5_000, 21_500);
/** Of each engine. What a kill leaves half done is tried on its own by kill-bulk-reset; here they come in the middle of a list with everything in it. */
const KILLS = amount(20, 100);
/** A run does at least one chunk of 50 before most kills. */
const HOLDING = amount(1_700, 8_000);
const logins = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(5, '0')}`);
const cast: Cast = {
  holding: logins('u', HOLDING),
  sso: logins('s', 100),
  idle: logins('i', 600),
  twins: 'twins@example.com',
};
const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_130);
const BY = { kind: 'system', id: 'test', name: 'test' } as const;

interface Row {
  readonly line: number;
  readonly outcome: string;
  readonly approval?: string;
}

const rowsOf = (stdout: string): readonly Row[] =>
  stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{"line"'))
    .map((line) => JSON.parse(line) as Row);

beforeAll(() => requireBuilt());

describe.each(engines)(`a hostile sheet on %s (seed ${seed})`, (engine) => {
  const chance = random(seed);
  const sheet: Sheet = hostileSheet(LINES, cast, chance);
  const lost = sheet.rows.filter(({ outcome }) => outcome === 'unknown' || outcome === 'ambiguous');
  const acted = sheet.rows.filter(({ outcome }) => outcome === 'reset' || outcome === 'sso-only');
  const confirm = ['--confirm', String(acted.length)];
  let built: BuiltDesk;
  let desk: Awaited<ReturnType<typeof openBeside>>;
  let token: Readonly<Record<string, string>>;
  beforeAll(async () => {
    built = await builtDesk(engine);
    token = { COUNTERSIGN_TOKEN: String((await built.must(['init', '--token', '--json']))['token']) };
    desk = await openBeside(built);
    await seedCrowd(desk, HOLDING);
    const at = desk.now();
    await desk.store.record({ kind: 'test.seeded', outcome: 'done', at, by: BY }, async (write) => {
      const person = (login: string, email = `${login}@example.com`, sign_in = 'native') =>
        userRow('acc_1', login, { email, email_key: email, sign_in });
      const twins = ['twin1', 'twin2'].map((login) => person(login, cast.twins));
      const sso = cast.sso.map((login) => person(login, undefined, 'sso'));
      for (const some of [
        cast.idle.slice(0, 300).map((login) => person(login)),
        cast.idle.slice(300).map((login) => person(login)),
        sso,
        twins,
      ])
        await write.users.insert(some);
      for (const { id: user_id } of sso) {
        const device = { id: desk.newId('dev'), user_id, digest: `d-${user_id}`, created_at: at };
        await write.factors.insertDevice(device);
      }
    });
    writeFileSync(join(built.home, 'list.csv'), sheet.bytes);
  }, 120_000);
  afterAll(async () => {
    await desk.store.close();
    built.close();
  });

  const reset = (...more: readonly string[]) => [
    'mfa',
    'reset',
    '--from',
    'list.csv',
    '--reason',
    'drill',
    '--ticket',
    'T-1',
    ...confirm,
    ...more,
    '--json',
  ];
  const resume = (id: string) => ['job', 'resume', id, '--failed', 'failed.csv', '--json'];
  /** The cells of a file of this kind, as any reader of CSV finds them. */
  const cellsIn = async (text: string): Promise<readonly (readonly string[])[]> => {
    const { parse } = await import('csv-parse/sync');
    const rows = parse(text, { delimiter: ';', relax_column_count: true }) as string[][];
    return rows.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@'])/, '').trim()));
  };
  const failedFile = () => cellsIn(readFileSync(join(built.home, 'failed.csv'), 'utf8'));
  const lostCells = () => [
    [...sheet.header],
    ...lost.map(({ cells }) => cells.map((cell) => cell.replace(/^'$/, "'").trim())),
  ];

  it('ends as counted beside it, after kills, Ctrl-C and a freeze', async () => {
    // Bytes that are not UTF-8 are refused as a whole, before anything happens.
    expect((await built.run(reset(), '', token)).code).toBe(2);
    const more = ['--encoding', 'windows-1252', '--failed', 'failed.csv'];
    const asked = await built.run(reset(...more), '', token);
    expect(asked.code, asked.stderr).toBe(4);
    // Everything waits, and every line is answered all the same.
    const waiting = new Map(rowsOf(asked.stdout).map(({ line, outcome }) => [line, outcome]));
    expect(waiting.size).toBe(LINES);
    expect([...waiting.values()].filter((outcome) => outcome === 'needs-approval')).toHaveLength(acted.length);
    const approval = rowsOf(asked.stdout).find((row) => row.approval !== undefined)?.approval ?? '';
    const second = await signedOperator(desk, 'lead', 'second');
    await decideApproval(desk, second, { id: approval, approve: true, reason: null });

    const acknowledged = new Set<number>();
    const jobId = async () => (await desk.store.read.jobs.list(1))[0]?.id;
    /**
     * Runs it until a chunk or two are done, or only started, and ends it so; tells the exit. `share`: so much of the work may be done by then;
     * where a quick machine has done more, it ends at the first chunk.
     */
    const cutOff = async (signal: 'SIGKILL' | 'SIGINT', share: number) => {
      const id = await jobId();
      const running = built.start(id === undefined ? reset(...more) : resume(id), token);
      running.say('');
      const starting = signal === 'SIGKILL' && id !== undefined && chance() < 0.2;
      await new Promise<void>((go) => {
        let seen = '';
        running.child.stdout?.on('data', (chunk: Buffer) => {
          seen = seen.slice(-20) + chunk.toString();
          if (seen.includes('"outcome":"reset"')) go();
        });
        void running.ended.then(() => go());
        if (starting) setTimeout(go, chance() * 600);
      });
      const early = starting || acknowledged.size > acted.length * share;
      setTimeout(() => running.child.kill(signal), early ? 0 : chance() * 60);
      const ended = await running.ended;
      for (const { line, outcome } of rowsOf(ended.stdout)) if (outcome === 'reset') acknowledged.add(line);
      return ended.code;
    };
    for (let kills = 0; kills < KILLS; kills += 1) {
      expect(await cutOff('SIGKILL', (0.7 * kills) / KILLS)).toBe(null);
      const rows = await desk.store.read.resets.ofJob((await jobId()) ?? '');
      const stored = new Set(rows.map((row) => row.line ?? 0));
      expect(stored.size).toBe(rows.length);
      expect([...acknowledged].filter((line) => !stored.has(line))).toEqual([]);
      // What is known from the beginning survives.
      expect(await failedFile()).toEqual(lostCells());
    }
    expect(await cutOff('SIGINT', 0)).toBe(130);
    expect(await failedFile()).toEqual(lostCells());
    const id = (await jobId()) ?? '';
    await freezeResets(desk, second, { reason: 'odd calls', until: null });
    expect((await built.run(resume(id), '', token)).code).toBe(3);
    await thawResets(desk, second);
    expect((await desk.store.read.jobs.head(id))?.state).toBe('unfinished');

    await finishes(id);
    await countedBeside(id);
  }, 300_000);

  /** The last run answers every line once; its messages may stay queued. */
  async function finishes(id: string): Promise<void> {
    const running = built.start(resume(id), token);
    running.say('');
    let lines = 0;
    running.child.stdout?.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('\n').length - 1;
      if (lines >= LINES) running.child.kill('SIGINT');
    });
    const last = await running.ended;
    expect(last.code, last.stderr).toBe(4);
    const told = rowsOf(last.stdout).map(({ line, outcome }) => [line, outcome] as const);
    expect(told.toSorted(([a], [b]) => a - b)).toEqual(sheet.rows.map(({ line, outcome }) => [line, outcome]));
  }

  async function countedBeside(id: string): Promise<void> {
    const users = acted.map(({ login }) => `usr_acc_1_${login}`).sort();
    const rows = await desk.store.read.resets.ofJob(id);
    expect(rows.map((row) => row.user_id).sort()).toEqual(users);
    const entries = await desk.store.read.audit.find({ kind: 'mfa.reset' }, -1, 100_000);
    expect(entries.map(({ body }) => (JSON.parse(body) as { user: string }).user).sort()).toEqual(users);
    expect(await desk.store.read.audit.find({ kind: 'job.ended' }, -1, 10)).toHaveLength(1);
    const mailed = await desk.store.read.outbox.list(200_000);
    expect(mailed.filter(({ kind }) => kind === 'mfa-reset-notice')).toHaveLength(users.length);
    // Each has one code that works, in one message.
    const coded = mailed.filter(({ kind }) => kind === 'enrolment-code').map(({ user_id }) => user_id ?? '');
    expect(coded.sort()).toEqual(users);
    const live = await Promise.all(
      users.map(async (id) => (await desk.store.read.factors.unusedCodesSince(id, 'enrol', 0)).map(() => id)),
    );
    expect(live.flat()).toEqual(users);
    expect((await built.run(['audit', 'verify', '--json'], '', token)).code).toBe(0);
    expect(await failedFile()).toEqual(lostCells());
    const shown = await built.run(['job', 'show', id, '--failed', '-', '--quiet'], '', token);
    expect(await cellsIn(shown.stdout)).toEqual(lostCells());
  }
});
