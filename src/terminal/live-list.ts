/** What questions of the live screen share: a list to choose from by key or cursor, and the line that explains keys. */
import type { LiveChoice, LiveKey } from './live-contract.js';
import type { Style } from './style.js';
import { alignedLines } from './table.js';

export const ESC_BACK = 'Esc back';

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
export function listOf<T>(choices: readonly LiveChoice<T>[]) {
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
