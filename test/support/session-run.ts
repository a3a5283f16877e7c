/**
 * Runs a session file (test/sessions/README.md) against the built command, in a private home: private XDG folders, a small fixed
 * environment, nothing of the person who runs the tests.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '../../src/config.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk } from '../../src/opening/open-desk.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { days } from '../../src/rules/duration.js';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { usePolicy } from './floor-policy.js';
import { newestCode } from './outbox-code.js';
import { KEYS, type OpenTerminal, openTerminal } from './pty.js';
import {
  type CommandStep,
  type DirectiveStep,
  parseSession,
  type Session,
  SessionFault,
  splitOnce,
  type TerminalAct,
} from './session-file.js';
import { runSimple, simpleLine } from './session-inside.js';
import { compare, fillIn, onScreen } from './session-match.js';
import { roomInStep } from './started-operator.js';
import { repositoryRoot } from './test-desk.js';

export interface SessionOptions {
  /** Name for messages, such as `test/sessions/first-look.session`. */
  readonly name: string;
  readonly source: string;
  /** The file behind the word `countersign`. */
  readonly executable: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A policy for the config file; without it the shipped one is in force, and there is no config file. */
  readonly policy?: string;
  /** The simple lines that run in this process: those of which nothing is shown, or all. Without it each is a process. */
  readonly inside?: 'unseen' | 'all';
}

const COMMAND_TIMEOUT = 60_000;
const WAIT_TIMEOUT = 15_000;

/** Throws an Error whose message gives the place in the file and a readable difference. */
export async function runSession(options: SessionOptions): Promise<void> {
  const session = parseSession(options.name, options.source);
  const home = mkdtempSync(join(tmpdir(), 'countersign-session-'));
  try {
    const run = new Run(options, home, session.window);
    for (const step of session.steps) await (step.kind === 'command' ? run.command(step) : run.directive(step));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

class Run {
  readonly #options: SessionOptions;
  readonly #home: string;
  readonly #window: Session['window'];
  readonly #variables: Map<string, string>;
  readonly #env: Record<string, string>;

  constructor(options: SessionOptions, home: string, window: Session['window']) {
    this.#options = options;
    this.#window = window;
    this.#home = join(home, 'home');
    const programs = join(home, 'programs');
    mkdirSync(this.#home, { mode: 0o700 });
    mkdirSync(programs);
    if (options.policy !== undefined) usePolicy(join(this.#home, 'config'), options.policy);
    const program = join(programs, 'countersign');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${options.executable}' "$@"\n`);
    chmodSync(program, 0o755);
    this.#variables = new Map(Object.entries({ home: this.#home, ...options.variables }));
    this.#env = {
      HOME: this.#home,
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      XDG_DATA_HOME: join(this.#home, 'data'),
      XDG_CONFIG_HOME: join(this.#home, 'config'),
      XDG_STATE_HOME: join(this.#home, 'state'),
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      ...options.env,
    };
  }

  async command(step: CommandStep): Promise<void> {
    const line = fillIn(step.command, this.#variables);
    const outcome = await (step.terminal ? this.#onTerminal(step, line) : this.#byScript(step, line));
    const problems: string[] = [];
    this.#check('stdout', step, outcome.stdout, problems);
    this.#check('stderr', step, outcome.stderr, problems);
    if (outcome.exit !== step.exit) problems.push(`  exit status ${outcome.exit}, expected ${step.exit}`);
    if (problems.length > 0) throw new SessionFault(this.#options.name, step.line, `$ ${line}\n${problems.join('\n')}`);
  }

  #check(stream: 'stdout' | 'stderr', step: CommandStep, output: string, problems: string[]): void {
    if (step.terminal && step[stream].length === 0) return;
    const result = compare(step[stream], output, this.#variables);
    if (result.fits) for (const [name, value] of result.taken) this.#variables.set(name, value);
    else
      problems.push(
        `  ${step.terminal ? 'the last screen' : stream} differs (- expected, + came):\n${result.difference}`,
      );
  }

  #byScript(step: CommandStep, line: string): Promise<Outcome> {
    const stdin = step.stdin.map((text) => `${fillIn(text, this.#variables)}\n`).join('');
    const { inside } = this.#options;
    const seen = step.stdout.length > 0 || step.stderr.length > 0 || step.exit !== 0;
    const simple = inside === 'all' || (inside === 'unseen' && !seen) ? simpleLine(line) : undefined;
    return simple === undefined
      ? this.#withPipes(line, stdin)
      : runSimple(simple, { folder: this.#home, env: this.#env, stdin });
  }

  #withPipes(line: string, stdin: string): Promise<Outcome> {
    return new Promise((settle, reject) => {
      const child = spawn('/bin/sh', ['-c', line], { cwd: this.#home, env: this.#env, timeout: COMMAND_TIMEOUT });
      const kept = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        kept.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        kept.stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (signal !== null) kept.stderr += `\n(ended by ${signal} after ${COMMAND_TIMEOUT / 1000} s at most)`;
        settle({ ...kept, exit: code ?? -1 });
      });
      child.stdin.on('error', () => undefined); // it did not want its input
      child.stdin.end(stdin);
    });
  }

  async #onTerminal(step: CommandStep, line: string): Promise<Outcome> {
    const terminal = openTerminal('/bin/sh', ['-c', `exec ${line}`], {
      ...this.#window,
      cwd: this.#home,
      env: this.#env,
    });
    const ended = terminal.exit(COMMAND_TIMEOUT); // ends it after that time
    ended.catch(() => undefined);
    try {
      for (const act of step.acts) await this.#act(terminal, act, ended);
      const { code } = await ended;
      return { stdout: terminal.screen(), stderr: '', exit: code };
    } catch (error) {
      if (await isRunning(ended)) terminal.kill('SIGKILL');
      if (error instanceof SessionFault) throw error;
      throw new SessionFault(this.#options.name, step.line, `$$ ${line}\n  ${String(error)}`);
    }
  }

  async #act(terminal: OpenTerminal, act: TerminalAct, ended: Promise<unknown>): Promise<void> {
    if (act.kind === 'type') terminal.type(`${fillIn(act.text, this.#variables)}${KEYS.enter}`);
    else if (act.kind === 'key') terminal.type(this.#keyOf(act));
    else await this.#waitFor(terminal, act, ended);
  }

  async #waitFor(
    terminal: OpenTerminal,
    { pattern, line }: Extract<TerminalAct, { kind: 'wait' }>,
    ended: Promise<unknown>,
  ): Promise<void> {
    const { regex, take } = onScreen(pattern, this.#variables);
    const seen = terminal.waitFor(regex, WAIT_TIMEOUT).catch(() => undefined);
    await Promise.race([seen, ended]);
    const screen = terminal.screen();
    if (!regex.test(screen)) {
      const end = (await isRunning(ended)) ? '' : ' before it ended';
      const what = `never saw "${fillIn(pattern, this.#variables)}"${end}; the screen:\n${screen}`;
      throw new SessionFault(this.#options.name, line, what);
    }
    for (const [name, value] of take(screen)) this.#variables.set(name, value);
  }

  #keyOf(act: Extract<TerminalAct, { kind: 'key' }>): string {
    const name = act.key.trim();
    if ([...name].length === 1) return name;
    const known = Object.entries(KEYS).find(([key]) => key.toLowerCase() === name.replace('-', '').toLowerCase());
    if (known === undefined) throw new SessionFault(this.#options.name, act.line, `there is no key ${name}`);
    return known[1];
  }

  async directive(step: DirectiveStep): Promise<void> {
    const text = fillIn(step.text, this.#variables);
    const fault = (what: string) => new SessionFault(this.#options.name, step.line, `@${step.kind} ${text}\n  ${what}`);
    if (step.kind === 'env') {
      const [name = '', ...value] = text.split('=');
      this.#env[name] = value.join('=');
    } else if (step.kind === 'file') {
      const path = resolve(this.#home, text);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, step.body.map((line) => `${fillIn(line, this.#variables)}\n`).join(''), { mode: 0o600 });
    } else if (step.kind === 'week-ago') {
      await this.#weekAgo();
    } else if (step.kind === 'totp') {
      const [name, rest] = splitOnce(text);
      const [, typed = '', steps = '0'] = /^(.*?)(?: ([+-]\d+))?$/.exec(rest) ?? [];
      const seed = (/[?&]secret=([A-Z2-7]+)/i.exec(typed)?.[1] ?? typed.replace(/[ -]/g, '')).toUpperCase();
      if (!/^[A-Z2-7]{16,}$/.test(seed)) throw fault('needs a name and a base32 secret or an otpauth address');
      await roomInStep();
      this.#variables.set(name, referenceCode(fromBase32(seed), Date.now() / 1000 + Number(steps) * 30));
    } else if (step.kind === 'operator') {
      const [, name = '', role = '', more = '', password] = /^(\S+) (\S+)((?: --\S+ \S+)*) (.+)$/.exec(text) ?? [];
      if (password === undefined) throw fault('needs a name, a role and a password');
      this.#variables.set(name, await this.#startOperator({ name, role, more, password }, fault));
    } else {
      const [name, rest] = splitOnce(text);
      const [place, words] = splitOnce(rest);
      const folder =
        place === 'outbox'
          ? join(this.#env['XDG_DATA_HOME'] ?? '', 'countersign', 'outbox')
          : resolve(this.#home, place);
      const code = await newestCode(folder, words);
      if (code === undefined)
        throw fault(`no message with a code in ${folder}${words === '' ? '' : ` holds "${words}"`}`);
      this.#variables.set(name, code);
    }
  }

  /** Whoever had a hand in an operator had it eight days ago: time that no test waits for, and no clock of a machine can bring (B87). */
  async #weekAgo(): Promise<void> {
    const { COUNTERSIGN_STORE: url } = this.#env;
    const config = join(this.#home, 'config', 'countersign');
    const file = join(config, 'config.toml');
    const data = join(this.#home, 'data', 'countersign');
    const settings: Settings = {
      store: url ?? join(data, 'desk.db'),
      engine: url === undefined ? 'sqlite' : 'postgres',
      key: { file: join(config, 'master.key') },
      dataFolder: data,
      folders: { data, config, state: join(this.#home, 'state', 'countersign') },
      policyFolder: existsSync(file) ? (/^policy = "(.*)"$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? null) : null,
      deskName: 'Test desk',
      file: {},
      token: undefined,
      person: { id: 'uid:1' },
    };
    const desk = await openDesk(openCustody({ settings, dataFolder: join(repositoryRoot, 'data'), now: Date.now }));
    try {
      const { lifeCycle } = desk.store.read;
      const hands = await lifeCycle.hands();
      const entry = { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: SYSTEM } as const;
      await desk.store.record(entry, async (write) => {
        for (const { id: _id, ...hand } of hands) await write.lifeCycle.putHand({ ...hand, at: hand.at - days(8) });
      });
    } finally {
      await desk.store.close();
    }
  }

  /** Adds and starts an operator as people do; the session's environment holds an admin's token. Answers the app's secret. */
  async #startOperator(
    { name, role, more, password }: Record<'name' | 'role' | 'more' | 'password', string>,
    fault: (what: string) => SessionFault,
  ): Promise<string> {
    const json = async (command: string, stdin = '') => {
      const line = simpleLine(command);
      if (line === undefined) throw fault(`$ ${command} is not a simple line`);
      const { exit, stdout, stderr } = await runSimple(line, { folder: this.#home, env: this.#env, stdin });
      if (exit !== 0) throw fault(`$ ${command} ended with ${exit}: ${stdout}${stderr}`);
      return JSON.parse(stdout) as { startCode: string; totp: { secretBase32: string } };
    };
    const { startCode } = await json(`countersign operator add ${name} --role ${role}${more} --json`);
    const start = `COUNTERSIGN_TOKEN= countersign operator start ${name} --code ${startCode} --json`;
    const { secretBase32 } = (await json(`${start} --password-stdin`, `${password}\n`)).totp;
    await roomInStep();
    // The code of the step before, so that the one of now still signs in.
    const first = referenceCode(fromBase32(secretBase32), Date.now() / 1000 - 30);
    await json(`${start} --totp ${first}`);
    return secretBase32;
  }
}

const isRunning = (ended: Promise<unknown>): Promise<boolean> =>
  Promise.race([ended.then(() => false).catch(() => false), Promise.resolve().then(() => Promise.resolve(true))]);
