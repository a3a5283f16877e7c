/** The kinds of question of the live screen: what each key does, and what of it is seen. */

import type {
  ChooseQuestion,
  Hooks,
  LineQuestion,
  LiveChoice,
  LiveKey,
  PhraseQuestion,
  QuestionMaker,
  SearchQuestion,
} from './live-contract.js';
import { printable, wrap } from './printable.js';
import type { Style } from './style.js';
import { alignedLines } from './table.js';

const ESC_BACK = 'Esc back';

/** A list with a mark that keys move. */
function listOf<T>(choices: () => readonly LiveChoice<T>[]) {
  let mark = 0;
  const keyOf = (choice: LiveChoice<T>, at: number) => (choice.key ?? String(at + 1)).toLowerCase();
  return {
    reset: () => {
      mark = 0;
    },
    move(name: string): boolean {
      if (name !== 'up' && name !== 'down') return false;
      const last = choices().length - 1;
      mark = Math.max(0, Math.min(last, mark + (name === 'down' ? 1 : -1)));
      return true;
    },
    byKey: (text: string) => choices().find((choice, at) => keyOf(choice, at) === text.toLowerCase()),
    marked: () => choices()[mark],
    keys: () => choices().map(keyOf),
    lines(room: number, style: Style, showMark: boolean): string[] {
      const cells = choices().map(({ name }) => (typeof name === 'string' ? [name] : name));
      return alignedLines(cells, room - 6).map((text, at) => {
        const sign = showMark && at === mark ? style.accent('>') : ' ';
        const choice = choices()[at];
        return `${sign} ${style.strong(choice === undefined ? '' : keyOf(choice, at))}  ${text}`;
      });
    },
  };
}

export function chooseQuestion<T>(question: ChooseQuestion<T>): QuestionMaker<T> {
  return (hooks) => {
    const list = listOf(() => question.choices);
    let plainAnswer = '';
    return {
      view: question.view,
      prompt: question.message,
      box: false,
      keys: [ESC_BACK, 'Ctrl-C end the call'],
      body: (room, style) => list.lines(room, style, Number.isFinite(room)),
      typed: () => plainAnswer,
      onKey(name, text) {
        if (list.move(name)) return;
        const chosen = list.byKey(text);
        if (chosen === undefined) return;
        plainAnswer = text;
        hooks.redraw();
        hooks.answer(chosen.value);
      },
      onEnter() {
        const chosen = list.marked();
        if (chosen !== undefined) hooks.answer(chosen.value);
      },
    };
  };
}

export function searchQuestion<T>(question: SearchQuestion<T>): QuestionMaker<T> {
  return (hooks) => {
    const box = openSearch(question, hooks);
    return {
      view: question.view,
      prompt: question.message,
      box: true,
      keys: ['Enter choose', ...keyHelp(question.keys ?? []), ESC_BACK],
      body: box.body,
      typed: box.typed,
      onKey: (name, typed, line) => void box.onKey(name, typed, line).catch(hooks.fail),
      onEnter: (line) => void box.enter(line).catch(hooks.fail),
      onEscape(line) {
        if (line === '' && !box.picking()) return hooks.answer(undefined);
        hooks.setLine('');
        box.changed('');
        hooks.redraw();
      },
    };
  };
}

/** What is found for the text, newest text only; and whether a digit now chooses or is typed. */
function openSearch<T>(question: SearchQuestion<T>, hooks: Hooks<T>) {
  let found: readonly LiveChoice<T>[] = [];
  let text = '';
  /** The line after the newest key, which may still be looked at. */
  let newest = '';
  let picking = false;
  let looking: Promise<void> = Promise.resolve();
  const list = listOf(() => found);

  const take = async (line: string, thoroughly: boolean): Promise<void> => {
    const results = await question.look(line.trim(), thoroughly);
    if (text !== line) return;
    found = results.slice(0, 9);
    hooks.redraw();
  };
  const changed = (line: string): void => {
    picking = false;
    if (line === text) return;
    text = line;
    list.reset();
    looking = take(line, false);
    looking.catch(hooks.fail);
  };
  const finds = async (line: string) => (await question.look(line.trim(), false)).some(({ beside }) => beside !== true);
  return {
    changed,
    picking: () => picking,
    typed: (line: string) => (picking ? text : line),
    body(room: number, style: Style): string[] {
      if (text.trim() === '') return (question.meanwhile ?? []).flatMap((line) => wrap(printable(line), room));
      if (found.length === 0) return ['  Nothing begins so. Enter looks inside the words too.'];
      return list.lines(room, style, picking || found.length === 1);
    },
    async onKey(name: string, typed: string, line: string): Promise<void> {
      newest = line;
      const special = (question.keys ?? []).find(({ keys }) => keys.includes(name));
      if (special !== undefined) return hooks.answer(special.value);
      if (list.move(name)) {
        picking = found.length > 0;
        return;
      }
      const meant = list.byKey(typed);
      if (meant !== undefined && picking) return hooks.answer(meant.value);
      if (meant !== undefined && /\p{L}/u.test(text) && text + typed === line) {
        const goesOn = await finds(line);
        if (newest !== line) return;
        if (!goesOn) return hooks.answer(meant.value);
      }
      changed(line);
      hooks.redraw();
    },
    async enter(line: string): Promise<void> {
      const marked = picking ? list.marked() : undefined;
      if (marked !== undefined) return hooks.answer(marked.value);
      // Enter empties the editor; the text goes on standing.
      hooks.setLine(line);
      changed(line);
      await looking;
      const real = () => found.filter(({ beside }) => beside !== true);
      if (real().length === 0) await take(line, true);
      const [only, another] = real();
      if (only !== undefined && another === undefined) return hooks.answer(only.value);
      picking = found.length > 0;
      hooks.announce();
    },
  };
}

export function lineQuestion(question: LineQuestion): QuestionMaker<string> {
  return (hooks) => ({
    view: question.view,
    prompt: question.default === undefined ? question.message : `${question.message} (${question.default})`,
    box: true,
    keys: ['Enter go on', ESC_BACK],
    body: () => [],
    typed: (line) => line,
    onEnter: (line) => hooks.answer(line.trim() === '' ? (question.default ?? '') : line.trim()),
  });
}

type Heard<T> = { readonly text: string } | { readonly key: T };

export function phraseQuestion<T>(question: PhraseQuestion<T>, revealMs: number): QuestionMaker<Heard<T>> {
  return (hooks) => {
    let revealed: NodeJS.Timeout | undefined;
    const hide = (): void => {
      clearTimeout(revealed);
      revealed = undefined;
      hooks.redraw();
    };
    return {
      view: question.view,
      prompt: question.message,
      box: true,
      keys: [
        'not shown',
        ...(revealMs > 0 ? [`Ctrl-R show ${Math.ceil(revealMs / 1000)} s`] : []),
        ...keyHelp(question.keys),
        ESC_BACK,
      ],
      body: () => [],
      typed: (line) => (revealed === undefined ? '' : printable(line) || '(nothing typed yet)'),
      onKey(name) {
        const special = question.keys.find(({ keys }) => keys.includes(name));
        if (special !== undefined) return hooks.answer({ key: special.value });
        if (name !== 'ctrl-r' || revealMs === 0) return;
        if (revealed !== undefined) return hide();
        revealed = setTimeout(hide, revealMs);
      },
      onEnter: (line) => hooks.answer({ text: line }),
      onEnd: () => clearTimeout(revealed),
    };
  };
}

const keyHelp = (keys: readonly LiveKey<unknown>[]): string[] =>
  keys.map(
    ({ keys: names, about }) =>
      `${(names[0] ?? '').replace(/^f(\d)/, 'F$1').replace(/^ctrl-(.)/, (_all, letter: string) => `Ctrl-${letter.toUpperCase()}`)} ${about}`,
  );
