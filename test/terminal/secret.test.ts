/** What shows of a secret on a real pseudo-terminal: nothing, unless asked for. */
import { describe, expect, it } from 'vitest';
import { KEYS } from '../support/pty.js';
import { answered, CANARY, QUESTION, useQuestions } from '../support/questions.js';

const { ask } = useQuestions();

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

  it('teeth: the bytes of a question that echoes tell the length', async () => {
    const lengths = [];
    for (const answer of ['1', '123456789']) {
      const terminal = ask('line');
      await terminal.waitFor(QUESTION.line);
      terminal.type(answer + KEYS.enter);
      expect(await answered(terminal)).toBe(answer);
      lengths.push(terminal.raw().length - answer.length);
    }
    expect(lengths[0]).not.toBe(lengths[1]);
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

  it('F2 asks in another way: what was typed is dropped, and what was shown is gone', async () => {
    const terminal = ask('turning');
    await terminal.waitFor(/\? Passphrase .*F2 spelling/);
    terminal.type(`walnut${KEYS.ctrlR}`);
    await terminal.waitFor(/walnut/);
    terminal.type(KEYS.f2);
    expect(await terminal.waitFor(/\? Spelled 1 .*letter by letter/)).not.toMatch(/walnut|Passphrase/);
    terminal.type(`w a${KEYS.ctrlS}`);
    await terminal.waitFor(/\? Spelled 2/);
    terminal.type(`x${KEYS.enter}`);
    expect(await answered(terminal)).toBe('length 1 after 2');
  });

  it('shown text cannot move the cursor', async () => {
    const terminal = ask('secret');
    await terminal.waitFor(QUESTION.secret);
    terminal.paste(`ab\u009b2J\u202e${KEYS.ctrlR}`);
    expect(await terminal.waitFor(/^ {2}ab/m)).toContain('ab\\u{9b}2J\\u{202e}');
  });
});
