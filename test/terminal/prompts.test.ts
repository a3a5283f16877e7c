/** The questions on a real pseudo-terminal: what shows, what never shows, and every way of not answering. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildScript, KEYS, openTerminal, type OpenTerminal, type TerminalOptions } from '../support/pty.js';

const CANARY = 'walnut-harbour-velvet-9317';

/** Asks the question named on its command line, prints the answer's length or value on stdout, and maps errors to exits. */
const SCRIPT = `
import { exitOf, isRefusal } from './src/errors.js';
import { openPrompts } from './src/terminal/prompts.js';
import { makeStyle } from './src/terminal/style.js';
const onSignal = (name, handler) => { process.on(name, handler); return () => process.off(name, handler); };
const timeoutMs = Number(process.env.TIMEOUT_MS) || undefined;
const style = makeStyle({ isTTY: true, columns: process.stderr.columns, env: process.env });
const prompts = openPrompts({ input: process.stdin, output: process.stderr, onSignal, style, timeoutMs, revealMs: 300 });
const choices = [['Account info', 'a'], ['Billing'], ['Caller forgot', 'f']].map(([name, key], at) => ({ name, key, value: 'chose-' + at, description: 'about ' + name }));
const many = Array.from({ length: 12 }, (_, at) => ({ name: 'Item ' + (at + 1), value: 'chose-' + at }));
const questions = {
  line: () => prompts.line({ message: 'Account', default: '100234', validate: (text) => /^[0-9]+$/.test(text) || 'digits only' }),
  hostile: () => prompts.line({ message: 'Name \\u009b2J\\u202eevil\\nVERIFIED' }),
  secret: async () => 'length ' + (await prompts.secret({ message: 'Passphrase', hint: 'the caller says it', reveal: true })).length,
  password: async () => 'length ' + (await prompts.secret({ message: 'Password' })).length,
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

// Each case starts processes; a busy machine may take its time.
vi.setConfig({ testTimeout: 40_000 });

let script: Awaited<ReturnType<typeof buildScript>>;
const open: OpenTerminal[] = [];
const QUESTION = {
  line: /\? Account/,
  secret: /\? Passphrase/,
  password: /\? Password/,
  confirm: /\? Reset 3 users/,
  choose: /\? Request/,
  typed: /\? Type the number/,
};

beforeAll(async () => {
  script = await buildScript(SCRIPT);
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});
afterAll(() => script.remove());

function ask(question: string, options: TerminalOptions = {}): OpenTerminal {
  const terminal = openTerminal(process.execPath, [script.file, question], options);
  open.push(terminal);
  return terminal;
}

async function answered(terminal: OpenTerminal): Promise<string> {
  expect((await terminal.exit()).code, terminal.screen()).toBe(0);
  return /answer: (.*)/.exec(terminal.screen())?.[1]?.trim() ?? '';
}

/** Shows that the terminal is as it was: raw mode off, cursor on, exit 130. */
async function expectCancelled(terminal: OpenTerminal, how: RegExp): Promise<void> {
  expect((await terminal.exit()).code, terminal.screen()).toBe(130);
  expect(terminal.screen()).toMatch(how);
  expect(terminal.screen()).toMatch(/raw mode: false/);
  expect(terminal.cursorVisible()).toBe(true);
}

describe('secret', () => {
  it('B11: shows no byte of what is typed or pasted', async () => {
    for (const send of ['type', 'paste'] as const) {
      const terminal = ask('secret');
      await terminal.waitFor(QUESTION.secret);
      terminal[send](CANARY);
      terminal.type(KEYS.enter);
      expect(await answered(terminal)).toBe(`length ${CANARY.length}`);
      expect(terminal.raw()).not.toContain(CANARY.slice(0, 4));
    }
  });

  it('teeth: the same check fails for a question that echoes', async () => {
    const terminal = ask('line');
    await terminal.waitFor(QUESTION.line);
    terminal.paste(CANARY);
    await terminal.waitFor(/walnut/);
    expect(terminal.raw()).toContain(CANARY.slice(0, 4));
  });

  it('B11: writes the same bytes whatever the length, also beyond the width of the window', async () => {
    const outputs = [];
    for (const length of [1, 19, 200]) {
      const terminal = ask('secret', { cols: 40 });
      await terminal.waitFor(QUESTION.secret);
      terminal.type(`${'x'.repeat(length)}${KEYS.enter}`);
      expect(await answered(terminal)).toBe(`length ${length}`);
      outputs.push(terminal.raw().replace(/answer: length \d+/, ''));
    }
    expect(new Set(outputs).size).toBe(1);
  });

  it('keeps blanks, takes back characters, and may be empty', async () => {
    const terminal = ask('password');
    await terminal.waitFor(QUESTION.password);
    terminal.type(`  abcd${KEYS.backspace}é ${KEYS.enter}`);
    expect(await answered(terminal)).toBe('length 7');
    const empty = ask('password');
    await empty.waitFor(QUESTION.password);
    empty.type(KEYS.enter);
    expect(await answered(empty)).toBe('length 0');
  });

  it('Ctrl-R shows what is typed, follows the typing, and hides it again by itself', async () => {
    const terminal = ask('secret');
    await terminal.waitFor(/Ctrl-R shows it/);
    terminal.type('walnut');
    terminal.type(KEYS.ctrlR);
    await terminal.waitFor(/^ {2}walnut$/m);
    await terminal.waitUntilGone(/walnut/);
    expect(terminal.screen().trim().split('\n')).toHaveLength(1);
    terminal.type(KEYS.enter);
    expect(await answered(terminal)).toBe('length 6');
    expect(terminal.screen()).not.toMatch(/walnut/);
  });

  it('what is shown is gone after Enter, after Ctrl-C and after a resize', async () => {
    for (const leave of ['enter', 'ctrlC', 'resize'] as const) {
      const terminal = ask('secret', { cols: 40 });
      await terminal.waitFor(QUESTION.secret);
      terminal.type(`${'walnut '.repeat(12)}${KEYS.ctrlR}`);
      await terminal.waitFor(/walnut/);
      if (leave === 'resize') terminal.resize(25, 24);
      else terminal.type(KEYS[leave]);
      await terminal.waitUntilGone(/wal|nut/);
      if (leave === 'resize') terminal.type(KEYS.enter);
      await terminal.exit();
      expect(terminal.screen()).not.toMatch(/wal|nut/);
    }
  });

  it('B11: a password is not revealed by Ctrl-R, nor anything by Ctrl-T', async () => {
    for (const question of ['password', 'secret'] as const) {
      const terminal = ask(question);
      await terminal.waitFor(QUESTION[question]);
      terminal.type(`${CANARY}${KEYS.ctrlT}${question === 'password' ? KEYS.ctrlR : ''}${KEYS.enter}`);
      expect(await answered(terminal)).toBe(`length ${CANARY.length}`);
      expect(terminal.raw()).not.toContain(CANARY.slice(0, 4));
    }
  });

  it('shown text cannot move the cursor', async () => {
    const terminal = ask('secret');
    await terminal.waitFor(QUESTION.secret);
    terminal.paste(`ab\u009b2J\u202e${KEYS.ctrlR}`);
    expect(await terminal.waitFor(/^ {2}ab/m)).toContain('ab\\u{9b}2J\\u{202e}');
  });
});

describe('not answering', () => {
  const questions = Object.keys(QUESTION) as (keyof typeof QUESTION)[];

  it.each(questions)('%s: Ctrl-C, Ctrl-D and Esc end as cancelled, with exit 130 and a usable terminal', async (question) => {
    const keys = { 'Ctrl-C': KEYS.ctrlC, 'Ctrl-D': KEYS.ctrlD, Esc: KEYS.escape };
    for (const [name, key] of Object.entries(keys)) {
      const terminal = ask(question);
      await terminal.waitFor(QUESTION[question]);
      terminal.type(key);
      await expectCancelled(terminal, new RegExp(`Cancelled by ${name}`));
    }
  });

  it.each(questions)('%s: SIGTERM, SIGHUP and SIGINT end the same way', async (question) => {
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      const terminal = ask(question);
      await terminal.waitFor(QUESTION[question]);
      terminal.kill(signal);
      await expectCancelled(terminal, new RegExp(`Cancelled by ${signal}`));
    }
  });

  it('half an answer is dropped by Ctrl-D', async () => {
    const terminal = ask('secret');
    await terminal.waitFor(QUESTION.secret);
    terminal.type(`half${KEYS.ctrlD}`);
    await expectCancelled(terminal, /Ctrl-D/);
  });

  it('an arrow key is not taken for Esc', async () => {
    const terminal = ask('choose');
    await terminal.waitFor(QUESTION.choose);
    terminal.type(KEYS.down);
    await terminal.waitFor(/> 2 {2}Billing/);
    terminal.type(KEYS.enter);
    expect(await answered(terminal)).toBe('chose-1');
  });

  it('no answer in time ends as cancelled', async () => {
    const terminal = ask('line', { env: { TIMEOUT_MS: '300' } });
    await terminal.waitFor(QUESTION.line);
    await expectCancelled(terminal, /no answer came in time/);
  });

  it.each(['secret', 'line', 'choose'] as const)('%s: Ctrl-Z with nothing to stop the process asks again and never echoes', async (question) => {
    // Alone in its session the process cannot be stopped: readline has left raw mode and would let the terminal echo.
    const terminal = ask(question);
    await terminal.waitFor(QUESTION[question]);
    terminal.type(KEYS.ctrlZ);
    const twice = new RegExp(`${QUESTION[question].source}[^]*${QUESTION[question].source}`);
    await terminal.waitFor(twice);
    if (question === 'secret') terminal.type(CANARY);
    terminal.type(KEYS.ctrlC);
    await expectCancelled(terminal, /Ctrl-C/);
    expect(terminal.raw()).not.toContain(CANARY.slice(0, 4));
  });

  it('Ctrl-Z under a shell suspends, and fg asks again; B11: nothing typed after it is echoed', async () => {
    const shell = openTerminal('/bin/bash', ['--norc', '--noprofile', '-i'], { env: { PS1: 'shell> ' } });
    open.push(shell);
    await shell.waitFor(/shell>/);
    shell.type(`'${process.execPath}' '${script.file}' secret\r`);
    await shell.waitFor(QUESTION.secret);
    shell.type(`abc${KEYS.ctrlZ}`);
    await shell.waitFor(/Stopped[^]*shell>$/);
    shell.type('fg\r');
    await shell.waitFor(/Stopped[^]*\? Passphrase/);
    shell.type(`${CANARY}\r`);
    await shell.waitFor(new RegExp(`answer: length ${CANARY.length}`));
    expect(shell.raw()).not.toContain(CANARY.slice(0, 4));
  });

  it('without a terminal nothing is asked: exit 2', async () => {
    const shell = openTerminal('/bin/sh', ['-c', `'${process.execPath}' '${script.file}' secret </dev/null`]);
    open.push(shell);
    expect((await shell.exit()).code).toBe(2);
    expect(shell.screen()).toMatch(/would ask "Passphrase"/);
  });
});

describe('answering', () => {
  it('line: the default for an empty line; blanks around are dropped; a wrong answer can be mended', async () => {
    const byDefault = ask('line');
    await byDefault.waitFor(/\(100234\)/);
    byDefault.type(KEYS.enter);
    expect(await answered(byDefault)).toBe('100234');
    const mended = ask('line');
    await mended.waitFor(QUESTION.line);
    mended.type(` 12x${KEYS.enter}`);
    await mended.waitFor(/> digits only/);
    mended.type(`${KEYS.backspace} ${KEYS.enter}`);
    expect(await answered(mended)).toBe('12');
  });

  it('confirm: no unless yes is typed', async () => {
    for (const [typed, answer] of [['', 'false'], ['n', 'false'], ['y', 'true']] as const) {
      const terminal = ask('confirm');
      await terminal.waitFor(QUESTION.confirm);
      terminal.type(typed + KEYS.enter);
      expect(await answered(terminal)).toBe(answer);
    }
  });

  it('choose: one digit or key chooses at once', async () => {
    for (const [key, answer] of [['2', 'chose-1'], ['a', 'chose-0'], ['F', 'chose-2']] as const) {
      const terminal = ask('choose');
      await terminal.waitFor(QUESTION.choose);
      terminal.type(key);
      expect(await answered(terminal)).toBe(answer);
    }
  });

  it('choose: a key that chooses nothing waits on', async () => {
    const terminal = ask('choose');
    await terminal.waitFor(QUESTION.choose);
    terminal.type('9x');
    terminal.type(`${KEYS.backspace}f`);
    expect(await answered(terminal)).toBe('chose-2');
  });

  it('choose: among more than nine, digits mark and Enter chooses', async () => {
    const terminal = ask('many');
    await terminal.waitFor(/\? Which/);
    terminal.type('12');
    await terminal.waitFor(/> 12 {2}Item 12/);
    terminal.type(KEYS.enter);
    expect(await answered(terminal)).toBe('chose-11');
  });

  it('choose: what comes in the same burst as the key does not answer the next question', async () => {
    const terminal = ask('two');
    await terminal.waitFor(QUESTION.choose);
    terminal.paste(`2${CANARY}${KEYS.enter}`);
    await terminal.waitFor(QUESTION.secret);
    terminal.type(`abc${KEYS.enter}`);
    expect(await answered(terminal)).toBe('chose-1 then 3');
    expect(terminal.raw()).not.toContain(CANARY.slice(0, 4));
  });

  it('typed: only exactly what was asked for', async () => {
    for (const [typed, answer] of [['4871', 'true'], ['487', 'false'], ['', 'false']] as const) {
      const terminal = ask('typed');
      await terminal.waitFor(QUESTION.typed);
      terminal.type(typed + KEYS.enter);
      expect(await answered(terminal)).toBe(answer);
    }
  });

  it('survives a resize in the middle', async () => {
    for (const question of ['line', 'secret', 'choose'] as const) {
      const terminal = ask(question, { cols: 100, rows: 30 });
      await terminal.waitFor(QUESTION[question]);
      if (question !== 'choose') terminal.type('12');
      terminal.resize(30, 12);
      terminal.type(question === 'choose' ? '2' : `3${KEYS.enter}`);
      expect(await answered(terminal)).toBe({ line: '123', secret: 'length 3', choose: 'chose-1' }[question]);
    }
  });

  it('T12: the message cannot move the cursor or begin a line', async () => {
    const terminal = ask('hostile');
    const screen = await terminal.waitFor(/\? Name/);
    expect(screen).toContain('Name \\u{9b}2J\\u{202e}evil\\u{a}VERIFIED');
  });

  it('NO_COLOR: no colour in any question', async () => {
    for (const question of ['line', 'secret', 'confirm', 'choose'] as const) {
      const terminal = ask(question, { env: { NO_COLOR: '1' } });
      await terminal.waitFor(QUESTION[question]);
      terminal.type(KEYS.ctrlC);
      await terminal.exit();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for control characters is the point
      expect(terminal.raw()).not.toMatch(/\u001b\[[0-9;]*m/);
    }
  });
});
