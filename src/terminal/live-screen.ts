/**
 * The screen of a live call. It keeps the terminal from the first question of a call to the last.
 *
 * Between prompts that open and close, the terminal itself echoes what is typed, for instance while a phrase is checked. So
 * this screen stays in raw mode all the time, and drops what is typed while no question is open. It draws on the alternate
 * screen, so nothing said on a call reaches the scrollback, and `wipe` clears the rest. With `--plain` it asks the same
 * questions in plain lines (live-painter.ts).
 *
 * Esc answers undefined. Ctrl-C, Ctrl-D, a signal and a closed terminal end the open question and all later ones with one
 * Refusal `cancelled`. Ctrl-Z suspends; afterwards the screen is drawn again.
 */
import { createInterface, type Interface, type Key } from 'node:readline';
import { Writable } from 'node:stream';
import { Refusal } from '../errors.js';
import type { Asked, Back, LiveKey, LiveScreen, LiveTerminal, OpenQuestion, QuestionMaker } from './live-contract.js';
import { ESC_BACK, keyHelp } from './live-list.js';
import { framePainter, type Painter, plainPainter } from './live-painter.js';
import { chooseQuestion, lineQuestion, phraseQuestion } from './live-questions.js';
import { searchQuestion } from './live-search.js';

const REVEAL_MS = 5000;
const ESCAPE_MS = 100;
const TICK_MS = 1000;

export function openLiveScreen(terminal: LiveTerminal): LiveScreen {
  const held = new HeldTerminal(terminal);
  return {
    choose: (question) => held.ask(chooseQuestion(question, terminal.plain)),
    search: (question) => held.ask(searchQuestion(question)),
    line: (question) => held.ask(lineQuestion(question)),
    phrase: (question) => held.ask(phraseQuestion(question, terminal.plain ? 0 : (terminal.revealMs ?? REVEAL_MS))),
    working: (question, work) => held.working(question, work),
    lockWhenIdle: (afterMs, lock) => held.lockWhenIdle(afterMs, lock),
    offerAlways: (keys) => held.offerAlways(keys),
    copy: (text) => held.copy(text),
    wipe: () => held.wipe(),
    close: () => held.close(),
  };
}

class HeldTerminal {
  readonly #terminal: LiveTerminal;
  readonly #editor: Interface;
  readonly #painter: Painter;
  readonly #leave: (() => void)[] = [];
  #open: { readonly question: OpenQuestion; answer(value: unknown): void; fail(error: unknown): void } | undefined;
  #idle: { readonly afterMs: number; readonly lock: () => Promise<void> } | undefined;
  #always: () => readonly LiveKey<() => Promise<void>>[] = () => [];
  /** Questions that wait until another is answered. */
  #waiting = 0;
  #lastKey: number;
  #locked = false;
  #stopped: Refusal | undefined;
  #closed = false;

  constructor(terminal: LiveTerminal) {
    this.#terminal = terminal;
    const { input, output, onSignal } = terminal;
    this.#lastKey = terminal.now();
    this.#painter = terminal.plain ? plainPainter(terminal) : framePainter(terminal);
    const nowhere = new Writable({ write: (_chunk, _encoding, written) => written() });
    this.#editor = createInterface({
      input,
      output: nowhere,
      terminal: true,
      historySize: 0,
      tabSize: 1,
      escapeCodeTimeout: ESCAPE_MS,
    });
    this.#editor.on('line', (line) => this.#open?.question.onEnter?.(line));
    this.#editor.on('SIGINT', () => this.#stop('by Ctrl-C'));
    this.#editor.on('close', () => this.#stop('because the terminal was closed'));
    this.#editor.on('SIGCONT', () => this.#back());
    input.prependListener('keypress', this.#beforeKey);
    this.#leave.push(() => void input.off('keypress', this.#beforeKey));
    this.#listen(input, 'keypress', (text: string | undefined, key: Key) => this.#onKey(text, key));
    for (const event of ['end', 'close', 'error'])
      this.#listen(input, event, () => this.#stop('because the terminal was closed'));
    this.#listen(output, 'error', () => this.#stop('because the terminal was closed'));
    this.#listen(output, 'resize', () => this.#redraw(true));
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      this.#leave.push(onSignal(name, () => this.#stop(`by ${name}`)));
    }
    const tick = setInterval(() => this.#tick(), TICK_MS);
    this.#leave.push(() => clearInterval(tick));
  }

  #listen(stream: NodeJS.EventEmitter, event: string, listener: (...values: never[]) => void): void {
    const plainly = listener as (...values: unknown[]) => void;
    stream.on(event, plainly);
    this.#leave.push(() => void stream.off(event, plainly));
  }

  async ask<T>(make: QuestionMaker<T>): Promise<T | Back> {
    // Keys typed before this question are not an answer to it. Let them arrive first, while nothing listens.
    await new Promise((next) => setImmediate(next));
    if (this.#stopped !== undefined) throw this.#stopped;
    let asked: OpenQuestion | undefined;
    try {
      return await new Promise<T | Back>((answer, fail) => {
        const made = make({
          answer,
          fail,
          redraw: () => this.#redraw(false),
          announce: () => this.#painter.announce(question, this.#editor.line),
          setLine: (text) => this.#setLine(text),
        });
        const keys = () => [...made.keys, ...keyHelp(this.#offered()), ESC_BACK];
        const question = Object.defineProperty({ ...made }, 'keys', { get: keys });
        asked = question;
        this.#setLine(question.line ?? '');
        this.#open = { question, answer: answer as (value: unknown) => void, fail };
        this.#painter.open(question);
      });
    } finally {
      this.#open = undefined;
      asked?.onEnd?.();
      this.#setLine('');
      this.#painter.leave();
    }
  }

  lockWhenIdle(afterMs: number, lock: () => Promise<void>): void {
    this.#idle = { afterMs, lock };
  }

  offerAlways(keys: () => readonly LiveKey<() => Promise<void>>[]): void {
    this.#always = keys;
  }

  #offered = (): readonly LiveKey<() => Promise<void>>[] => (this.#waiting > 0 ? [] : this.#always());

  #tick(): void {
    const idle = this.#idle;
    if (idle !== undefined && !this.#locked && this.#terminal.now() - this.#lastKey >= idle.afterMs)
      void this.#lock(idle.lock);
    else {
      this.#open?.question.onTick?.();
      this.#redraw(false);
    }
  }

  /** Nobody sees the open question, or what was typed, until `lock` is done. */
  async #lock(lock: () => Promise<void>): Promise<void> {
    if (this.#open === undefined) return;
    this.#locked = true;
    this.#painter.wipe();
    await this.#putAside(lock, '');
    this.#locked = false;
    this.#lastKey = this.#terminal.now();
  }

  /** The open question waits until `work`, which may ask others, is done; then it goes on with `line`. */
  async #putAside(work: () => Promise<void>, line: string): Promise<void> {
    const waiting = this.#open;
    if (waiting === undefined) return;
    this.#open = undefined;
    this.#waiting += 1;
    waiting.question.onEnd?.();
    try {
      await work();
      this.#setLine(line);
      this.#open = waiting;
    } catch (error) {
      waiting.fail(error);
    } finally {
      this.#waiting -= 1;
    }
    if (this.#open !== undefined) this.#painter.open(this.#open.question);
    this.#redraw(false);
  }

  async working<T>(question: Asked, work: () => Promise<T>): Promise<T> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const picture = { ...question, prompt: question.message, keys: [], box: false, body: () => [], typed: () => '' };
    this.#painter.open(picture);
    try {
      return await work();
    } finally {
      this.#painter.leave();
    }
  }

  /**
   * Ctrl-Z: readline leaves raw mode and stops the process right after this. The next turn runs when the process continues; without
   * job control it runs at once, and then the terminal echoes.
   */
  readonly #beforeKey = (_text: string | undefined, key: Key): void => {
    if (key.ctrl !== true || key.name !== 'z') return;
    this.#painter.suspend();
    setImmediate(() => this.#back());
  };

  #onKey(text: string | undefined, key: Key): void {
    this.#lastKey = this.#terminal.now();
    const open = this.#open;
    if (key.ctrl === true && key.name === 'd') return this.#stop('by Ctrl-D');
    if (key.ctrl === true && key.name === 'z') return;
    if (open === undefined || key.name === 'return' || key.name === 'enter') return;
    const { line } = this.#editor;
    if (key.name === 'escape')
      return open.question.onEscape === undefined ? open.answer(undefined) : open.question.onEscape(line);
    const name = `${key.ctrl === true ? 'ctrl-' : ''}${key.name ?? text ?? ''}`;
    const always = this.#offered().find(({ keys }) => keys.includes(name));
    if (always !== undefined) return void this.#putAside(always.value, line);
    if (open.question.turns?.(name) === true || this.#painter.scroll(open.question, name)) return;
    open.question.onKey?.(name, key.ctrl === true ? '' : (text ?? ''), line);
    this.#redraw(false);
  }

  #setLine(text: string): void {
    this.#editor.write(null, { ctrl: true, name: 'e' });
    this.#editor.write(null, { ctrl: true, name: 'u' });
    if (text !== '') this.#editor.write(text);
  }

  #redraw(whole: boolean): void {
    if (this.#open === undefined) return;
    if (whole) this.#painter.forget();
    this.#painter.update(this.#open.question, this.#editor.line);
  }

  #back(): void {
    if (this.#closed) return;
    this.#terminal.input.setRawMode(true);
    this.#editor.resume();
    this.#painter.resume();
    this.#redraw(true);
  }

  #stop(how: string): void {
    this.#stopped ??= new Refusal('cancelled', `Cancelled ${how}.`);
    this.#open?.fail(this.#stopped);
  }

  copy(text: string): void {
    this.#terminal.output.write(`\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`);
  }

  wipe(): void {
    this.#painter.wipe();
  }

  close(): void {
    this.#closed = true;
    for (const leave of this.#leave.splice(0)) leave();
    this.#editor.close();
    this.#painter.close();
  }
}
