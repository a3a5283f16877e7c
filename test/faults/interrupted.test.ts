/** Ctrl-C, SIGTERM and SIGHUP in the middle of long commands: exit 130, one word on what was done, and the same command goes on. */
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltDesk, builtDesk, type Running, requireBuilt } from '../support/built-desk.js';

let built: BuiltDesk;
beforeAll(() => requireBuilt());
afterEach(() => built.close());

/** Ends it at its first output on this stream that says so. */
function endAt({ child }: Running, stream: 'stdout' | 'stderr', said: string, signal: NodeJS.Signals): void {
  const look = (chunk: Buffer) => {
    if (!chunk.includes(said)) return;
    child[stream]?.off('data', look);
    child.kill(signal);
  };
  child[stream]?.on('data', look);
}

const documents = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('what is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'a demo that is being made, by %s',
    async (signal) => {
      built = await builtDesk('sqlite');
      const running = built.start(['demo', '--no-console', '--json']);
      endAt(running, 'stderr', 'Making a desk', signal);
      const { code, stdout } = await running.ended;
      expect(documents(stdout)).toEqual([
        { error: { code: 'cancelled', message: 'interrupted; the throw-away desk is not complete' } },
      ]);
      expect(code).toBe(130);
    },
    60_000,
  );

  it('a smoke test: it is not a failure of the program', async () => {
    built = await builtDesk('sqlite');
    const TMPDIR = join(built.home, 'temporary');
    mkdirSync(TMPDIR);
    const running = built.start(['smoke', '--json'], { TMPDIR });
    // A second signal would end the process at once.
    const watcher = watch(TMPDIR, () => {
      watcher.close();
      running.child.kill('SIGINT');
    });
    const { code, stdout } = await running.ended;
    expect(documents(stdout)).toMatchObject([{ error: { code: 'cancelled' } }]);
    expect(code).toBe(130);
  }, 60_000);

  it('invitations: who was invited is listed, nobody is counted as refused, and run again the others are', async () => {
    built = await builtDesk('sqlite');
    const token = { COUNTERSIGN_TOKEN: String((await built.must(['init', '--token', '--json']))['token']) };
    const people = Array.from({ length: 48 }, (_, n) => `1,u${n},Person ${n},u${n}@mail.example,5550${100 + n},user`);
    writeFileSync(join(built.home, 'users.csv'), `account,login,name,email,phone,role\n${people.join('\n')}\n`);
    await built.must(['account', 'add', 'Northwind', '--number', '1', '--edition', 'x-series', '--json'], '', token);
    await built.must(['user', 'import', 'users.csv', '--json'], '', token);
    const command = ['user', 'invite', '--account', '1', '--all', '--json', '--confirm'];
    const running = built.start([...command, '48'], token);
    endAt(running, 'stdout', '"outcome":"invited"', 'SIGINT');
    const { code, stdout } = await running.ended;
    const rows = documents(stdout);
    const { error } = rows.pop();
    expect(code).toBe(130);
    expect(rows.length).toBeLessThan(48);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['invited']));
    expect(error).toMatchObject({ code: 'cancelled', message: expect.stringContaining(`${rows.length} of 48`) });
    const left = 48 - rows.length;
    const again = await built.run([...command, String(left)], '', token);
    expect(again.code, again.stderr).toBe(0);
    expect(documents(again.stdout).at(-1)).toEqual({ counts: { invited: left, idle: rows.length, failed: 0 } });
  }, 120_000);
});
