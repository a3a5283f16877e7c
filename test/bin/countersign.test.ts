/**
 * The executable and its loader, each run with a main of the test's own: what the shell gets when main answers, fails, never
 * answers or was never built.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuilt } from '../support/built-desk.js';

const bin = path.join(import.meta.dirname, '..', '..', 'bin');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-bin-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder like an installed one; `chunks` are the files of dist. */
function install(name: string, chunks: Readonly<Record<string, string>>): string {
  const root = path.join(folder, name);
  cpSync(bin, path.join(root, 'bin'), { recursive: true });
  for (const [file, text] of Object.entries(chunks)) {
    mkdirSync(path.join(root, 'dist'), { recursive: true });
    const code = file.endsWith('.cjs') ? `(function (exports, require, module, bring) {${text}\n})` : text;
    writeFileSync(path.join(root, 'dist', file), code);
  }
  return root;
}

interface Ended {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs node; `onOutput` is told the stdout so far, each time there is more. */
function node(
  args: readonly string[],
  onOutput: (stdout: string, pid: number) => void = () => undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (child.pid !== undefined) onOutput(stdout, child.pid);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (exit, signal) => resolve({ exit, signal, stdout, stderr }));
  });
}

const run = (root: string, ...argv: string[]) => node([path.join(root, 'bin', 'countersign.js'), ...argv]);
const main = (body: string) => ({ 'main.cjs': `exports.main = async ({ argv, root }) => {${body}};` });

describe('the executable', () => {
  it('hands argv and the folder of package.json to main, and its answer to the shell', async () => {
    const root = install('answers', main('process.stdout.write(JSON.stringify({ argv, root })); return 6;'));
    const ended = await run(root, 'verify', '--for', 'x y');
    expect(JSON.parse(ended.stdout)).toEqual({ argv: ['verify', '--for', 'x y'], root });
    expect(ended).toMatchObject({ exit: 6, stderr: '' });
  });

  it('says how to build what was never built, exit 7', async () => {
    const root = install('unbuilt', {});
    const { exit, stderr } = await run(root, '--version');
    expect(stderr).toBe(`countersign: is not built yet. Run: node "${path.join(root, 'bin', 'ensure.mjs')}"\n`);
    expect(exit).toBe(7);
  });

  it('a main that throws is a bug: exit 1, one line, no stack', async () => {
    const { exit, stderr } = await run(install('throws', main("throw new Error('lost');")));
    expect(stderr).toBe('countersign: stopped because of a bug: lost\n');
    expect(exit).toBe(1);
  });

  it('whose files an update took away while it ran says so: exit 7', async () => {
    const { exit, stderr } = await run(install('replaced', main("require('./gone.cjs'); return 0;")));
    expect(stderr).toMatch(/^countersign: was replaced by another version while it ran\. Start it again/);
    expect(exit).toBe(7);
  });

  it('a main that never decides has failed: exit 1', async () => {
    expect(await run(install('silent', main('await new Promise(() => undefined);')))).toMatchObject({ exit: 1 });
  });

  it('T10: SIGUSR1 opens no debugger', async () => {
    const waits = "process.stdout.write('up'); await new Promise((done) => setTimeout(done, 400)); return 0;";
    const signalled = (args: readonly string[]) => {
      let sent = false;
      return node(args, (_, pid) => {
        if (!sent) process.kill(pid, 'SIGUSR1');
        sent = true;
      });
    };
    const ended = await signalled([path.join(install('waits', main(waits)), 'bin', 'countersign.js')]);
    expect(ended).toMatchObject({ exit: 0, stderr: '', stdout: 'up' });
    // Teeth: the same main without the executable's listener is open to anyone who may send a signal.
    const bare = await signalled(['-e', `(async () => {${waits.replace('return 0;', '')}})()`]);
    expect(bare.stderr).toContain('Debugger listening');
  });

  it('T10: a debugger that Node opens late, because the machine was busy, is closed', async () => {
    const late = `const inspector = require('node:inspector');
      const passed = (ms) => new Promise((done) => setTimeout(done, ms));
      for (const until = Date.now() + 300; Date.now() < until; );
      await passed(300);
      inspector.open(0);
      for (let looks = 0; inspector.url() !== undefined && looks < 100; looks += 1) await passed(50);
      return inspector.url() === undefined ? 0 : 9;`;
    expect((await run(install('late', main(late)))).exit).toBe(0);
  });

  it('chunks load when asked for, and once; everything else is Node or a package', async () => {
    const root = install('chunks', {
      'main.cjs':
        "exports.main = async () => { const a = require('./a.cjs'); return a === require('./a.cjs') ? a.seven : 1; };",
      'a.cjs': "exports.seven = require('node:path').sep.length + 6;",
    });
    expect(await run(root)).toMatchObject({ exit: 7, stderr: '' });
  });

  it('the code caches are made with a desk: what a verification runs is in them', async () => {
    requireBuilt();
    const home = path.join(folder, 'warm-up');
    mkdirSync(home);
    const init = [path.join(bin, 'make-caches.mjs'), 'init', path.join(path.dirname(bin), 'dist')];
    const { stdout } = await node(init, undefined, { PATH: process.env['PATH'], HOME: home, CI: 'true' });
    expect(JSON.parse(stdout)).toMatchObject({ token: expect.stringMatching(/^cst_/) });
  });

  it('a code cache that V8 cannot use is passed over', async () => {
    const name = `main.cjs.${process.versions.v8}-${process.platform}-${process.arch}.cache`;
    const root = install('cache', { ...main('return 3;'), [name]: 'not a cache' });
    expect(await run(root)).toMatchObject({ exit: 3, stderr: '' });
  });
});
