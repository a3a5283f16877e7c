/** The double is itself tested: a lenient one would let a changed question pass unseen. */
import { describe, expect, it } from 'vitest';
import { CANCEL, type ScriptedAnswer, scriptedPrompts } from '../support/scripted-prompts.js';

const choices = [
  { name: 'Account info', value: 1 },
  { name: 'Forgot', value: 2 },
];

describe('scripted prompts', () => {
  it('answers what was planned', async () => {
    const prompts = scriptedPrompts([
      { ask: 'line', message: 'Account', answer: ' 100234 ' },
      { ask: 'line', answer: '' },
      { ask: 'secret', message: /phrase/i, answer: ' as typed ' },
      { ask: 'confirm', answer: true },
      { ask: 'choose', answer: '2' },
      { ask: 'choose', answer: 'Account info' },
      { ask: 'typed', answer: '4871' },
      { ask: 'typed', answer: '487' },
    ]);
    expect(await prompts.line({ message: 'Account number' })).toBe('100234');
    expect(await prompts.line({ message: 'Name', default: 'ana' })).toBe('ana');
    expect(await prompts.secret({ message: 'Passphrase' })).toBe(' as typed ');
    expect(await prompts.confirm({ message: 'Go on' })).toBe(true);
    expect(await prompts.choose({ message: 'Request', choices })).toBe(2);
    expect(await prompts.choose({ message: 'Request', choices })).toBe(1);
    expect(await prompts.typed({ message: 'Type', expected: '4871' })).toBe(true);
    expect(await prompts.typed({ message: 'Type', expected: '4871' })).toBe(false);
    prompts.done();
    expect(prompts.asked[0]).toBe('line: Account number');
  });

  it.each<[string, ScriptedAnswer[], RegExp]>([
    ['an unplanned question', [], /unplanned question \(line\): Account/],
    ['another kind', [{ ask: 'secret', answer: 'x' }], /planned \(secret\)/],
    ['another message', [{ ask: 'line', message: 'Caller', answer: 'x' }], /planned \(line\): Caller/],
    ['an answer turned down', [{ ask: 'line', answer: 'x' }], /turned down: digits only/],
    ['an answer of the wrong type', [{ ask: 'line', answer: true }], /must be text/],
  ])('%s fails', async (_name, answers, message) => {
    const question = { message: 'Account', validate: (text: string) => /^\d+$/.test(text) || 'digits only' };
    await expect(scriptedPrompts(answers).line(question)).rejects.toThrow(message);
  });

  it('an unknown choice fails with what was offered', async () => {
    const prompts = scriptedPrompts([{ ask: 'choose', answer: '9' }]);
    await expect(prompts.choose({ message: 'Request', choices })).rejects.toThrow('1  Account info\n2  Forgot');
  });

  it('an answer left over fails', () => {
    expect(() => scriptedPrompts([{ ask: 'confirm', message: 'Go on', answer: true }]).done()).toThrow(
      'confirm: Go on',
    );
  });

  it('leaves a question as Ctrl-C would', async () => {
    const prompts = scriptedPrompts([{ ask: 'secret', answer: CANCEL }]);
    await expect(prompts.secret({ message: 'Passphrase' })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
