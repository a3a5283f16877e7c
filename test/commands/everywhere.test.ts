/**
 * What holds for each command of the catalogue, so that the next command cannot forget it: it ends without a person to ask, it answers
 * JSON where JSON is asked for, its help has examples that exist, and hostile text moves no cursor.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/commands/catalogue.js';
import type { Command } from '../../src/commands/command.js';
import { everyCommand } from '../../src/commands/typing/completion-tree.js';
import { EXIT_FAMILIES } from '../../src/errors.js';
import { type ConsoleDesk, consoleDesk } from '../support/console-desk.js';
import { HOSTILE, hasNaughtyStrings, isVisible, naughtyStrings } from '../support/hostile-text.js';
import { amount } from '../support/long.js';
import { proven } from '../support/proven.js';
import { openTerminal } from '../support/pty.js';
import { runInside } from '../support/run-inside.js';
import { CHEAP, repositoryRoot } from '../support/test-desk.js';

const executable = join(repositoryRoot, 'bin', 'countersign.js');
const commands = await everyCommand(CATALOGUE);
const KNOWN = EXIT_FAMILIES.map(({ exit }) => exit).filter((exit) => exit !== 1);
/** A long way round, or until they are stopped: tried in tests of their own (and in test/sessions). */
const LONG = new Set(['demo', 'smoke', 'serve']);
/** These read standard input without an option that says so. */
const READS_ALWAYS = /^(audit verify|.* import)$/;
const short = commands.filter(({ path }) => !LONG.has(path));

let made: ConsoleDesk;
const startedIn = process.cwd();

beforeAll(async () => {
  made = await consoleDesk('admin', CHEAP);
  // Some commands write the file that an argument names: not into the project.
  process.chdir(mkdtempSync(join(tmpdir(), 'countersign-everywhere-')));
}, 120_000);
afterAll(async () => {
  rmSync(process.cwd(), { recursive: true, force: true });
  process.chdir(startedIn);
  await made.close();
});

/** The words of the command, and `word` for each argument it must have. */
const lineOf = ({ path, arguments: wanted = [] }: Command, word: string): string[] => [
  ...path.split(' '),
  ...wanted.filter(({ name }) => name.startsWith('<')).map(() => word),
];

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command; its standard input is closed, or open and silent for ever. */
function started(
  args: readonly string[],
  stdin: 'closed' | 'silent',
  env: Record<string, string> = {},
): Promise<Ended> {
  const line =
    stdin === 'closed'
      ? ['-c', 'exec "$0" "$@" <&-', process.execPath, executable, ...args]
      : ['-c', 'exec "$0" "$@"', process.execPath, executable, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', line, { env: { PATH: process.env['PATH'], ...made.env, ...env } });
    const kept = { stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => {
      kept.stdout += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      kept.stderr += data.toString();
    });
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('error', reject);
    child.on('close', (exit) => {
      clearTimeout(late);
      child.stdin.destroy();
      resolve({ exit, ...kept });
    });
  });
}

/** Runs `work` over the items, two at a time: as many as there are cores. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/** Every line that reads standard input because it is told to: by an option for a secret, or by `-` for a file. */
const reading = short.flatMap((command) => {
  const secrets = (command.options ?? []).filter(({ flags }) => flags.endsWith('-stdin'));
  const files = (command.arguments ?? []).filter(({ path }) => path === 'reads');
  return [
    ...secrets.map(({ flags }) => [...lineOf(command, 'x'), flags]),
    ...(files.length > 0 ? [lineOf(command, '-')] : []),
  ];
});

describe('without a person to ask', () => {
  // All others never open it (below): to them closed is as good as a terminal, where each has a process.
  it('each command that reads standard input ends with it closed, with an exit status of the table and no bug', async () => {
    const wrong: string[] = [];
    const always = short.filter(({ path }) => READS_ALWAYS.test(path)).map((command) => lineOf(command, 'x'));
    await each([...reading, ...always], async (line) => {
      const { exit, stderr } = await started(line, 'closed');
      if (exit === null || !KNOWN.includes(exit as never)) wrong.push(`${line.join(' ')}: ${exit}\n${stderr}`);
    });
    expect(wrong).toEqual([]);
    expect(reading.length).toBeGreaterThan(20);
  }, 300_000);

  it('each command ends on a terminal with CI=1, and asks nothing', async () => {
    const wrong: string[] = [];
    await each(short, async (command) => {
      const terminal = openTerminal(process.execPath, [executable, ...lineOf(command, 'x')], {
        env: { ...made.env, CI: '1', COUNTERSIGN_TOKEN: '' },
      });
      try {
        const { code } = await terminal.exit(20_000);
        if (!KNOWN.includes(code as never) || /^\? /m.test(terminal.screen()))
          wrong.push(`${command.path}: ${code}\n${terminal.screen()}`);
      } catch (error) {
        wrong.push(`${command.path}: ${String(error)}`);
      } finally {
        terminal.close();
      }
    });
    expect(wrong).toEqual([]);
  }, 300_000);

  it('each command refuses to read a terminal as a secret or as a file, where it would wait for ever', async () => {
    const wrong: string[] = [];
    let refused = 0;
    for (const line of reading) {
      let opened = false;
      const stdin = () => {
        opened = true;
        return Readable.from([]);
      };
      const { exit, stderr } = await runInside(line, { env: { ...made.env, CI: '1' }, stdinIsTTY: true, stdin });
      if (/which is a terminal/.test(stderr)) refused += 1;
      if (opened || !KNOWN.includes(exit as never)) wrong.push(`${line.join(' ')}: ${exit}\n${stderr}`);
    }
    expect(wrong).toEqual([]);
    // Others are refused before they read, or have nothing to ask.
    expect(refused).toBeGreaterThan(10);
  }, 300_000);

  it.each([
    ['a file is not read from a real terminal', ['account', 'import', '-'], { CI: '1' }, /^countersign: - reads/m],
    [
      'a secret is not either where a person could type it: it would stay on the screen',
      ['passphrase', 'check', '--passphrase-stdin'],
      {},
      /--passphrase-stdin reads/,
    ],
  ])('%s', async (_what, line, env, says) => {
    const terminal = openTerminal(process.execPath, [executable, ...line], { env: { ...made.env, ...env } });
    try {
      expect(await terminal.exit(20_000)).toMatchObject({ code: 2 });
      expect(terminal.screen()).toMatch(says);
      expect(terminal.screen()).toContain('reads standard input, which is a terminal here');
    } finally {
      terminal.close();
    }
  });

  it('each command without --…-stdin leaves an input that never ends alone: it does not even open it', async () => {
    const wrong: string[] = [];
    for (const command of short.filter(({ path }) => !READS_ALWAYS.test(path))) {
      const silent = new Readable({ read: () => undefined });
      let opened = false;
      const stdin = () => {
        opened = true;
        return silent;
      };
      const late = setTimeout(() => silent.destroy(new Error('it waited for its input')), 20_000);
      const { exit } = await runInside(lineOf(command, 'x'), { env: { ...made.env }, stdin });
      clearTimeout(late);
      if (opened || !KNOWN.includes(exit as never)) wrong.push(`${command.path}: ${exit}`);
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  it('so does its process, one for each word of the catalogue', async () => {
    const wrong: string[] = [];
    const firsts = CATALOGUE.flatMap(({ word }) => short.find(({ path }) => path.split(' ')[0] === word) ?? []);
    await each(firsts, async (command) => {
      const { exit } = await started(lineOf(command, 'x'), 'silent');
      if (exit === null) wrong.push(command.path);
    });
    expect(wrong).toEqual([]);
    expect(firsts.length).toBeGreaterThan(20);
  }, 300_000);

  it('teeth: a command that reads its input opens it', async () => {
    let opened = false;
    const stdin = () => {
      opened = true;
      return Readable.from([]);
    };
    await runInside(['passphrase', 'check', '--passphrase-stdin'], { env: { ...made.env }, stdin });
    expect(opened).toBe(true);
  });
});

describe('--json', () => {
  it('each command answers JSON on stdout and nothing else there, also when it refuses', async () => {
    const wrong: string[] = [];
    for (const command of short) {
      if (command.path === 'logout') continue;
      const { exit, stdout } = await runInside([...lineOf(command, 'x'), '--json'], { env: { ...made.env } });
      const lines = stdout.split('\n').filter((line) => line !== '');
      try {
        for (const line of lines) JSON.parse(line);
      } catch {
        wrong.push(`${command.path}: ${stdout.slice(0, 200)}`);
      }
      if (
        exit !== 0 &&
        !lines.some(
          (line) => 'error' in (JSON.parse(line) as object) || exit === 4 || exit === 5 || exit === 7 || exit === 8,
        )
      )
        wrong.push(`${command.path}: exit ${exit} without an error`);
      if (exit === 1) wrong.push(`${command.path}: a bug\n${stdout}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe('help', () => {
  it('each command has a summary, and examples that begin with itself and use only options it has', () => {
    for (const { path, summary, examples, arguments: names = [], options = [] } of commands) {
      for (const { about } of [...names, ...options]) expect(about, path).toMatch(/^\S/);
      expect(summary, path).toMatch(/^[^A-Z].*[^.]$|^[A-Z]{2,}/);
      expect(examples.length, path).toBeGreaterThan(0);
      for (const example of examples) {
        const own = example.replaceAll('\\\n', ' ');
        expect(own, path).toContain('countersign');
        const known = [
          ...options.map(({ flags }) => flags),
          '--json',
          '--store',
          '--yes',
          '--quiet',
          '--no-input',
          '--plain',
          '--key-file',
        ];
        const behind = own.slice(own.indexOf(`countersign ${path}`)).split('|')[0] ?? '';
        for (const flag of behind.match(/--[a-z][a-z-]*/g) ?? []) {
          expect(
            known.some((candidate) => candidate.split(/[ ,]/).includes(flag)),
            `${path}: ${flag} in ${example}`,
          ).toBe(true);
        }
      }
    }
  });

  it('help, --help and the bare word say the same of each noun, and exit as they should', async () => {
    for (const { word } of CATALOGUE) {
      const asked = await runInside(['help', word]);
      const flag = await runInside([word, '--help']);
      expect([asked.exit, flag.exit], word).toEqual([0, 0]);
      expect(asked.stdout, word).toContain(flag.stdout.trim());
      // An example is one line, however long.
      const [told = ''] = asked.stdout.split('\nExamples:\n');
      expect(
        told.split('\n').every((line) => [...line].length <= 100),
        word,
      ).toBe(true);
    }
  });

  it('a slip is named with what was probably meant', async () => {
    const { exit, stderr } = await runInside(['verfy']);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/verify/);
  });
});

/** One output line by line: newlines are ours, everything else must be seen. */
function unseen({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  return `${stdout}\n${stderr}`.split('\n').filter((line) => !isVisible(line));
}

/** In so many rounds each text has its turn; in more, at more commands. */
const ROUNDS = amount(3, 8);

/** A store keeps no lone surrogates. */
const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '\ufffd');

describe('hostile text (T12)', () => {
  const texts = () =>
    [...HOSTILE, ...(hasNaughtyStrings ? naughtyStrings() : [])].filter((text) => !text.includes('\0'));

  it('as an argument or option of every command: seen, never obeyed; and never a bug', async () => {
    const all = texts();
    const wrong: string[] = [];
    let next = 0;
    const word = () => all[next++ % all.length] ?? '';
    for (const command of short) {
      // For scripts: fixed words, with a tab before what they mean.
      if (command.path === 'completion words') continue;
      for (let round = 0; round < ROUNDS; round += 1) {
        const options = (command.options ?? []).filter(({ flags }) => / </.test(flags)).slice(0, 3);
        const values = options.map(({ flags }) => `${flags.split(' ')[0]}=${word()}`);
        const line = [
          ...command.path.split(' '),
          ...values,
          '--',
          ...lineOf(command, 'x').slice(command.path.split(' ').length).map(word),
        ];
        if (
          line.some((part) =>
            /^--(file|html|dir|checkpoint|plan|apply|failed|device|notes|accounts|sso-jwks)=/.test(part),
          )
        )
          continue;
        const ran = await runInside(line, { env: { ...made.env }, stdin: '' });
        if (ran.exit === 1 || unseen(ran).length > 0)
          wrong.push(
            `${JSON.stringify(line)}: ${ran.exit} ${JSON.stringify(unseen(ran))}${ran.exit === 1 ? ran.stderr : ''}`,
          );
      }
    }
    expect(wrong).toEqual([]);
    // Each text had its turn, at whichever command.
    expect(next).toBeGreaterThan(all.length);
  }, 300_000);

  it('as stored names: every command that shows one shows it whole and visible', async () => {
    const { desk } = made;
    const names = texts().slice(0, 200).map(wellFormed);
    await desk.store.record(
      {
        kind: 'test.prepared',
        outcome: 'done',
        at: Date.now(),
        by: proven({ kind: 'operator', id: 'op_x', name: HOSTILE[0] ?? '' }),
      },
      async (write) => {
        for (const [index, name] of names.entries()) {
          const id = `usr_acc_100234_h${index}`;
          const ana = await write.users.byId('usr_acc_100234_ana.trujillo');
          if (ana === undefined) throw new Error('no ana');
          const at = Date.now();
          await write.users.insert([
            {
              id,
              account_id: ana.accountId,
              login: wellFormed(name.slice(0, 60)) || `h${index}`,
              login_key: `h${index}`,
              name,
              email: name,
              email_key: name,
              phone: name,
              phone_digits: '',
              role: 'user',
              scopes: '',
              sign_in: 'native',
              authority_version: 1,
              contact_changed_at: at,
              former_contacts: '[]',
              disabled_at: null,
              created_at: at,
              updated_at: at,
            },
          ]);
        }
      },
    );
    const lines = [
      ['user', 'list', '--account', '100234', '--limit', '500'],
      ['user', 'search', 'northwind'],
      ['user', 'show', 'usr_acc_100234_h3'],
      ['mfa', 'status', 'usr_acc_100234_h5'],
      ['audit', 'list', '--limit', '500'],
      ['account', 'show', '100234'],
      ['report'],
      ['mfa', 'pending'],
      ['grant', 'list'],
      ['approval', 'list'],
      ['outbox', 'list'],
      ['operator', 'list'],
      ['account', 'list'],
      ['doctor'],
      ['store', 'info'],
      ['verify', '--account', '100234', '--caller', 'usr_acc_100234_h7', '--for', 'billing:change', '--forgot'],
    ];
    const wrong: string[] = [];
    const refused: string[] = [];
    let shown = '';
    for (const line of lines) {
      for (const more of [[], ['--json'], ['--plain']]) {
        const ran = await runInside([...line, ...more], { env: { ...made.env } });
        shown += ran.stdout;
        if (ran.exit !== 0) refused.push(`${line.join(' ')}: ${ran.exit} ${ran.stderr.slice(0, 200)}`);
        if (ran.exit === 1 || unseen(ran).length > 0)
          wrong.push(
            `${line.join(' ')}: ${ran.exit} ${JSON.stringify(unseen(ran).slice(0, 3))}${ran.stderr.slice(0, 300)}`,
          );
      }
    }
    expect(wrong).toEqual([]);
    // Only the one who forgot is refused, and doctor finds nobody signed in: the names were really on the way out.
    expect(refused.filter((line) => !/^(verify|doctor)/.test(line))).toEqual([]);
    for (const trace of ['\\u{1b}[2J', '\\u001b[2J', '\\u{202e}', '\\u202e']) expect(shown).toContain(trace);
  }, 120_000);
});
