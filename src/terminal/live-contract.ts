/**
 * What commands ask on the live-call screen (live-screen.ts), and what its questions (live-questions.ts) are made of. Esc answers undefined.
 */
import type { Terminal } from './asking.js';
import type { Picture } from './frame-layout.js';
import type { View } from './render.js';
import type { Style } from './style.js';

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
  /** Sentences are expected, so they are shown; elsewhere a text like a passphrase is not. An empty line without a default is no answer. */
  readonly prose?: boolean;
}
export interface PhraseQuestion<T> extends Asked {
  /** What is shown of the text instead of it, such as `3 words`; nothing by default. */
  readonly counted?: (line: string) => string;
  readonly keys: readonly LiveKey<T>[];
}

export interface LiveTerminal extends Terminal {
  readonly style: Style;
  /** Plain lines, from top to bottom. */
  readonly plain: boolean;
  /** Whether the terminal can clear its screen. */
  readonly clears: boolean;
  /** Milliseconds, for what is idle. */
  readonly now: () => number;
}

/** What a question can do to the screen. */
export interface Hooks<T> {
  answer(value: T | undefined): void;
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
