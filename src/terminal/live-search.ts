/**
 * The search box with its matches. A digit can be text or a choice: after letters it chooses, unless the text with the digit has
 * matches; after Enter it always chooses; in a number it always belongs to the number.
 */
import type { Hooks, LiveChoice, QuestionMaker, SearchQuestion } from './live-contract.js';
import { ESC_BACK, keyHelp, listOf } from './live-list.js';
import { fit } from './printable.js';
import type { View } from './render.js';
import type { Style } from './style.js';

const MOST = 9;

const NOTHING_YET = '  No match yet. Press Enter to search anywhere in the text.';
const NOTHING = '  No match.';
const MORE = '  … there are more: type more of the name, company or number.';

export function searchQuestion<T>(question: SearchQuestion<T>): QuestionMaker<T> {
  return (hooks) => {
    const box = new SearchBox(question, hooks);
    return {
      view: () => box.view(),
      prompt: question.message,
      box: true,
      keys: ['Enter choose', ...keyHelp(question.keys ?? []), ESC_BACK],
      body: (room, style) => box.body(room, style),
      typed: (line) => box.typed(line),
      onKey: (name, typed, line) => void box.key(name, typed, line).catch(hooks.fail),
      onEnter: (line) => void box.enter(line).catch(hooks.fail),
      onEscape: (line) => box.escape(line),
    };
  };
}

class SearchBox<T> {
  readonly #question: SearchQuestion<T>;
  readonly #hooks: Hooks<T>;
  readonly #list = listOf<T>(() => this.#found);
  #found: readonly LiveChoice<T>[] = [];
  #text = '';
  /** The line after the newest key; its search may still be running. */
  #newest = '';
  /** More than nine were found. */
  #more = false;
  /** The search also looked inside words. */
  #thorough = false;
  /** True after Enter: a digit chooses. */
  #picking = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(question: SearchQuestion<T>, hooks: Hooks<T>) {
    this.#question = question;
    this.#hooks = hooks;
  }

  typed(line: string): string {
    return this.#picking ? this.#text : line;
  }

  view(): View {
    const { meanwhile = [] } = this.#question;
    const view = this.#question.view();
    if (meanwhile.length === 0 || this.#text.trim() !== '') return view;
    return [...view, { kind: 'blank' }, { kind: 'lines', lines: meanwhile }];
  }

  body(room: number, style: Style): string[] {
    if (this.#text.trim() === '') return [];
    if (this.#found.length === 0) return [this.#thorough ? NOTHING : NOTHING_YET];
    const lines = this.#list.lines(room, style, this.#picking || this.#found.length === 1);
    return this.#more ? [...lines, fit(MORE, room)] : lines;
  }

  async key(name: string, typed: string, line: string): Promise<void> {
    this.#newest = line;
    const special = (this.#question.keys ?? []).find(({ keys }) => keys.includes(name));
    if (special !== undefined) return this.#hooks.answer(special.value);
    if (this.#list.move(name)) {
      this.#picking = this.#found.length > 0;
      return;
    }
    const meant = this.#list.byKey(typed);
    if (meant !== undefined && (this.#picking || (await this.#choosesBehindLetters(typed, line)))) {
      return this.#hooks.answer(meant.value);
    }
    if (this.#newest !== line) return;
    this.#changed(line);
    this.#hooks.redraw();
  }

  async #choosesBehindLetters(typed: string, line: string): Promise<boolean> {
    if (!/\p{L}/u.test(this.#text) || this.#text + typed !== line) return false;
    const goesOn = real(await this.#question.look(line.trim(), false)).length > 0;
    return !goesOn && this.#newest === line;
  }

  async enter(line: string): Promise<void> {
    const marked = this.#picking ? this.#list.marked() : undefined;
    if (marked !== undefined) return this.#hooks.answer(marked.value);
    // Enter empties the editor, but the text should stay.
    this.#hooks.setLine(line);
    this.#changed(line);
    await this.#looking;
    if (real(this.#found).length === 0) await this.#take(line, true);
    const [only, another] = real(this.#found);
    if (only !== undefined && another === undefined) return this.#hooks.answer(only.value);
    this.#picking = this.#found.length > 0;
    this.#hooks.announce();
  }

  /** Empties the box; if it is empty, leaves the question. */
  escape(line: string): void {
    if (line === '' && !this.#picking) return this.#hooks.answer(undefined);
    this.#hooks.setLine('');
    this.#newest = '';
    this.#changed('');
    this.#hooks.redraw();
  }

  #changed(line: string): void {
    this.#picking = false;
    if (line === this.#text) return;
    this.#text = line;
    this.#list.reset();
    this.#looking = this.#take(line, false);
    this.#looking.catch(this.#hooks.fail);
  }

  /** Drops the matches if the text has changed meanwhile. */
  async #take(line: string, thoroughly: boolean): Promise<void> {
    const results = await this.#question.look(line.trim(), thoroughly);
    if (this.#text !== line) return;
    const found = real(results);
    this.#more = found.length > MOST;
    this.#thorough = thoroughly;
    this.#found = [...found.slice(0, MOST), ...results.filter(({ beside }) => beside === true)];
    this.#hooks.redraw();
  }
}

/** The matches, without choices that are only offered besides. */
const real = <T>(found: readonly LiveChoice<T>[]): readonly LiveChoice<T>[] =>
  found.filter(({ beside }) => beside !== true);
