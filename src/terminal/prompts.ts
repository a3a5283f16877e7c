/**
 * The questions countersign can ask a person, on stderr. Commands see only `Prompts`; tests give them the strict
 * double in test/support/scripted-prompts.ts.
 *
 * inquirer asks for lines, confirmations and choices, and is loaded at the first of them; secret.ts reads secrets.
 * Every way not to answer ends in one Refusal (asking.ts). Texts of a question pass through `printable` here.
 */
import type { Key } from 'node:readline';
import { asking, REVEAL_MS, type Terminal } from './asking.js';
import { fit, printable } from './printable.js';
import { readSecret, type SecretQuestion } from './secret.js';
import type { Style } from './style.js';

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
  /** One of several: its number chooses at once, or arrows and Enter do. */
  choose<T>(question: { readonly message: string; readonly choices: readonly Choice<T>[] }): Promise<T>;
  /** Whether the person typed exactly `expected` (a count, a name), so that nobody confirms by reflex. */
  typed(question: { readonly message: string; readonly expected: string }): Promise<boolean>;
}

export interface PromptOptions extends Terminal {
  /** The style of `output`. */
  readonly style: Style;
  /** How long Ctrl-R shows a secret, in milliseconds. */
  readonly revealMs?: number | undefined;
}

export function openPrompts(options: PromptOptions): Prompts {
  const { style } = options;
  const ask = (question: InquirerQuestion) => askInquirer(options, question);
  const line = async (question: LineQuestion) => {
    const { validate } = question;
    const answer = await ask({
      type: 'input',
      message: question.message,
      ...(question.default === undefined ? {} : { default: question.default }),
      transformer: (typed: string, { isFinal }: { isFinal: boolean }) =>
        isFinal ? style.accent(printable(typed)) : printable(typed),
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
    choose: (question) => choose(options, question),
    typed: async ({ message, expected }) => (await line({ message })) === expected,
  };
}

async function choose<T>(
  options: PromptOptions,
  question: { readonly message: string; readonly choices: readonly Choice<T>[] },
): Promise<T> {
  const room = (options.output.columns || 80) - 8;
  const stopKeys = choosingByDigit(options.input, question.choices.length);
  try {
    const index = await askInquirer(options, {
      type: 'select',
      message: question.message,
      loop: false,
      pageSize: Math.max(5, options.output.rows - 6),
      choices: question.choices.map((choice, at) => ({
        value: at,
        name: `${at + 1}  ${fit(printable(choice.name), room)}`,
        short: fit(printable(choice.name), room),
      })),
    });
    return (question.choices[Number(index)] as Choice<T>).value;
  } finally {
    stopKeys();
  }
}

type InquirerQuestion = Record<string, unknown> & { message: string };

/** Asks one question of a type that inquirer has; resolves with the raw answer. */
async function askInquirer(options: PromptOptions, question: InquirerQuestion): Promise<unknown> {
  const { default: inquirer } = await import('inquirer');
  const { input, output, style } = options;
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
    keywords: { yes: style.said('Yes'), no: style.said('No'), error: () => style.said('Answer yes or no.') },
    keybindings: [],
    style: {
      message: style.strong,
      answer: style.accent,
      error: (text: string) => style.bad(`> ${printable(text)}`),
      defaultAnswer: (text: string) => style.faint(`(${printable(text)})`),
      help: style.faint,
      highlight: style.accent,
      keysHelpTip: () => style.faint(style.said('Choose by number, or with the arrows and Enter. Esc cancels.')),
    },
  };
}

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
}

/** With more choices a digit may be the first of two, so it only moves the cursor. */
const MOST_DIGITS = 9;

/**
 * Agents on a call choose by digit, not by arrow; inquirer's list only moves to the digit typed. While a list is open on `input`, this turns a
 * digit into the keys that choose its place there (clear, the digit, Enter), before the list sees the key: in the same turn, so that a second
 * key of the same burst finds the list closed. The returned function stops it.
 */
function choosingByDigit(input: NodeJS.ReadStream, count: number): () => void {
  let pressing = false;
  const press = (sequence: string, name: string) => {
    input.emit('keypress', sequence, { sequence, name, ctrl: false, meta: false, shift: false } satisfies Key);
  };
  const onKey = (text = '', key: Key): void => {
    const chooses = count <= MOST_DIGITS && /^[1-9]$/.test(text) && Number(text) <= count;
    if (pressing || key.ctrl || key.meta || !chooses) return;
    pressing = true;
    press('\u007f', 'backspace');
    press(text, text);
    press('\r', 'return');
    pressing = false;
  };
  input.prependListener('keypress', onKey);
  return () => input.off('keypress', onKey);
}
