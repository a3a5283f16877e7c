/**
 * The questions countersign can ask a person, on stderr. Commands see only `Prompts`; tests give them the strict
 * double in test/support/scripted-prompts.ts.
 *
 * inquirer asks for lines, confirmations and choices, and is loaded at the first of them; secret.ts reads secrets.
 * Every way not to answer ends in one Refusal (asking.ts). Texts of a question pass through `printable` here.
 */

import type { Key } from 'node:readline';
import { asking, type Terminal } from './asking.js';
import { fit, printable } from './printable.js';
import { readSecret, type SecretQuestion } from './secret.js';
import { makeStyle, type Style } from './style.js';

export type { SignalName } from './asking.js';
export type { SecretQuestion } from './secret.js';

export interface LineQuestion {
  readonly message: string;
  /** The answer to an empty line. */
  readonly default?: string | undefined;
  /** `true`, or the sentence that says what is wrong; then the person can correct the line. */
  readonly validate?: ((answer: string) => true | string) | undefined;
}

/** Each question throws Refusal `cancelled` if it is not answered, `missing-option` if there is no terminal. */
export interface Prompts {
  /** One line of text, without the blanks around it. */
  line(question: LineQuestion): Promise<string>;
  /** One line, exactly as typed, never shown; may be empty. */
  secret(question: SecretQuestion): Promise<string>;
  /** Yes or no; an empty answer is no. */
  confirm(question: { readonly message: string }): Promise<boolean>;
  /** One of several: its number or key chooses at once, or arrows and Enter do. */
  choose<T>(question: { readonly message: string; readonly choices: readonly Choice<T>[] }): Promise<T>;
  /** Whether the person typed exactly `expected` (a count, a name), so that nobody confirms by reflex. */
  typed(question: { readonly message: string; readonly expected: string }): Promise<boolean>;
}

export interface PromptOptions extends Terminal {
  /** The style of `output`; the default has no colours. */
  readonly style?: Style | undefined;
  /** How long Ctrl-R shows a secret, in milliseconds. */
  readonly revealMs?: number | undefined;
}

const REVEAL_MS = 5000;

export function openPrompts(options: PromptOptions): Prompts {
  const style = options.style ?? makeStyle({ isTTY: true, columns: options.output.columns, env: {}, noColor: true });
  const ask = (question: Record<string, unknown> & { message: string }) => askInquirer(options, style, question);
  const line = async (question: LineQuestion) => {
    const { validate } = question;
    const answer = await ask({
      type: 'input',
      message: question.message,
      ...(question.default === undefined ? {} : { default: question.default }),
      transformer: (typed: string, { isFinal }: { isFinal: boolean }) => {
        return isFinal ? style.accent(printable(typed)) : printable(typed);
      },
      ...(validate === undefined ? {} : { validate: (typed: string) => validate(typed.trim()) }),
    });
    return String(answer).trim();
  };
  return {
    line,
    secret: (question) =>
      asking(options, question.message, (signal) => {
        const { input, output, revealMs = REVEAL_MS } = options;
        return readSecret(question, { input, output, style, revealMs }, signal);
      }),
    confirm: async ({ message }) => (await ask({ type: 'confirm', message, default: false })) === true,
    choose: (question) => choose(options, style, question),
    typed: async ({ message, expected }) => (await line({ message })) === expected,
  };
}

async function choose<T>(
  options: PromptOptions,
  style: Style,
  question: { readonly message: string; readonly choices: readonly Choice<T>[] },
): Promise<T> {
  const labels = choiceLabels(question.choices);
  const room = (options.output.columns || 80) - 8;
  const stopKeys = choosingByKey(options.input, labels);
  try {
    const index = await askInquirer(options, style, {
      type: 'select',
      message: question.message,
      loop: false,
      pageSize: Math.max(5, options.output.rows - 6),
      choices: question.choices.map((choice, at) => ({
        value: at,
        name: `${labels[at]}  ${fit(printable(choice.name), room)}`,
        short: fit(printable(choice.name), room),
        ...(choice.description === undefined ? {} : { description: `   ${fit(printable(choice.description), room)}` }),
      })),
    });
    return (question.choices[Number(index)] as Choice<T>).value;
  } finally {
    stopKeys();
  }
}

/** Asks one question of a type that inquirer has; resolves with the raw answer. */
async function askInquirer(
  options: PromptOptions,
  style: Style,
  question: Record<string, unknown> & { message: string },
): Promise<unknown> {
  const { default: inquirer } = await import('inquirer');
  const { input, output } = options;
  return asking(options, question.message, async (signal) => {
    const prompt = inquirer.createPromptModule({ input, output, signal });
    const asked = { ...question, message: printable(question.message), name: 'answer', theme: themeOf(style) };
    const { answer } = (await prompt([asked])) as { answer: unknown };
    return answer;
  });
}

/** inquirer in our colours. By default it ignores NO_COLOR and reads key bindings from the environment. */
function themeOf(style: Style) {
  return {
    prefix: style.accent('?'),
    icon: { cursor: '>' },
    keybindings: [],
    style: {
      message: style.strong,
      answer: style.accent,
      error: (text: string) => style.bad(`> ${printable(text)}`),
      defaultAnswer: (text: string) => style.faint(`(${printable(text)})`),
      help: style.faint,
      highlight: style.accent,
      disabled: style.faint,
      description: style.faint,
      keysHelpTip: () =>
        style.faint(style.said('Choose by number or letter, or with the arrows and Enter. Esc cancels.')),
    },
  };
}

/**
 * Choosing with one key, because agents on a call choose by digit, not by arrow. inquirer's list only moves to the digit
 * typed; here the key also presses Enter.
 */
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
function choiceLabels(choices: readonly Choice<unknown>[]): string[] {
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
function choosingByKey(input: NodeJS.ReadStream, labels: readonly string[]): () => void {
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
