/** A list of 100,000 lines is reset in a small heap: what is kept of each line is little (B51, B60). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';

const LINES = 100_000;

describe('a list of 100,000 lines', () => {
  let built: BuiltDesk;
  let token: Readonly<Record<string, string>>;
  beforeAll(async () => {
    requireBuilt();
    built = await builtDesk('sqlite');
    token = { COUNTERSIGN_TOKEN: String((await built.must(['init', '--token', '--json']))['token']) };
    await built.must(['account', 'add', 'Northwind', '--number', '1', '--edition', 'x-series'], '', token);
    for (const login of ['ana', 'ben']) {
      const person = ['--name', login, '--email', `${login}@mail.example`, '--phone', '5550100', '--role', 'user'];
      await built.must(['user', 'add', login, '--account', '1', ...person], '', token);
    }
    const others = Array.from({ length: LINES - 2 }, (_, n) => `1,nobody${n},remark ${n}\n`);
    writeFileSync(join(built.home, 'list.csv'), `account,login,note\n1,ana,x\n${others.join('')}1,ben,x\n`);
  }, 120_000);
  afterAll(() => built.close());

  const reset = (heapMegabytes: number) =>
    built.run(
      ['mfa', 'reset', '--from', 'list.csv', '--reason', 'drill', '--ticket', 'T-1', '--confirm', '0', '--json'],
      '',
      { ...token, NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` },
    );

  it('ends in a heap of 96 MB, with one row for each line', async () => {
    const { code, stdout, stderr } = await reset(96);
    expect(code, stderr.slice(-500)).toBe(4);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; outcome: string });
    expect(rows).toHaveLength(LINES);
    expect(new Set(rows.map(({ line }) => line)).size).toBe(LINES);
    expect(rows.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(LINES - 2);
  }, 120_000);

  it('teeth: the heap is really limited: in 24 MB the same run dies', async () => {
    expect((await reset(24)).stderr).toContain('heap out of memory');
  }, 120_000);
});
