/** Locked mode (B79, T17): nothing that a person types or carries chooses settings or names files. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/commands/catalogue.js';
import { everyCommand } from '../../src/commands/typing/completion-tree.js';
import type { Machine } from '../../src/main/machine.js';
import { runInside } from '../support/run-inside.js';

const commands = await everyCommand(CATALOGUE);
const uid = process.getuid?.() ?? 0;
let top: string;
let lock: Machine['lock'];
let token: string;

const settings = (more = '') =>
  `locked = true\ndataFolder = "../data"\nconfigFolder = "../config"\nstateFolder = "${top}/state"\n${more}`;
const lockWith = (text: string) => writeFileSync(lock.path, text, { mode: 0o644 });

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'countersign-locked-'));
  mkdirSync(join(top, 'etc'), { mode: 0o755 });
  lock = { path: join(top, 'etc/config.toml'), owner: uid };
  lockWith(settings());
  token = (JSON.parse((await run(['init', '--token', '--json'])).stdout) as { token: string }).token;
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const run = (argv: readonly string[], more: Parameters<typeof runInside>[1] = {}) =>
  runInside(argv, { ...more, machine: { lock, uid: 990, ...more.machine } });
const asAdmin = (argv: readonly string[], stdin = '') => run(argv, { stdin, env: { COUNTERSIGN_TOKEN: token } });
const refused = (why: RegExp) => ({
  exit: 7,
  stdout: expect.stringMatching(new RegExp(`"code":"config"[^]*${why.source}`)),
});

describe('locked mode (B79)', () => {
  it('takes its folders from the file of the machine alone', async () => {
    expect(existsSync(join(top, 'data/desk.db'))).toBe(true);
    expect(existsSync(join(top, 'config/master.key'))).toBe(true);
    const elsewhere = { HOME: join(top, 'h'), XDG_DATA_HOME: join(top, 'x'), XDG_CONFIG_HOME: join(top, 'y') };
    const { stdout } = await run(['whoami', '--json'], { env: { ...elsewhere, COUNTERSIGN_TOKEN: token } });
    expect(JSON.parse(stdout)).toMatchObject({ store: join(top, 'data/desk.db') });
    expect(readdirSync(top).sort()).toEqual(['config', 'data', 'etc']);
  });

  it.each([
    ['--config', ['--config', '/x.toml']],
    ['--store', ['--store', '/x.db']],
    ['--store', ['--store=postgres://x/y']],
    ['--key-file', ['--key-file', '/x.key']],
  ])('refuses %s for every command', async (flag, given) => {
    for (const { path } of commands) {
      const end = await run([...given, ...path.split(' '), 'x', 'y', '--json'], { env: { COUNTERSIGN_TOKEN: token } });
      // Wrong arguments may be refused first; nothing is done in either case.
      if (end.exit !== 2) expect(end, path).toMatchObject(refused(new RegExp(flag)));
    }
    expect(await run([...given, 'whoami', '--json'])).toMatchObject(refused(new RegExp(flag)));
    expect(await run([...given, 'doctor', '--json'])).toMatchObject(refused(new RegExp(flag)));
  });

  const CARRIED = ['CONFIG', 'STORE', 'KEY_FILE', 'KEY_COMMAND', 'NO_INPUT', 'ANYTHING'].map(
    (name) => `COUNTERSIGN_${name}`,
  );
  it.each([...CARRIED, 'PGHOST', 'PGPASSFILE'])('refuses %s', async (name) => {
    const env = { COUNTERSIGN_TOKEN: token, [name]: '/x' };
    expect(await run(['whoami', '--json'], { env })).toMatchObject(refused(new RegExp(name)));
    expect(await run(['passphrase', 'generate', '--json'], { env })).toMatchObject(refused(new RegExp(name)));
  });

  it('stays locked while the file is away behind a link', async () => {
    const path = join(top, 'etc/linked.toml');
    symlinkSync(join(top, 'unmounted.toml'), path);
    const more = { env: { COUNTERSIGN_TOKEN: token }, machine: { lock: { ...lock, path } } };
    expect(await run(['whoami', '--json'], more)).toMatchObject(refused(/linked\.toml\) cannot be read/));
    expect(await run(['--config', '/x.toml', 'whoami', '--json'], more)).toMatchObject(refused(/cannot be read/));
  });

  it('refuses a config file in a home, and doctor says so', async () => {
    const home = join(top, 'home');
    mkdirSync(join(home, '.config/countersign'), { recursive: true });
    writeFileSync(join(home, '.config/countersign/config.toml'), '[mail]\nhost = "127.0.0.1"\n');
    for (const more of [{ env: { HOME: home } }, { machine: { home: () => home } }]) {
      expect(await run(['whoami', '--json'], more)).toMatchObject(refused(/config\.toml is refused/));
      const { exit, stdout } = await run(['doctor', '--json'], more);
      expect({ exit, findings: JSON.parse(stdout).findings }).toMatchObject({
        exit: 7,
        findings: expect.arrayContaining([expect.objectContaining({ subject: 'Config file', state: 'wrong' })]),
      });
    }
  });

  it('refuses every path of every command, before it asks or does anything', async () => {
    const tried: string[] = [];
    for (const { path, options = [], arguments: wanted = [] } of commands) {
      const words = [...path.split(' '), ...wanted.filter(({ name }) => name.startsWith('<')).map(() => '/tmp/x')];
      const places = [
        ...options.filter((one) => one.path !== undefined).map(({ flags }) => [flags.split(' ')[0] ?? '', '/tmp/x']),
        ...wanted.filter((one) => one.path !== undefined).map(({ name }) => (name.startsWith('<') ? [] : ['/tmp/x'])),
      ];
      for (const place of places) {
        tried.push([path, ...place].join(' '));
        const end = await asAdmin([...words, ...place, '--json', ...(path.startsWith('portal') ? ['--as', 'a'] : [])]);
        expect(end, tried.at(-1)).toMatchObject(refused(/is refused/));
      }
    }
    expect(tried.length).toBeGreaterThan(30);
  });

  it('B91 certificate and key of the pages are named by the file of the machine alone', async () => {
    const named = join(top, 'etc/chain.pem');
    lockWith(settings(`[pages]\nurl = "https://desk.example"\ntlsCert = "${named}"\ntlsKey = "${named}"\n`));
    expect(await asAdmin(['serve', '--listen', '0.0.0.0:0', '--json'])).toMatchObject(refused(/chain\.pem/));
    lockWith(settings());
    expect(await asAdmin(['serve', '--listen', '0.0.0.0:0', '--json'])).toMatchObject({ exit: 2 });
  });

  it('every option and argument that takes a path says so', () => {
    const untold = commands.flatMap(({ path, options = [], arguments: wanted = [] }) =>
      [...options.map(({ flags, path: use }) => [flags, use]), ...wanted.map(({ name, path: use }) => [name, use])]
        .filter(
          ([text = '', use]) => /file|dir|folder|path/.test(/[<[].*[>\]]/.exec(text)?.[0] ?? '') && use === undefined,
        )
        .map(([text]) => `${path} ${text}`),
    );
    expect(untold).toEqual([]);
  });

  it('takes and gives files by standard input and output', async () => {
    const csv = 'number,name,edition\n100234,Adler,classic\n';
    expect(await asAdmin(['account', 'import', '-'], csv)).toMatchObject({ exit: 0 });
    expect(await asAdmin(['report', '--html', '-'])).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^<!doctype/),
    });
    const note = (await asAdmin(['audit', 'checkpoint'])).stdout;
    expect(await asAdmin(['audit', 'verify', '--checkpoint', '-'], note)).toMatchObject({ exit: 0 });
    const why = ['--reason', 'r', '--ticket', 't'];
    const plan = await asAdmin(['mfa', 'reset', '--from', '-', ...why, '--plan', '-'], 'account,login\n1,x\n');
    const done = await asAdmin(['mfa', 'reset', '--apply', '-', '--confirm', '0', '--failed', '-'], plan.stdout);
    expect(done).toMatchObject({ exit: 4, stdout: 'account,login\n1,x\n' });
  });

  it('makes no desks to try out', async () => {
    for (const argv of [['demo', '--no-console'], ['smoke']])
      expect(await run([...argv, '--json'])).toMatchObject(refused(/is refused/));
  });

  it('lets nobody sign in whom nothing proves, but tokens work', async () => {
    const login = ['login', '--operator', 'admin', '--password-stdin', '--json'];
    expect(await run(login, { stdin: 'x\n' })).toMatchObject(refused(/not started through sudo/));
    const portal = ['portal', 'login', '--account', '1', '--as', 'a', '--password-stdin', '--json'];
    expect(await run(portal, { stdin: 'x\n' })).toMatchObject(refused(/not started through sudo/));
    expect(await asAdmin(['whoami'])).toMatchObject({ exit: 0 });
    expect(await run(['whoami', '--json'])).toMatchObject({ exit: 3 });
    lockWith(settings('person = "uid"\n'));
    expect(await run(login, { stdin: 'x\n' })).toMatchObject({ exit: 3 });
    lockWith(settings('person = "face"\n'));
    expect(await run(login, { stdin: 'x\n' })).toMatchObject(refused(/sudo, ssh, uid/));
    lockWith(settings());
  });

  it('is no lock if somebody else could have written the file, and then nothing works', async () => {
    const safe = () => run(['whoami', '--json'], { env: { COUNTERSIGN_TOKEN: token } });
    expect(await safe()).toMatchObject({ exit: 0 });
    for (const path of [lock.path, join(top, 'etc')]) {
      chmodSync(path, 0o777);
      expect(await safe()).toMatchObject(refused(/not safe/));
      chmodSync(path, 0o755);
    }
    const owned = { lock: { ...lock, owner: uid + 1 } };
    expect(await run(['whoami', '--json'], { machine: owned })).toMatchObject(refused(/owner is not root/));
    lockWith('locked = "yes"\n');
    expect(await safe()).toMatchObject(refused(/true or false/));
    lockWith(settings());
  });

  it('without `locked = true` the file counts for nothing, and `locked` counts in no other file', async () => {
    lockWith('deskName = "x"\n');
    const home = join(top, 'other-home');
    mkdirSync(join(home, '.config/countersign'), { recursive: true });
    const store = join(top, 'own.db');
    const env = { HOME: home, COUNTERSIGN_STORE: store };
    expect(await run(['init', '--token'], { env })).toMatchObject({ exit: 0 });
    expect(existsSync(store)).toBe(true);
    writeFileSync(join(home, '.config/countersign/config.toml'), 'locked = true\n');
    expect(await run(['whoami', '--json'], { env })).toMatchObject(refused(/locked counts only in/));
    lockWith(settings());
  });
});
