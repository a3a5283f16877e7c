/**
 * Reads a secret from the terminal without a trace: neither the text nor a mask nor its length. The screen does not change
 * while a person types, so a recording of the screen shows nothing either.
 *
 * It replaces inquirer's password prompt, which redraws at every key (the bytes reveal the length) and shows the secret until it is told to
 * hide it. Here Ctrl-R, if a question allows it, shows the text for a few seconds on a line that is erased again.
 */
import type { Key } from 'node:readline';
import { setLine, silentEditor, type Terminal } from './asking.js';
import { printable, width } from './printable.js';
import type { Style } from './style.js';

export interface SecretQuestion {
  readonly message: string;
  /** Additional words in brackets after the message. */
  readonly hint?: string | undefined;
  /** Ctrl-R shows what was typed. Leave it out for passwords. */
  readonly reveal?: boolean | undefined;
  /** F2 (or Ctrl-S) asks in another way: what was typed is dropped, and `next` gives the new question. */
  readonly turn?: { readonly about: string; readonly next: () => Wording } | undefined;
}

export type Wording = Pick<SecretQuestion, 'message' | 'hint'>;

interface SecretTerminal extends Pick<Terminal, 'input' | 'output'> {
  readonly style: Style;
  readonly revealMs: number;
}

/** Resolves with the line as typed, or rejects with the reason of `signal`; in both cases the cursor is on a new line. */
export function readSecret(question: SecretQuestion, terminal: SecretTerminal, signal: AbortSignal): Promise<string> {
  const { input, output } = terminal;
  const editor = silentEditor(input);
  const line = questionLine(question, terminal, () => editor.line);
  const beforeKey = (_text: string | undefined, key: Key) => {
    if (key.ctrl && key.name === 'z') line.hide();
  };
  const afterKey = (_text: string | undefined, key: Key) => {
    if (key.ctrl && key.name === 'r') line.toggle();
    else if (question.turn !== undefined && (key.name === 'f2' || (key.ctrl && key.name === 's'))) {
      setLine(editor, '');
      line.reword(question.turn.next());
    } else line.typed();
  };
  const begin = (answer: (typed: string) => void) => {
    // What was typed before the question was shown is not an answer to it.
    setLine(editor, '');
    editor.once('line', answer);
    input.prependListener('keypress', beforeKey);
    input.on('keypress', afterKey);
    output.on('resize', line.hide);
    line.open();
  };
  let beginning: NodeJS.Immediate | undefined;
  let onAbort = () => {};
  return new Promise<string>((resolve, reject) => {
    // Input that was waiting arrives in the poll phase, before this, so readline has already taken it without a listener.
    beginning = setImmediate(begin, resolve);
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  }).finally(() => {
    clearImmediate(beginning);
    signal.removeEventListener('abort', onAbort);
    input.off('keypress', beforeKey);
    input.off('keypress', afterKey);
    output.off('resize', line.hide);
    line.close();
    editor.close();
  });
}

/** The question on the screen and, while it is shown, the typed text on the line below. */
function questionLine(question: SecretQuestion, terminal: SecretTerminal, typedText: () => string) {
  const { output, style, revealMs } = terminal;
  const mayReveal = question.reveal === true && !style.plain;
  const bracketsOf = ({ hint }: Wording) => {
    const parts = [
      style.said('not shown'),
      hint,
      mayReveal ? style.said(`Ctrl-R shows it for ${Math.ceil(revealMs / 1000)} s`) : undefined,
      question.turn === undefined ? undefined : `F2 ${question.turn.about}`,
    ].filter((part) => part !== undefined);
    return `(${parts.map(printable).join('; ')})`;
  };
  let asked = printable(question.message);
  let brackets = bracketsOf(question);
  let onScreen: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const draw = (revealed: string | undefined): void => {
    const below = revealed === undefined ? '' : `\n  ${style.strong(revealed)}`;
    const over = onScreen.length > 0 && style.plain ? '\n' : erasing(onScreen, output.columns || 80);
    output.write(`${over}${style.accent('?')} ${style.strong(asked)} ${style.faint(brackets)} ${below}`);
    onScreen = [`? ${asked} ${brackets} `, ...(revealed === undefined ? [] : [`  ${revealed}`])];
  };
  const reveal = () => draw(printable(typedText()) || style.said('(nothing typed yet)'));
  const redraw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    draw(undefined);
  };
  const hide = (): void => {
    if (timer !== undefined) redraw();
  };
  return {
    open: () => draw(undefined),
    hide,
    reword(wording: Wording): void {
      asked = printable(wording.message);
      brackets = bracketsOf(wording);
      redraw();
    },
    toggle(): void {
      if (!mayReveal) return;
      if (timer !== undefined) return hide();
      timer = setTimeout(hide, revealMs);
      reveal();
    },
    typed(): void {
      if (timer !== undefined) reveal();
    },
    close(): void {
      hide();
      if (onScreen.length > 0) output.write('\n');
      onScreen = [];
    },
  };
}

/**
 * Moves to the first row of `lines` and clears from there down. It counts the rows that they take in the present window,
 * because after a resize it is better to clear a row too many than to leave a piece of a secret.
 */
function erasing(lines: readonly string[], columns: number): string {
  if (lines.length === 0) return '';
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0);
  return `${rows > 1 ? `\u001b[${rows - 1}A` : ''}\r\u001b[J`;
}
