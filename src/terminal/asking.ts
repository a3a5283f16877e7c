/**
 * What all questions have in common: they are asked only on a real terminal, and every way not to answer (Ctrl-C,
 * Ctrl-D, Esc, a signal, a closed terminal, no answer in time) ends in the same Refusal `cancelled`, thrown after the
 * terminal is usable again. Without this, a prompt at the end of its input would let Node run out of work and exit 0.
 */
import { emitKeypressEvents, type Interface, type Key } from 'node:readline';
import { Refusal } from '../errors.js';

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The terminal on which questions are asked. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** stderr: stdout is for results. */
  readonly output: NodeJS.WriteStream;
  /** Adds a listener to a signal of this process; the returned function removes it. */
  readonly onSignal: (name: SignalName, handler: () => void) => () => void;
  /** The question is cancelled after this idle time since the last key; without it a question waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/** This much silence tells Esc from the beginning of an arrow key; Node's default of half a second feels broken. */
const ESCAPE_MS = 100;
const SHOW_CURSOR = '\u001b[?25h';

/** Reason of an abort that is not a cancellation: Ctrl-Z stopped the process, and it continues now. */
const BACK_FROM_SUSPENSION = Symbol('back from suspension');

/**
 * Runs `ask` until it answers. `ask` must reject once its signal aborts, with the terminal restored.
 * Throws Refusal `cancelled`, or `missing-option` without a terminal.
 */
export async function asking<T>(terminal: Terminal, message: string, ask: (signal: AbortSignal) => Promise<T>) {
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new Refusal('missing-option', `countersign cannot ask "${message}" without a terminal.`, {
      hint: 'Give the answer as an option; --help lists the options.',
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
      // Compared by name, because inquirer may be loaded twice. inquirer throws this if it sees Ctrl-C first.
      if (error instanceof Error && error.name === 'ExitPromptError') throw cancelled('by Ctrl-C');
      throw error;
    } finally {
      leave();
    }
  }
}

/** Listens for every way to cancel and aborts `stop` at the first one; the returned function stops listening. */
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

  // Node reads only this member of the second argument. If the stream already decodes keys, the call does nothing.
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
 * Ctrl-Z: readline leaves raw mode and stops the process, right after this listener. The next turn runs when the process
 * continues; without job control it runs at once, and then the terminal echoes. In both cases the question is asked
 * again, which also brings raw mode back. What was typed is dropped.
 */
function suspend(output: NodeJS.WriteStream, stop: AbortController): void {
  output.write(SHOW_CURSOR);
  setImmediate(() => stop.abort(BACK_FROM_SUSPENSION));
}

function cancelled(how: string): Refusal {
  return new Refusal('cancelled', `Cancelled ${how}.`);
}
