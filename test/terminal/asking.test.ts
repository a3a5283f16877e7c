/** Every way of not answering, on a real pseudo-terminal. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { asking } from '../../src/terminal/asking.js';
import { KEYS } from '../support/pty.js';
import { answered, CANARY, expectCancelled, QUESTION, useQuestions } from '../support/questions.js';

const { ask, run, file } = useQuestions();

describe('not answering', () => {
  const questions = Object.keys(QUESTION) as (keyof typeof QUESTION)[];

  it.each(questions)(
    '%s: Ctrl-C, Ctrl-D and Esc end as cancelled, with exit 130 and a usable terminal',
    async (question) => {
      const keys = { 'Ctrl-C': KEYS.ctrlC, 'Ctrl-D': KEYS.ctrlD, Esc: KEYS.escape };
      for (const [name, key] of Object.entries(keys)) {
        const terminal = ask(question);
        await terminal.waitFor(QUESTION[question]);
        terminal.type(key);
        await expectCancelled(terminal, new RegExp(`Cancelled by ${name}`));
      }
    },
  );

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

  it.each(['secret', 'line', 'choose'] as const)(
    '%s: Ctrl-Z with nothing to stop the process asks again and never echoes',
    async (question) => {
      // Alone in its session the process cannot be stopped: readline has left raw mode and would let the terminal echo.
      const terminal = ask(question);
      await terminal.waitFor(QUESTION[question]);
      terminal.type(KEYS.ctrlZ);
      const twice = new RegExp(`${QUESTION[question].source}(.|\\n)*${QUESTION[question].source}`);
      await terminal.waitFor(twice);
      if (question === 'secret') terminal.type(CANARY);
      terminal.type(KEYS.ctrlC);
      await expectCancelled(terminal, /Ctrl-C/);
      expect(terminal.raw()).not.toContain(CANARY.slice(0, 4));
    },
  );

  it('Ctrl-Z under a shell suspends, and fg asks again; B11: nothing typed after it is echoed', async () => {
    const shell = run('/bin/bash', ['--norc', '--noprofile', '-i'], { env: { PS1: 'shell> ' } });
    await shell.waitFor(/shell>/);
    shell.type(`'${process.execPath}' '${file()}' secret\r`);
    await shell.waitFor(QUESTION.secret);
    shell.type(`abc${KEYS.ctrlZ}`);
    await shell.waitFor(/Stopped[\s\S]*shell>$/);
    shell.type('fg\r');
    await shell.waitFor(/Stopped[\s\S]*\? Passphrase/);
    shell.type(`${CANARY}\r`);
    await shell.waitFor(new RegExp(`answer: length ${CANARY.length}`));
    expect(shell.raw()).not.toContain(CANARY.slice(0, 4));
  });

  it('without a terminal nothing is asked: exit 2', async () => {
    const shell = run('/bin/sh', ['-c', `'${process.execPath}' '${file()}' secret </dev/null`]);
    expect((await shell.exit()).code).toBe(2);
    expect(shell.screen()).toMatch(/cannot ask "Passphrase"/);
  });
});

describe('a terminal that goes away', () => {
  const aTerminal = () => Object.assign(new PassThrough(), { isTTY: true });

  /** Asks a question that is never answered, and lets `happen` befall its streams. */
  async function lost(happen: (input: PassThrough, output: PassThrough) => void): Promise<unknown> {
    const [input, output] = [aTerminal(), aTerminal()];
    let signals = 0;
    const terminal = {
      input: input as unknown as NodeJS.ReadStream,
      output: output as unknown as NodeJS.WriteStream,
      onSignal: () => {
        signals += 1;
        return () => {
          signals -= 1;
        };
      },
    };
    const end = asking(terminal, 'Account', (signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    }).catch((error: unknown) => error);
    happen(input, output);
    const error = await end;
    expect(signals).toBe(0);
    expect(input.listenerCount('keypress') + input.listenerCount('error') + output.listenerCount('error')).toBe(0);
    return error;
  }

  it.each<[string, (input: PassThrough, output: PassThrough) => void]>([
    ['input ends', (input) => input.end()],
    ['input fails', (input) => input.emit('error', new Error('EIO'))],
    ['input closes', (input) => input.emit('close')],
    ['output fails', (_input, output) => output.emit('error', new Error('EPIPE'))],
  ])('%s: cancelled, and nothing is listened to any more', async (_name, happen) => {
    expect(await lost(happen)).toMatchObject({
      code: 'cancelled',
      message: 'Cancelled because the terminal was closed.',
    });
  });

  it('a bug inside a question stays a bug', async () => {
    const terminal = { input: aTerminal(), output: aTerminal(), onSignal: () => () => {} } as never;
    const bug = new TypeError('a bug');
    await expect(asking(terminal, 'Account', () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
