/**
 * The search box with its matches. Letters and digits always belong to the text, because a caller may say a number (B96); arrows and Enter
 * choose. A text that finds nothing and may be a passphrase is not shown (B11).
 */
import type { Hooks, LiveChoice, QuestionMaker, SearchQuestion } from './live-contract.js';
import { keyHelp, rowLines } from './live-questions.js';
import { fit, HIDDEN, likePhrase } from './printable.js';
import type { Style } from './style.js';

/** Matches on a page. */
const PAGE = 9;
/** With a row beside the matches and a line that there are more. */
const LIST_ROWS = PAGE + 2;

const NOTHING_YET = '  No match yet. Press Enter to search anywhere in the text.';
const NOTHING = '  No match.';
const UNSEEN = '  This may be a passphrase, so it is not shown.';
const MORE = '  … there are more: PgDn shows them, or type more of the name, company or number.';
const CUT = '  … there may be more that are not listed: type more of the name, company or number.';

export function searchQuestion<T>(question: SearchQuestion<T>): QuestionMaker<T> {
  return (hooks) => {
    const box = new SearchBox(question, hooks);
    return {
      view: question.view,
      prompt: question.message,
      box: true,
      line: question.initial ?? '',
      list: LIST_ROWS,
      keys: ['↑↓ Enter choose', ...keyHelp(question.keys ?? [])],
      body: (room, style) => box.body(room, style),
      typed: (line) => box.typed(line),
      turns: (name) => box.turns(name),
      onKey: (name, _typed, line) => box.key(name, line),
      onEnter: (line) => void box.enter(line).catch(hooks.fail),
      onEscape: (line) => box.escape(line),
    };
  };
}

class SearchBox<T> {
  readonly #question: SearchQuestion<T>;
  readonly #hooks: Hooks<T>;
  #found: readonly LiveChoice<T>[] = [];
  /** Offered besides the matches. */
  #beside: readonly LiveChoice<T>[] = [];
  #text = '';
  /** The search also looked inside words, and for all that there are. */
  #thorough = false;
  /** Index of the marked row among all; undefined until an arrow or Enter marks one. */
  #mark: number | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(question: SearchQuestion<T>, hooks: Hooks<T>) {
    this.#question = question;
    this.#hooks = hooks;
    if (question.initial !== undefined) void this.#begin(question.initial).catch(hooks.fail);
  }

  async #begin(text: string): Promise<void> {
    this.#changed(text);
    await this.#looking;
    if (this.#found.length === 0) await this.#take(text, true);
    if (text === '' && this.#found.length > 0) this.#mark = 0;
    this.#hooks.announce();
  }

  typed(line: string): string {
    return this.#found.length === 0 && likePhrase(line) ? HIDDEN : line;
  }

  body(room: number, style: Style): string[] {
    if (this.#text.trim() === '' && this.#found.length === 0) return [];
    const from = this.#from();
    const rows = [...this.#found.slice(from, from + PAGE), ...this.#beside];
    const mark =
      this.#mark === undefined
        ? undefined
        : this.#mark - (this.#marksBeside() ? this.#found.length - (rows.length - this.#beside.length) : from);
    const lines = rowLines(rows, { room, style, mark, keys: [] });
    if (this.#found.length === 0) {
      const unseen = likePhrase(this.#text) ? [style.said(UNSEEN)] : [];
      return [style.said(this.#thorough ? NOTHING : NOTHING_YET), ...unseen, ...lines];
    }
    if (this.#found.length > from + PAGE) return [...lines, fit(style.said(MORE), room)];
    return this.#found.length < this.#question.most ? lines : [...lines, fit(style.said(CUT), room)];
  }

  /** Index of the first row of the page. */
  #from(): number {
    const at = Math.min(this.#mark ?? 0, Math.max(0, this.#found.length - 1));
    return at - (at % PAGE);
  }

  #marksBeside = (): boolean => (this.#mark ?? 0) >= this.#found.length;

  turns(name: string): boolean {
    const by = { pagedown: PAGE, pageup: -PAGE }[name];
    if (by === undefined || this.#found.length <= PAGE) return false;
    this.#move(this.#from() + by);
    return true;
  }

  key(name: string, line: string): void {
    const special = (this.#question.keys ?? []).find(({ keys }) => keys.includes(name));
    if (special !== undefined) return this.#hooks.answer(special.value);
    if (name === 'down' || name === 'up')
      return this.#move(this.#mark === undefined ? 0 : this.#mark + (name === 'down' ? 1 : -1));
    this.#changed(line);
  }

  /** Marks another row; the last page that was found by typing leads to all that there are. */
  #move(to: number): void {
    const all = this.#found.length + this.#beside.length;
    if (all === 0) return;
    this.#mark = Math.max(0, Math.min(all - 1, to));
    this.#hooks.announce();
    if (this.#thorough || this.#mark < PAGE || this.#found.length <= PAGE) return;
    this.#take(this.#text, true).then(() => this.#hooks.announce(), this.#hooks.fail);
  }

  async enter(line: string): Promise<void> {
    // Enter empties the editor, but the text should stay.
    this.#hooks.setLine(line);
    const marked = this.#mark === undefined ? undefined : [...this.#found, ...this.#beside][this.#mark];
    if (marked !== undefined && line === this.#text) return this.#hooks.answer(marked.value);
    this.#changed(line);
    await this.#looking;
    if (this.#found.length === 0) await this.#take(line, true);
    const [only, another] = this.#found;
    if (only !== undefined && another === undefined) return this.#hooks.answer(only.value);
    this.#move(0);
  }

  /** Empties the box; if it is empty, leaves the question. */
  escape(line: string): void {
    if (line === '') return this.#hooks.answer(undefined);
    this.#hooks.setLine('');
    this.#changed('');
    this.#hooks.redraw();
  }

  #changed(line: string): void {
    if (line === this.#text) return;
    this.#text = line;
    this.#mark = undefined;
    this.#looking = this.#take(line, false);
    this.#looking.catch(this.#hooks.fail);
  }

  /** Drops the matches if the text has changed meanwhile. All that there are follow those that are shown already. */
  async #take(line: string, thoroughly: boolean): Promise<void> {
    const results = await this.#question.look(line.trim(), thoroughly);
    if (this.#text !== line) return;
    const found = results.filter(({ beside }) => beside !== true);
    const shown = thoroughly ? this.#found.slice(0, PAGE) : [];
    const names = new Set(shown.map(({ name }) => String(name)));
    this.#found = [...shown, ...found.filter(({ name }) => !names.has(String(name)))];
    this.#beside = results.filter(({ beside }) => beside === true);
    this.#thorough = thoroughly;
    this.#hooks.redraw();
  }
}
