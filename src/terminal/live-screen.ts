/**
 * The screen of a live call. It keeps the terminal from the first question of a call to the last.
 *
 * Between prompts that open and close, the terminal itself echoes what is typed, for instance while a phrase is checked. So this screen stays
 * in raw mode all the time, and drops what is typed while no question is open. It draws on the alternate screen, so nothing said on a call
 * reaches the scrollback, and `wipe` clears the rest. With `--plain` it asks the same questions in plain lines (live-painter.ts).
 *
 * Esc answers undefined. Ctrl-C, Ctrl-D, a signal and a closed terminal end the open question and all later ones with one
 * Refusal `cancelled`. Ctrl-Z suspends; afterwards the screen is drawn again.
 */
import type { Interface, Key } from 'node:readline';
import type { Refusal } from '../errors.js';
import { cancelled, setLine, silentEditor, whenGone } from './asking.js';
import type {
  Asked,
  ChooseQuestion,
  LineQuestion,
  LiveKey,
  LiveTerminal,
  OpenQuestion,
  PhraseQuestion,
  QuestionMaker,
  SearchQuestion,
} from './live-contract.js';
import { framePainter, type Painter, plainPainter } from './live-painter.js';
import { chooseQuestion, keyHelp, lineQuestion, phraseQuestion } from './live-questions.js';
import { searchQuestion } from './live-search.js';

const TICK_MS = 1000;

export class LiveScreen {
  readonly #terminal: LiveTerminal;
  readonly #editor: Interface;
  readonly #painter: Painter;
  readonly #leave: () => void;
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
    const { input, output } = terminal;
    this.#lastKey = terminal.now();
    this.#painter = terminal.plain ? plainPainter(terminal) : framePainter(terminal);
    this.#editor = silentEditor(input);
    this.#editor.on('line', (line) => this.#open?.question.onEnter?.(line));
    this.#editor.on('SIGINT', () => this.#stop('by Ctrl-C'));
    this.#editor.on('close', () => this.#stop('because the terminal was closed'));
    this.#editor.on('SIGCONT', () => this.#back());
    input.prependListener('keypress', this.#beforeKey);
    input.on('keypress', this.#onKey);
    const onResize = () => this.#redraw(true);
    output.on('resize', onResize);
    const tick = setInterval(() => this.#tick(), TICK_MS);
    const leave = whenGone(terminal, (how) => this.#stop(how));
    this.#leave = () => {
      for (const listener of [this.#beforeKey, this.#onKey]) input.off('keypress', listener);
      output.off('resize', onResize);
      clearInterval(tick);
      leave();
    };
  }

  /** One key chooses, or arrows and Enter. */
  choose<T>(question: ChooseQuestion<T>): Promise<T | undefined> {
    return this.#ask(chooseQuestion(question, this.#terminal.plain));
  }

  /**
   * A box that shows matches as the person types. Every letter and digit belongs to the text: arrows and Enter choose, PgUp and PgDn turn
   * the page. Enter takes the match if there is only one.
   */
  search<T>(question: SearchQuestion<T>): Promise<T | undefined> {
    return this.#ask(searchQuestion(question));
  }

  line(question: LineQuestion): Promise<string | undefined> {
    return this.#ask(lineQuestion(question));
  }

  /** Shows neither the text nor its length, but for what `counted` says. Ctrl-R shows the text for a few seconds. */
  phrase<T>(question: PhraseQuestion<T>) {
    return this.#ask(phraseQuestion(question, this.#terminal));
  }

  async #ask<T>(make: QuestionMaker<T>): Promise<T | undefined> {
    // Keys typed before this question are not an answer to it. Let them arrive first, while nothing listens.
    await new Promise((next) => setImmediate(next));
    if (this.#stopped !== undefined) throw this.#stopped;
    let asked: OpenQuestion | undefined;
    try {
      return await new Promise<T | undefined>((answer, fail) => {
        const made = make({
          answer,
          fail,
          redraw: () => this.#redraw(false),
          announce: () => this.#painter.announce(question, this.#editor.line),
          setLine: (text) => setLine(this.#editor, text),
        });
        const keys = () => [...made.keys, ...keyHelp(this.#offered()), 'Esc back'];
        const question = Object.defineProperty({ ...made }, 'keys', { get: keys });
        asked = question;
        setLine(this.#editor, question.line ?? '');
        this.#open = { question, answer: answer as (value: unknown) => void, fail };
        this.#painter.open(question);
      });
    } finally {
      this.#open = undefined;
      asked?.onEnd?.();
      setLine(this.#editor, '');
      this.#painter.leave?.();
    }
  }

  /** Whenever no key came for `afterMs`, drops what was typed and runs `lock`, which may ask; then the question goes on. What `lock` throws ends it. */
  lockWhenIdle(afterMs: number, lock: () => Promise<void>): void {
    this.#idle = { afterMs, lock };
  }

  /** Keys of every question. While their value asks others, the open one waits, with what was typed; what the value throws ends it. */
  offerAlways(keys: () => readonly LiveKey<() => Promise<void>>[]): void {
    this.#always = keys;
  }

  #offered = (): readonly LiveKey<() => Promise<void>>[] => (this.#waiting > 0 ? [] : this.#always());

  #tick(): void {
    if (this.#locksIdle()) return;
    this.#open?.question.onTick?.();
    this.#redraw(false);
  }

  /** Also before a key counts: the first one after a machine slept may come before the tick. A clock that was set back keeps nothing open. */
  #locksIdle(): boolean {
    const idle = this.#locked ? undefined : this.#idle;
    if (idle === undefined || Math.abs(this.#terminal.now() - this.#lastKey) < idle.afterMs) return false;
    void this.#lock(idle.lock);
    return true;
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
      setLine(this.#editor, line);
      this.#open = waiting;
    } catch (error) {
      waiting.fail(error);
    } finally {
      this.#waiting -= 1;
    }
    if (this.#open !== undefined) this.#painter.open(this.#open.question);
    this.#redraw(false);
  }

  /** Runs `work` and shows that it is running. What is typed meanwhile is dropped. */
  async working<T>(question: Asked, work: () => Promise<T>): Promise<T> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const picture = { ...question, prompt: question.message, keys: [], box: false, body: () => [], typed: () => '' };
    this.#painter.open(picture);
    try {
      return await work();
    } finally {
      this.#painter.leave?.();
    }
  }

  /** Ctrl-Z, as in asking.ts: the next turn runs when the process continues, or at once where nothing stops it. */
  readonly #beforeKey = (_text: string | undefined, key: Key): void => {
    if (!this.#locksIdle()) this.#lastKey = this.#terminal.now();
    if (key.ctrl !== true || key.name !== 'z') return;
    this.#painter.suspend?.();
    setImmediate(() => this.#back());
  };

  readonly #onKey = (text: string | undefined, key: Key): void => {
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
    if (open.question.turns?.(name) === true || this.#painter.scroll?.(open.question, name)) return;
    open.question.onKey?.(name, key.ctrl === true ? '' : (text ?? ''), line);
    this.#redraw(false);
  };

  #redraw(whole: boolean): void {
    if (this.#open === undefined) return;
    if (whole) this.#painter.forget?.();
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
    this.#stopped ??= cancelled(how);
    this.#open?.fail(this.#stopped);
  }

  /** Copies text to the clipboard, if the terminal allows it (OSC 52). */
  copy(text: string): void {
    this.#terminal.output.write(`\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`);
  }

  /** Clears the screen, and with the frame the scrollback too; plain lines are drawn where others' lines are (E39). */
  wipe(): void {
    this.#painter.wipe();
  }

  /** Restores the terminal. */
  close(): void {
    this.#closed = true;
    this.#leave();
    this.#editor.close();
    this.#painter.close?.();
  }
}
