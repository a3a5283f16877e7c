/** What an option may write over, and where (B79, S19): no place of the desk, no file of others, and nothing through a link. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceCode } from '../factors/reference.js';
import { type ConsoleDesk, consoleDesk } from '../support/console-desk.js';
import { runInside } from '../support/run-inside.js';
import { signedOperator } from '../support/signed-operator.js';
import { startedOperator } from '../support/started-operator.js';

let made: ConsoleDesk;
let out: string;
beforeAll(async () => {
  made = await consoleDesk('admin');
  out = mkdtempSync(join(tmpdir(), 'countersign-out-'));
  mkdirSync(join(made.folder, 'state/countersign'), { recursive: true });
  await signIn();
});
afterAll(async () => {
  rmSync(out, { recursive: true, force: true });
  await made.close();
});

const LIST = 'account,login\n100234,nobody\n';
const writers: readonly (readonly [string, (path: string) => readonly string[], string])[] = [
  ['report --html', (path) => ['report', '--html', path], ''],
  [
    'mfa reset --plan',
    (path) => ['mfa', 'reset', '--from', '-', '--reason', 'r', '--ticket', 't', '--plan', path],
    LIST,
  ],
  [
    'mfa reset --failed',
    (path) => ['mfa', 'reset', '--from', '-', '--reason', 'r', '--ticket', 't', '--confirm', '0', '--failed', path],
    LIST,
  ],
];
const news: typeof writers = [
  ['store backup', (path) => ['store', 'backup', path], ''],
  ['key backup', (path) => ['key', 'backup', path, '--passphrase-stdin'], 'seven herons on one lantern tonight\n'],
];
/** A copy of the key is for a person, not for a token (B80). */
async function signIn(): Promise<void> {
  const password = 'seven quiet herons before dawn';
  const by = await signedOperator(made.desk, 'admin', 'root');
  const { seed } = await startedOperator(made.desk, by, { name: 'olga', role: 'admin', password });
  const code = referenceCode(seed, Date.now() / 1000);
  const done = await run(['login', '--operator', 'olga', '--password-stdin', '--code', code], `${password}\n`);
  expect(done).toMatchObject({ exit: 0 });
}

const run = (argv: readonly string[], stdin: string) =>
  runInside(argv, { env: { ...made.env, COUNTERSIGN_TOKEN: '' }, stdin });

describe.each([...writers, ...news])('%s', (name, argv, stdin) => {
  const file = (title: string) => join(out, `${name.replace(/\W+/g, '-')}-${title}`);

  it('writes a new file, and an earlier one of its own kind again if it may replace', async () => {
    const path = file('new');
    expect(await run(argv(path), stdin)).toMatchObject({ exit: name.includes('failed') ? 4 : 0 });
    const first = readFileSync(path);
    const again = await run(argv(path), stdin);
    if (news.some(([other]) => other === name)) expect(again.stderr).toMatch(/already exists/);
    else expect(again.stderr).not.toMatch(/not replaced/);
    expect(readFileSync(path).length).toBe(first.length);
  });

  it('leaves files of others alone', async () => {
    for (const text of ['{"a":1}\n', '<!doctype html>\n<p>Mine</p>\n', 'account,login\n100234,ana\n']) {
      writeFileSync(file('other'), text);
      chmodSync(file('other'), 0o644);
      expect(await run(argv(file('other')), stdin)).toMatchObject({ exit: 2 });
      expect(readFileSync(file('other'), 'utf8')).toBe(text);
    }
    expect(await run(argv('/dev/null'), stdin)).toMatchObject({ exit: 2 });
    expect(await run(argv(out), stdin)).toMatchObject({ exit: 2 });
  });

  it('writes nothing into the folders of the desk, nor over its key and store, also through links', async () => {
    const { folder } = made;
    const link = file('link');
    const inside = file('folder-link');
    symlinkSync(join(folder, 'master.key'), link);
    symlinkSync(join(folder, 'state'), inside);
    const key = readFileSync(join(folder, 'master.key'));
    for (const path of [
      join(folder, 'master.key'),
      join(folder, 'master.key.anchor'),
      join(folder, 'desk.db'),
      join(folder, 'desk.db-journal'),
      join(folder, 'state/countersign/x'),
      join(folder, 'config/countersign/config.toml'),
      join(folder, 'data/countersign/deep/x'),
      join(folder, 'config/../state/countersign/x'),
      join(inside, 'countersign/x'),
      link,
    ]) {
      expect(await run(argv(path), stdin), path).toMatchObject({ exit: 2, stdout: '' });
    }
    expect(readFileSync(join(folder, 'master.key'))).toEqual(key);
    expect(existsSync(join(folder, 'state/countersign/x'))).toBe(false);
    expect(existsSync(join(folder, 'desk.db-journal'))).toBe(false);
    rmSync(link);
    rmSync(inside);
  });
});

describe('standard output in place of a file', () => {
  it('has the page, the plan or the lines alone', async () => {
    expect((await run(['report', '--html', '-'], '')).stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    const plan = await run(writers[1]?.[1]('-') ?? [], LIST);
    expect(JSON.parse(plan.stdout)).toMatchObject({ plan: { kind: 'mfa-reset-plan' } });
    expect(plan.stderr).toMatch(/--apply -/);
    const applied = await run(['mfa', 'reset', '--apply', '-', '--confirm', '0', '--failed', '-'], plan.stdout);
    expect(applied).toMatchObject({ exit: 4, stdout: LIST });
    expect((await run(writers[2]?.[1]('-') ?? [], LIST)).stdout).toBe(LIST);
    const key = await run(news[1]?.[1]('-') ?? [], 'seven herons on one lantern tonight\n');
    expect(key).toMatchObject({ exit: 0, stdout: expect.stringMatching(/\S/) });
  });

  it.each([
    [['report', '--html', '-', '--json'], /--html - and --json/],
    [
      ['mfa', 'reset', '--from', '-', '--plan', '-', '--failed', '-', '--reason', 'r', '--ticket', 't'],
      /--plan cannot be used together with --failed/,
    ],
    [['mfa', 'reset', '--from', '-', '--apply', '-'], /--apply cannot be used together with --from/],
    [['user', 'import', '-', '--accounts', '-'], /standard input/],
    [['key', 'restore', '-', '--passphrase-stdin'], /standard input/],
    [['store', 'backup', '-'], /cannot be -/],
    [['portal', 'login', '--account', '1', '--as', 'a', '--device', '-'], /cannot be -/],
  ])('one stream has one use: %j', async (argv, why) => {
    const { exit, stdout, stderr } = await run(argv, LIST);
    expect({ exit, said: stdout + stderr }).toEqual({ exit: 2, said: expect.stringMatching(why) });
  });
});

it('demo makes no desk in the folders of another desk', async () => {
  const dir = join(made.folder, 'data/countersign/demo');
  expect(await run(['demo', '--no-console', '--dir', dir], '')).toMatchObject({ exit: 2 });
  expect(existsSync(dir)).toBe(false);
});
