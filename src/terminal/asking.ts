/**
 * What all questions have in common: they are asked only on a real terminal, and every way not to answer (Ctrl-C,
 * Ctrl-D, Esc, a signal, a closed terminal) ends in the same Refusal `cancelled`, thrown after the
 * terminal is usable again. Without this, a prompt at the end of its input would let Node run out of work and exit 0.
 */
import { createInterface, emitKeypressEvents, type Interface, type Key } from 'node:readline';
import { Writable } from 'node:stream';
import { Refusal } from '../errors.js';

/** The terminal on which questions are asked. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** stderr: stdout is for results. */
  readonly output: NodeJS.WriteStream;
  /** Adds a listener to a signal of this process; the returned function removes it. */
  readonly onSignal: (name: NodeJS.Signals, handler: () => void) => () => void;
}

/** This much silence tells Esc from the beginning of an arrow key; Node's default of half a second feels broken. */
const ESCAPE_MS = 100;
/** How long Ctrl-R shows a secret. */
export const REVEAL_MS = 5000;
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
function watch(terminal: Terminal, stop: AbortController): () => void {
  const { input, output } = terminal;
  const cancel = (how: string) => stop.abort(cancelled(how));
  const onKey = (_text: string | undefined, key: Key): void => {
    if (key.name === 'escape') cancel('by Esc');
    else if (key.ctrl && key.name === 'c') cancel('by Ctrl-C');
    else if (key.ctrl && key.name === 'd') cancel('by Ctrl-D');
    else if (key.ctrl && key.name === 'z') suspend(output, stop);
  };

  // Node reads only this member of the second argument. If the stream already decodes keys, the call does nothing.
  emitKeypressEvents(input, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
  input.prependListener('keypress', onKey);
  const leave = whenGone(terminal, cancel);
  return () => {
    input.off('keypress', onKey);
    leave();
  };
}

/** Says how the terminal went away: closed, or by a signal. The returned function stops listening. */
export function whenGone({ input, output, onSignal }: Terminal, gone: (how: string) => void): () => void {
  const onClosed = () => gone('because the terminal was closed');
  for (const event of ['end', 'close', 'error']) input.on(event, onClosed);
  output.on('error', onClosed);
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => onSignal(name, () => gone(`by ${name}`)));
  return () => {
    for (const event of ['end', 'close', 'error']) input.off(event, onClosed);
    output.off('error', onClosed);
    for (const off of signals) off();
  };
}

/** Ctrl-Y, Alt-Y, undo and redo bring back what was deleted, such as a phrase, in whatever box is open by then. */
const BRINGS_BACK = ['\u0019', '\u001by', '\u001f', '\u001e'];

/** readline's editing (backspace, Ctrl-U, Ctrl-W, paste) at the end of the line, where the cursor is shown; without output and history. */
export function silentEditor(input: NodeJS.ReadStream): Interface {
  const output = new Writable({ write: (_chunk, _encoding, written) => written() });
  const options = { terminal: true, historySize: 0, tabSize: 1, escapeCodeTimeout: ESCAPE_MS };
  const editor = createInterface({ input, output, ...options });
  const take = Reflect.get(editor, '_ttyWrite') as (text: string | undefined, key?: Key) => void;
  const _ttyWrite: typeof take = (text, key) => {
    if (!BRINGS_BACK.includes(key?.sequence ?? '')) take.call(editor, text, key);
    Object.assign(editor, { cursor: editor.line.length });
  };
  return Object.assign(editor, { _ttyWrite });
}

/** Puts a text in place of what is typed in an editor. */
export function setLine(editor: Interface, text: string): void {
  editor.write(null, { ctrl: true, name: 'e' });
  editor.write(null, { ctrl: true, name: 'u' });
  if (text !== '') editor.write(text);
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

export const cancelled = (how: string): Refusal => new Refusal('cancelled', `Cancelled ${how}.`);
