/** What commands see of the live-call screen (live-screen.ts), and what its questions (live-questions.ts) are made of. */
import type { SignalName } from './asking.js';
import type { Picture } from './frame-layout.js';
import type { View } from './render.js';
import type { Style } from './style.js';

/** The answer of Esc. */
export type Back = undefined;

export interface LiveChoice<T> {
  /** The text of the choice; several cells are shown in columns. */
  readonly name: string | readonly string[];
  readonly value: T;
  /** The key that chooses this; the default is the place in the list, from 1. */
  readonly key?: string | undefined;
  /** In a search: offered besides the matches, but not counted as a match. */
  readonly beside?: boolean | undefined;
}

/** An additional key of a question. */
export interface LiveKey<T> {
  /** Names as readline gives them: `f2`, `ctrl-s`. The first is shown. */
  readonly keys: readonly string[];
  readonly about: string;
  readonly value: T;
}

export interface Asked {
  /** Called for each redraw, so that a clock in it moves. Its first line stays when the rest must scroll. */
  readonly view: () => View;
  readonly message: string;
}

export interface ChooseQuestion<T> extends Asked {
  readonly choices: readonly LiveChoice<T>[];
  /** Looked at every second: an answer that came from elsewhere and ends the question. */
  readonly overtaken?: (() => T | undefined) | undefined;
}
export interface SearchQuestion<T> extends Asked {
  /**
   * Matches for the text typed so far, nine on a page; a tenth means that there are more. `thoroughly`: all that there are, asked for by
   * Enter if typing found nothing, and by turning the page.
   */
  readonly look: (text: string, thoroughly: boolean) => Promise<readonly LiveChoice<T>[]>;
  /** The most that `look` finds of one kind; a list as long as this may have been cut, and says so. */
  readonly most: number;
  /** The text that the box begins with; the empty one shows all that there are at once, with the first marked. */
  readonly initial?: string | undefined;
  readonly keys?: readonly LiveKey<T>[];
}
export interface LineQuestion extends Asked {
  /** The answer to an empty line. */
  readonly default?: string | undefined;
  /** Sentences are expected, so they are shown; elsewhere a text like a passphrase is not. */
  readonly prose?: boolean;
}
export interface PhraseQuestion<T> extends Asked {
  /** What is shown of the text instead of it, such as `3 words`; nothing by default. */
  readonly counted?: (line: string) => string;
  readonly keys: readonly LiveKey<T>[];
}

export interface LiveScreen {
  /** One key chooses, or arrows and Enter. */
  choose<T>(question: ChooseQuestion<T>): Promise<T | Back>;
  /**
   * A box that shows matches as the person types. Every letter and digit belongs to the text: arrows and Enter choose, PgUp and PgDn turn
   * the page. Enter takes the match if there is only one.
   */
  search<T>(question: SearchQuestion<T>): Promise<T | Back>;
  line(question: LineQuestion): Promise<string | Back>;
  /** Shows neither the text nor its length, but for what `counted` says. Ctrl-R shows the text for a few seconds. */
  phrase<T>(question: PhraseQuestion<T>): Promise<{ readonly text: string } | { readonly key: T } | Back>;
  /** Runs `work` and shows that it is running. What is typed meanwhile is dropped. */
  working<T>(question: Asked, work: () => Promise<T>): Promise<T>;
  /**
   * Whenever no key was pressed for `afterMs`, puts the open question aside, drops what was typed and runs `lock`, which may ask questions
   * of its own. Then the question is asked again. What `lock` throws ends the question.
   */
  lockWhenIdle(afterMs: number, lock: () => Promise<void>): void;
  /** Keys of every question. While their value asks others, the open one waits, with what was typed; what the value throws ends it. */
  offerAlways(keys: () => readonly LiveKey<() => Promise<void>>[]): void;
  /** Copies text to the clipboard, if the terminal allows it (OSC 52). */
  copy(text: string): void;
  /** Clears the screen, and with the frame the scrollback too; plain lines are drawn where others' lines are (E39). */
  wipe(): void;
  /** Restores the terminal. */
  close(): void;
}

export interface LiveTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly onSignal: (name: SignalName, handler: () => void) => () => void;
  readonly style: Style;
  /** Plain lines, from top to bottom. */
  readonly plain: boolean;
  /** Whether the terminal can clear its screen. */
  readonly clears: boolean;
  readonly revealMs?: number | undefined;
  /** Milliseconds, for what is idle. */
  readonly now: () => number;
}

/** What a question can do to the screen. */
export interface Hooks<T> {
  answer(value: T | Back): void;
  /** Ends the question with an error, because a request to the desk failed. */
  fail(error: unknown): void;
  redraw(): void;
  /** The body has changed; plain output prints it again. */
  announce(): void;
  setLine(text: string): void;
}

/** An open question: how it looks, and what keys do to it. */
export interface OpenQuestion extends Picture {
  /** What the box begins with. */
  readonly line?: string;
  /** True if the key turned the page of a list, and so does not scroll the view. */
  turns?(name: string): boolean;
  onKey?(name: string, text: string, line: string): void;
  onEnter?(line: string): void;
  /** Esc; without it the answer is undefined. */
  onEscape?(line: string): void;
  /** Every second, unless the screen is locked. */
  onTick?(): void;
  onEnd?(): void;
}

export type QuestionMaker<T> = (hooks: Hooks<T>) => OpenQuestion;
