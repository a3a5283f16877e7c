/** The kinds of question of the live screen: what each key does, and what is shown. The search box is live-search.ts. */
import { REVEAL_MS } from './asking.js';
import type {
  ChooseQuestion,
  LineQuestion,
  LiveChoice,
  LiveKey,
  LiveTerminal,
  PhraseQuestion,
  QuestionMaker,
} from './live-contract.js';
import { HIDDEN, likePhrase, printable } from './printable.js';
import type { Style } from './style.js';
import { alignedLines } from './table.js';

/** Fixed keys stay where they are; the other choices have the digits that are free, and then letters. */
function keysOf(choices: readonly LiveChoice<unknown>[]): readonly string[] {
  const free = [...'123456789abcdefghijklmnopqrstuvwxyz'].filter((key) =>
    choices.every((choice) => choice.key !== key),
  );
  return choices.map(({ key }) => key ?? free.shift() ?? '');
}

/** Rows with a mark before one of them, and the key of each, if there are keys. */
export function rowLines(
  choices: readonly LiveChoice<unknown>[],
  { room, style, mark, keys }: { room: number; style: Style; mark: number | undefined; keys: readonly string[] },
): string[] {
  const cells = choices.map(({ name }) => (typeof name === 'string' ? [name] : name));
  return alignedLines(cells, room - 6).map((text, at) => {
    const sign = at === mark ? style.accent('>') : ' ';
    return `${sign} ${keys.length === 0 ? '' : `${style.strong(keys[at] ?? '')}  `}${text}`;
  });
}

/** A list with a cursor that the arrow keys move. */
function listOf<T>(choices: readonly LiveChoice<T>[]) {
  let mark = 0;
  const keys = keysOf(choices);
  return {
    move(name: string): boolean {
      if (name !== 'up' && name !== 'down') return false;
      mark = Math.max(0, Math.min(choices.length - 1, mark + (name === 'down' ? 1 : -1)));
      return true;
    },
    byKey: (text: string) => (text === '' ? undefined : choices[keys.indexOf(text.toLowerCase())]),
    marked: () => choices[mark],
    lines: (room: number, style: Style, showMark: boolean) =>
      rowLines(choices, { room, style, mark: showMark ? mark : undefined, keys }),
  };
}

/** `F2 spell`, `Ctrl-E end`. */
export const keyHelp = (keys: readonly LiveKey<unknown>[]): string[] =>
  keys.map(
    ({ keys: names, about }) =>
      `${(names[0] ?? '').replace(/^f(\d)/, 'F$1').replace(/^ctrl-(.)/, (_all, letter: string) => `Ctrl-${letter.toUpperCase()}`)} ${about}`,
  );

export function chooseQuestion<T>(question: ChooseQuestion<T>, plain: boolean): QuestionMaker<T> {
  return (hooks) => {
    const list = listOf(question.choices);
    /** Plain output shows no mark before an arrow has moved it, and Enter takes only what is marked. */
    let shown = !plain;
    return {
      view: question.view,
      prompt: question.message,
      box: false,
      keys: ['Ctrl-C leave'],
      body: (room, style) => list.lines(room, style, shown),
      // In plain lines a key waits for Enter, as everything there does (E22).
      typed: (line) => (!plain ? '' : line.length > 2 ? HIDDEN : line),
      onKey(name, text) {
        const moved = list.move(name);
        shown ||= moved;
        if (moved && plain) hooks.announce();
        const chosen = moved || plain ? undefined : list.byKey(text);
        if (chosen !== undefined) hooks.answer(chosen.value);
      },
      onTick() {
        const answer = question.overtaken?.();
        if (answer !== undefined) hooks.answer(answer);
      },
      onEnter(line) {
        const typed = plain ? line.trim() : '';
        const marked = shown ? list.marked() : undefined;
        const chosen = typed === '' ? marked : list.byKey(typed);
        if (chosen !== undefined) hooks.answer(chosen.value);
        else hooks.announce();
      },
    };
  };
}

export function lineQuestion(question: LineQuestion): QuestionMaker<string> {
  return (hooks) => ({
    view: question.view,
    prompt: question.default ? `${question.message} (${question.default})` : question.message,
    box: true,
    keys: ['Enter go on'],
    body: () => [],
    typed: (line) => (question.prose !== true && likePhrase(line) ? HIDDEN : line),
    onEnter(line) {
      const text = line.trim() || question.default;
      return text === undefined && question.prose ? hooks.announce() : hooks.answer(text ?? '');
    },
  });
}

type Heard<T> = { readonly text: string } | { readonly key: T };

export function phraseQuestion<T>(question: PhraseQuestion<T>, at: LiveTerminal): QuestionMaker<Heard<T>> {
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
        ...(question.counted === undefined ? [] : ['Ctrl-W last word again']),
        ...(at.plain ? [] : [`Ctrl-R show ${Math.ceil(REVEAL_MS / 1000)} s`]),
        ...keyHelp(question.keys),
      ],
      body: () => [],
      typed: (line) =>
        revealed ? printable(line) || at.style.said('(nothing typed yet)') : (question.counted?.(line) ?? ''),
      onKey(name) {
        const special = question.keys.find(({ keys }) => keys.includes(name));
        if (special !== undefined) return hooks.answer({ key: special.value });
        if (name !== 'ctrl-r' || at.plain) return;
        if (revealed !== undefined) return hide();
        revealed = setTimeout(hide, REVEAL_MS);
      },
      onEnter: (line) => hooks.answer({ text: line }),
      onEnd: () => {
        clearTimeout(revealed);
        // The question may be asked again after a lock: then the phrase is hidden.
        revealed = undefined;
      },
    };
  };
}
