/**
 * What every question has in common: it is asked on a real terminal only, and every way of not answering it (Ctrl-C,
 * Ctrl-D, Esc, a signal, a closed terminal, no answer in time) ends as one Refusal `cancelled`, thrown after the
 * terminal is usable again. Left alone, a prompt at the end of its input lets Node run out of work and exit 0.
 */
import { emitKeypressEvents, type Interface, type Key } from 'node:readline';
import { Refusal } from '../errors.js';

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The terminal that questions are put to. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** stderr: stdout is for results. */
  readonly output: NodeJS.WriteStream;
  /** Adds a listener to a signal of this process and returns how to take it off. */
  readonly onSignal: (name: SignalName, handler: () => void) => () => void;
  /** Idle time after the last key until the question is given up; without it a question waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/** A bare Esc is told from the beginning of an arrow key by this much silence; Node's own half second feels broken. */
const ESCAPE_MS = 100;
const SHOW_CURSOR = '\u001b[?25h';

/** Reason of an abort that is no cancellation: the process was stopped by Ctrl-Z and is back. */
const BACK_FROM_SUSPENSION = Symbol('back from suspension');

/**
 * Runs `ask` until it answers. `ask` must reject once its signal aborts, with the terminal restored.
 * Throws Refusal `cancelled`, or `missing-option` where there is no terminal to ask on.
 */
export async function asking<T>(
  terminal: Terminal,
  message: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new Refusal('missing-option', `This would ask "${message}", but there is no terminal to ask on.`, {
      hint: 'Give the answer as an option; --help lists them.',
    });
  }
  for (;;) {
    const stop = new AbortController();
    const leave = watch(terminal, stop);
    try {
      return await ask(stop.signal);
    } catch (error) {
      if (stop.signal.reason === BACK_FROM_SUSPENSION) continue;
      if (stop.signal.aborted) throw stop.signal.reason;
      // Compared by name: inquirer may be loaded twice. This is its word for a Ctrl-C that it saw first.
      if (error instanceof Error && error.name === 'ExitPromptError') throw cancelled('by Ctrl-C');
      throw error;
    } finally {
      leave();
    }
  }
}

/** Listens for every way to cancel, and aborts `stop` at the first; the returned function stops listening. */
function watch({ input, output, onSignal, timeoutMs }: Terminal, stop: AbortController): () => void {
  const cancel = (how: string) => () => stop.abort(cancelled(how));
  const idle = timeoutMs === undefined ? undefined : setTimeout(cancel('because no answer came in time'), timeoutMs);
  const onKey = (_text: string | undefined, key: Key): void => {
    idle?.refresh();
    if (key.name === 'escape') cancel('by Esc')();
    else if (key.ctrl && key.name === 'c') cancel('by Ctrl-C')();
    else if (key.ctrl && key.name === 'd') cancel('by Ctrl-D')();
    else if (key.ctrl && key.name === 'z') suspend(output, stop);
  };
  const onClosed = cancel('because the terminal was closed');

  // The second argument is read for this one member; where the stream already decodes keys the call does nothing.
  emitKeypressEvents(input, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
  input.prependListener('keypress', onKey);
  for (const event of ['end', 'close', 'error']) input.on(event, onClosed);
  output.on('error', onClosed);
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => onSignal(name, cancel(`by ${name}`)));

  return () => {
    clearTimeout(idle);
    input.off('keypress', onKey);
    for (const event of ['end', 'close', 'error']) input.off(event, onClosed);
    output.off('error', onClosed);
    for (const off of signals) off();
  };
}

/**
 * Ctrl-Z: readline leaves raw mode and stops the process, right after this listener. The turn after that runs when the
 * process continues, or at once where it cannot be stopped (no job control), and then with the terminal echoing: in
 * both cases the question is asked anew, which also brings raw mode back. What was typed is dropped.
 */
function suspend(output: NodeJS.WriteStream, stop: AbortController): void {
  output.write(SHOW_CURSOR);
  setImmediate(() => stop.abort(BACK_FROM_SUSPENSION));
}

function cancelled(how: string): Refusal {
  return new Refusal('cancelled', `Cancelled ${how}.`);
}
