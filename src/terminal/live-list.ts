/** What questions of the live screen share: a list to choose from by key or cursor, and the line that explains keys. */
import type { LiveChoice, LiveKey } from './live-contract.js';
import type { Style } from './style.js';
import { alignedLines } from './table.js';

export const ESC_BACK = 'Esc back';

/** A list with a cursor that the arrow keys move. */
export function listOf<T>(choices: () => readonly LiveChoice<T>[]) {
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

/** `F2 spell`, `Ctrl-E end`. */
export const keyHelp = (keys: readonly LiveKey<unknown>[]): string[] =>
  keys.map(
    ({ keys: names, about }) =>
      `${(names[0] ?? '').replace(/^f(\d)/, 'F$1').replace(/^ctrl-(.)/, (_all, letter: string) => `Ctrl-${letter.toUpperCase()}`)} ${about}`,
  );
