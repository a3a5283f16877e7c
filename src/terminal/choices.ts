/**
 * Choosing with one key, because agents on a call choose by digit, not by arrow. inquirer's list only moves to the digit
 * typed; here the key also presses Enter.
 */
import type { Key } from 'node:readline';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  /** One letter or digit that chooses this; the default is the place in the list, from 1. */
  readonly key?: string | undefined;
  /** Shown below the list while the cursor is on this choice. */
  readonly description?: string | undefined;
}

/** With more choices a digit may be the first of two, so it only moves the cursor. */
const MOST_DIGITS = 9;

/** The label shown before each choice and typed to choose it. Two equal labels are a bug of the calling code. */
export function choiceLabels(choices: readonly Choice<unknown>[]): string[] {
  const labels = choices.map(({ key }, at) => {
    return key === undefined || (choices.length > MOST_DIGITS && isDigit(key)) ? String(at + 1) : key.toLowerCase();
  });
  const twice = labels.find((label, at) => labels.indexOf(label) !== at);
  if (twice !== undefined) throw new Error(`two choices have the key "${twice}"`);
  return labels;
}

/**
 * While a list is open on `input`, turns a typed label into the keys that choose it there (clear, its place, Enter),
 * before the list sees the key. This happens in the same turn, so that a second key of the same burst finds the list
 * closed. The returned function stops it.
 */
export function choosingByKey(input: NodeJS.ReadStream, labels: readonly string[]): () => void {
  const direct = labels.filter((label) => label.length === 1 && (labels.length <= MOST_DIGITS || !isDigit(label)));
  let pressing = false;
  const press = (sequence: string, name: string) => {
    input.emit('keypress', sequence, { sequence, name, ctrl: false, meta: false, shift: false } satisfies Key);
  };
  const onKey = (text: string | undefined, key: Key): void => {
    const label = text?.toLowerCase() ?? '';
    if (pressing || key.ctrl || key.meta || !direct.includes(label)) return;
    pressing = true;
    press('\u007f', 'backspace');
    for (const digit of String(labels.indexOf(label) + 1)) press(digit, digit);
    press('\r', 'return');
    pressing = false;
  };
  input.prependListener('keypress', onKey);
  return () => input.off('keypress', onKey);
}

function isDigit(label: string): boolean {
  return /^[0-9]$/.test(label);
}
