/** What happens at the edges of a process: output that is not taken, input without an end, files beside a target, a key command that hangs. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openFiles } from '../../src/main/files.js';
import { runKeyCommand } from '../../src/opening/master-key.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { childScript } from '../support/child-script.js';
import { repositoryRoot } from '../support/test-desk.js';

const executable = join(repositoryRoot, 'bin', 'countersign.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-edges-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!existsSync('/dev/full'))('B88 standard output that takes no more', () => {
  let desk: BuiltDesk;
  let token = '';
  beforeAll(async () => {
    requireBuilt();
    desk = await builtDesk('sqlite');
  }, 300_000);
  afterAll(() => desk.close());

  /** Runs it in a shell with this redirection, and at most so many bytes in a file. */
  const shell = (line: string): Promise<{ code: number | null; stderr: string }> => {
    const env = {
      PATH: process.env['PATH'],
      HOME: desk.home,
      XDG_CONFIG_HOME: join(desk.home, 'config'),
      XDG_DATA_HOME: join(desk.home, 'data'),
      XDG_STATE_HOME: join(desk.home, 'state'),
      COUNTERSIGN_STORE: desk.store,
      COUNTERSIGN_TOKEN: token,
    };
    const child = spawn('/bin/sh', ['-c', line], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    return new Promise((ended) => void child.on('close', (code) => ended({ code, stderr })));
  };
  const run = `exec '${process.execPath}' '${executable}'`;
  const inWords = expect.stringMatching(/^countersign: standard output takes no more \(E[A-Z]+\)(?![\s\S]*\n {4}at )/);

  it('A13 init leaves no desk whose only token nobody has read', async () => {
    expect((await shell(`${run} init --token >/dev/full`)).stderr).toMatch(/no desk was made/);
    expect((await shell(`${run} init --token --json >/dev/full`)).code).toBe(7);
    expect((await shell(`${run} init --quiet --password-stdin`)).code).toBe(2);
    const { code, stdout } = await desk.run(['init', '--token', '--quiet']);
    expect(code).toBe(0);
    token = stdout.trim();
    expect((await desk.run(['account', 'list'], '', { COUNTERSIGN_TOKEN: token })).code).toBe(0);
  });

  it('S29 is said, with exit 7 and no stack, also with --json, by help, and where stderr is full too', async () => {
    for (const args of ['policy show', 'policy show --json', '--version', '--help', 'help exit-codes', 'whoami --json'])
      expect(await shell(`${run} ${args} >/dev/full`), args).toEqual({ code: 7, stderr: inWords });
    expect(await shell(`${run} policy show >/dev/full 2>/dev/full`)).toEqual({ code: 7, stderr: '' });
  });

  it('T26 a file that is cut is not called done', async () => {
    const file = join(folder, 'cut');
    const limited = (args: string) => shell(`trap '' XFSZ; ulimit -f 2; ${run} ${args} >'${file}'`);
    expect(await limited('help operating')).toEqual({ code: 7, stderr: inWords });
    expect(statSync(file).size, 'teeth: a part was written').toBeGreaterThan(0);
    expect((await limited('--version')).code).toBe(0);
  });

  it.each(['audit list --follow --json', 'audit list --follow', 'approval list --watch --json'])(
    '%s ends when nobody reads it, and quietly',
    async (line) => {
      const following = desk.start(line.split(' '), { COUNTERSIGN_TOKEN: token });
      following.child.stdout?.destroy();
      expect(await following.ended).toMatchObject({ code: 0, stderr: '' });
    },
    60_000,
  );

  it('a reader who goes later is noticed at the next line', async () => {
    const env = { COUNTERSIGN_TOKEN: token };
    const following = desk.start(['audit', 'list', '--follow', '--json', '--kind', 'account'], env);
    const add = (number: string) =>
      desk.must(['account', 'add', `A${number}`, '--number', number, '--edition', 'classic'], '', env);
    await add('1');
    await new Promise((read) => following.child.stdout?.once('data', read));
    following.child.stdout?.destroy();
    await add('2');
    expect(await following.ended).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  it('S28 a secret without an end is refused when it is too long', async () => {
    const endless = openSync('/dev/zero', 'r');
    const args = [executable, 'passphrase', 'check', '--passphrase-stdin'];
    const child = spawn(process.execPath, args, { stdio: [endless, 'ignore', 'pipe'], env: { HOME: desk.home } });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((ended) => void child.on('close', ended));
    closeSync(endless);
    expect([code, stderr]).toEqual([2, expect.stringContaining('standard input is too long')]);
  }, 30_000);
});

describe('a pipe', () => {
  const SCRIPT = `
    import { outStream } from './src/main/streams.js';
    const out = outStream(1, () => process.stdout);
    process.on('SIGINT', () => process.stderr.write('heard'));
    let n = 0;
    const said = async () => {
      for (; n < 20000; n += 1) await out.write('line ' + n + ' of a long answer, which no pipe holds at once\\n');
    };
    let before = -1;
    const look = setInterval(() => {
      if (n === before) process.stderr.write('pid ' + process.pid + ' waits');
      if (n === before || n === 20000) clearInterval(look);
      before = n;
    }, 100);
    said();
  `;

  it.each(['socket', 'pipe'])(
    '(%s) whose reader is slow holds up nothing else, and gets every line in order',
    async (kind) => {
      const script = await childScript(SCRIPT);
      onTestFinished(() => script.remove());
      // The reader of a pipe waits for a word; of a socket we are the reader.
      const run = `exec '${process.execPath}' '${script.file}'`;
      const line = kind === 'pipe' ? `(${run}) | (read word <&3; exec cat)` : run;
      const child = spawn('/bin/sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
      const ended = new Promise((resolve) => child.on('close', resolve));
      let told = '';
      child.stderr?.on('data', (piece: Buffer) => {
        told += piece.toString();
      });
      const hears = async (what: RegExp) => {
        while (!what.test(told)) await new Promise((more) => child.stderr?.once('data', more));
        return what.exec(told)?.[1] ?? '';
      };
      const pid = Number(await hears(/pid (\d+) waits/));
      process.kill(pid, 'SIGINT');
      await hears(/heard/);
      if (kind === 'pipe') (child.stdio[3] as Writable).end('go\n');
      const lines = (await text(child.stdout as Readable)).trimEnd().split('\n');
      expect(await ended).toBe(0);
      expect(lines).toEqual(
        Array.from({ length: 20_000 }, (_, n) => `line ${n} of a long answer, which no pipe holds at once`),
      );
    },
  );
});

describe('files', () => {
  const own = { lockedBy: async () => undefined, own: async () => ({ folders: [], files: [] }) };
  const open = (stdin = Readable.from([])) => openFiles(() => stdin, new AbortController().signal, own);
  const KIND = { what: 'a note', begins: /^note/ };

  it('S41 what lies beside the target under a name that can be guessed is not followed', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(folder, `.note.${process.pid}.part`));
    await open().write(join(folder, 'note'), 'note 1', KIND);
    expect(readFileSync(join(folder, 'note'), 'utf8')).toBe('note 1');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(statSync(join(folder, 'note')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a mark', '\ufeffsecret 1\n'],
    ['a mark and a Windows line end', '\ufeffsecret 1\r\n'],
    ['an old line end', 'secret 1\r'],
    ['UTF-16', Buffer.from('\ufeffsecret 1\r\n', 'utf16le')],
    ['UTF-16 of the other order', Buffer.from('\ufeffsecret 1', 'utf16le').swap16()],
  ])('%s around a piped secret is no part of it', async (_what, bytes) => {
    expect(await open(Readable.from([Buffer.from(bytes)])).readSecretLine('--x-stdin')).toBe('secret 1');
  });

  it('a piped secret that is not UTF-8 is refused, and quotes belong to it', async () => {
    const pipe = (bytes: Uint8Array) => open(Readable.from([bytes])).readSecretLine('--x-stdin');
    await expect(pipe(Buffer.from('s\xf6cret\n', 'latin1'))).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await pipe(Buffer.from('"quoted"\n'))).toBe('"quoted"');
  });

  it('S28 input has bounds: a secret of 64 KB, other texts as the command says; what is shorter is read', async () => {
    const zeros = (size: number) => Readable.from([Buffer.alloc(size, 'a')]);
    await expect(open(zeros(70_000)).readSecretLine('--x-stdin')).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(open(zeros(2_000)).readText('-', 1_000)).rejects.toMatchObject({ code: 'invalid-input' });
    expect((await open(zeros(2_000)).readText('-', 2_000)).length).toBe(2_000);
    const file = join(folder, 'long');
    writeFileSync(file, 'a'.repeat(3_000));
    await expect(open().readText(file, 2_999)).rejects.toMatchObject({ message: expect.stringContaining(file) });
    expect((await open().readText(file, 3_000)).length).toBe(3_000);
  });
});

describe('a key command', () => {
  it('A13 is stopped after its limit with all that it started, and this is said', async () => {
    const file = join(folder, 'pid');
    const late = { code: 'key-missing', message: expect.stringContaining('did not end within 0.4 s') };
    const attempt = () => runKeyCommand(`(sleep 300 & echo $! >'${file}'; wait); echo never`, 400);
    expect(attempt).toThrow(expect.objectContaining(late));
    const pid = readFileSync(file, 'utf8').trim();
    const state = () =>
      existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] : 'gone';
    await expect.poll(state, { timeout: 10_000 }).toMatch(/gone|Z|X/);
  });

  it('that ends in time is read, and one that fails says so', () => {
    expect(runKeyCommand('echo key; exit 0')).toBe('key\n');
    expect(() => runKeyCommand('exit 3')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('did not print') }),
    );
  });
});
