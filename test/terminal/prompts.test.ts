/** Every way of answering, on a real pseudo-terminal. */
import { describe, expect, it } from 'vitest';
import { KEYS } from '../support/pty.js';
import { answered, CANARY, QUESTION, useQuestions } from '../support/questions.js';

const { ask } = useQuestions();

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
    for (const [typed, answer] of [
      ['', 'false'],
      ['n', 'false'],
      ['y', 'true'],
    ] as const) {
      const terminal = ask('confirm');
      await terminal.waitFor(QUESTION.confirm);
      terminal.type(typed + KEYS.enter);
      expect(await answered(terminal)).toBe(answer);
    }
  });

  it('choose: one digit chooses at once', async () => {
    for (const [key, answer] of [
      ['2', 'chose-1'],
      ['1', 'chose-0'],
      ['3', 'chose-2'],
    ] as const) {
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
    terminal.type(`${KEYS.backspace}3`);
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
    for (const [typed, answer] of [
      ['4871', 'true'],
      ['487', 'false'],
      ['', 'false'],
    ] as const) {
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
