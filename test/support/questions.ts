/**
 * One question per process on a real pseudo-terminal: a small program that asks what its command line names, writes the
 * answer (of a secret only the length) to stdout, and maps errors to exits as main does.
 */
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { buildScript, type OpenTerminal, openTerminal, type TerminalOptions } from './pty.js';

/** A secret that no byte of the output may contain. */
export const CANARY = 'walnut-harbour-velvet-9317';

/** How the screen says that a question is asked. */
export const QUESTION = {
  line: /\? Account/,
  secret: /\? Passphrase/,
  password: /\? Password/,
  confirm: /\? Reset 3 users/,
  choose: /\? Request/,
  typed: /\? Type the number/,
};

const SCRIPT = `
import { exitOf, isRefusal } from './src/errors.js';
import { openPrompts } from './src/terminal/prompts.js';
import { makeStyle } from './src/terminal/style.js';
const onSignal = (name, handler) => { process.on(name, handler); return () => process.off(name, handler); };
const style = makeStyle({ isTTY: true, columns: process.stderr.columns, env: process.env });
const prompts = openPrompts({ input: process.stdin, output: process.stderr, onSignal, style, revealMs: 300 });
const choices = ['Account info', 'Billing', 'Caller forgot'].map((name, at) => ({ name, value: 'chose-' + at, description: 'about ' + name }));
const many = Array.from({ length: 12 }, (_, at) => ({ name: 'Item ' + (at + 1), value: 'chose-' + at }));
const questions = {
  line: () => prompts.line({ message: 'Account', default: '100234', validate: (text) => /^[0-9]+$/.test(text) || 'digits only' }),
  hostile: () => prompts.line({ message: 'Name \\u009b2J\\u202eevil\\nVERIFIED' }),
  secret: async () => 'length ' + (await prompts.secret({ message: 'Passphrase', hint: 'the caller says it', reveal: true })).length,
  password: async () => 'length ' + (await prompts.secret({ message: 'Password' })).length,
  turning: async () => {
    let turns = 0;
    const next = () => ({ message: 'Spelled ' + (turns += 1), hint: 'letter by letter' });
    const typed = await prompts.secret({ message: 'Passphrase', reveal: true, turn: { about: 'spelling', next } });
    return 'length ' + typed.length + ' after ' + turns;
  },
  confirm: () => prompts.confirm({ message: 'Reset 3 users' }),
  choose: () => prompts.choose({ message: 'Request', choices }),
  many: () => prompts.choose({ message: 'Which', choices: many }),
  typed: () => prompts.typed({ message: 'Type the number to reset', expected: '4871' }),
  two: async () => (await prompts.choose({ message: 'Request', choices })) + ' then ' + (await prompts.secret({ message: 'Passphrase' })).length,
};
process.exitCode = 99;
try {
  const answer = await questions[process.argv[2]]();
  process.stdout.write('answer: ' + answer + '\\n');
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(String(error.message) + '\\n');
  process.exitCode = isRefusal(error) ? exitOf(error.code) : 1;
}
process.stderr.write('raw mode: ' + process.stdin.isRaw + '\\n');
`;

export interface Questions {
  /** Starts the program with one question. */
  ask(question: string, options?: TerminalOptions): OpenTerminal;
  /** Starts another program beside it; it is ended after the test like the others. */
  run(file: string, args: readonly string[], options?: TerminalOptions): OpenTerminal;
  /** The program's own file, for a shell to start. */
  file(): string;
}

/** Builds the program once for a test file, and ends what a test leaves running. */
export function useQuestions(): Questions {
  // Each case starts processes; a busy machine may take its time.
  vi.setConfig({ testTimeout: 40_000, hookTimeout: 40_000 });
  let script: Awaited<ReturnType<typeof buildScript>>;
  const open: OpenTerminal[] = [];
  beforeAll(async () => {
    script = await buildScript(SCRIPT);
  });
  afterEach(() => {
    for (const terminal of open.splice(0)) terminal.close();
  });
  afterAll(() => script.remove());
  const run: Questions['run'] = (file, args, options) => {
    const terminal = openTerminal(file, args, options);
    open.push(terminal);
    return terminal;
  };
  return {
    ask: (question, options) => run(process.execPath, [script.file, question], options),
    run,
    file: () => script.file,
  };
}

/** The answer that the program wrote, after it ended well. */
export async function answered(terminal: OpenTerminal): Promise<string> {
  expect((await terminal.exit()).code, terminal.screen()).toBe(0);
  return /answer: (.*)/.exec(terminal.screen())?.[1]?.trim() ?? '';
}

/** Shows that the question ended as cancelled and the terminal is as it was: raw mode off, cursor on, exit 130. */
export async function expectCancelled(terminal: OpenTerminal, how: RegExp): Promise<void> {
  expect((await terminal.exit()).code, terminal.screen()).toBe(130);
  expect(terminal.screen()).toMatch(how);
  expect(terminal.screen()).toMatch(/raw mode: false/);
  expect(terminal.cursorVisible()).toBe(true);
}
