/**
 * What commands see of the screen of a live call (live-screen.ts), and what its questions (live-questions.ts) are made of.
 */
import type { SignalName } from './asking.js';
import type { Picture } from './frame-layout.js';
import type { View } from './render.js';
import type { Style } from './style.js';

/** The answer of Esc. */
export type Back = undefined;

export interface LiveChoice<T> {
  /** Shown; several cells stand in columns. */
  readonly name: string | readonly string[];
  readonly value: T;
  /** Chooses this; without it the place in the list, from 1. */
  readonly key?: string | undefined;
  /** In a search: offered beside what was found, and never taken for it. */
  readonly beside?: boolean | undefined;
}

/** A further key of a question. */
export interface LiveKey<T> {
  /** Names as readline gives them: `f2`, `ctrl-s`. The first is shown. */
  readonly keys: readonly string[];
  readonly about: string;
  readonly value: T;
}

export interface Asked {
  /** Called for each picture, so that a clock in it moves. Its first line stays when the rest must scroll. */
  readonly view: () => View;
  readonly message: string;
}

export interface ChooseQuestion<T> extends Asked {
  readonly choices: readonly LiveChoice<T>[];
}
export interface SearchQuestion<T> extends Asked {
  /** For the text typed so far; nine are shown, a tenth says that there are more. `thoroughly` after Enter, where as one typed nothing was found. */
  readonly look: (text: string, thoroughly: boolean) => Promise<readonly LiveChoice<T>[]>;
  /** Shown below the view, while nothing is typed. */
  readonly meanwhile?: readonly string[];
  readonly keys?: readonly LiveKey<T>[];
}
export interface LineQuestion extends Asked {
  /** The answer to an empty line. */
  readonly default?: string | undefined;
}
export interface PhraseQuestion<T> extends Asked {
  readonly keys: readonly LiveKey<T>[];
}

export interface LiveScreen {
  /** One key chooses, or arrows and Enter. */
  choose<T>(question: ChooseQuestion<T>): Promise<T | Back>;
  /**
   * A box with what is found for it, as one types. A digit behind letters chooses, unless something is found for it; after Enter
   * it always does. Enter takes the only one found.
   */
  search<T>(question: SearchQuestion<T>): Promise<T | Back>;
  line(question: LineQuestion): Promise<string | Back>;
  /** Blind: neither the text nor its length is shown. Ctrl-R shows it for a few seconds. */
  phrase<T>(question: PhraseQuestion<T>): Promise<{ readonly text: string } | { readonly key: T } | Back>;
  /** Shows that something is being done, and does it. What is typed meanwhile is dropped. */
  working<T>(question: Asked, work: () => Promise<T>): Promise<T>;
  /** Puts text on the clipboard, where the terminal allows it (OSC 52). */
  copy(text: string): void;
  /** Clears the screen and what scrolled out of it. */
  wipe(): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

export interface LiveTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly onSignal: (name: SignalName, handler: () => void) => () => void;
  readonly style: Style;
  /** Plain lines, from top to bottom. */
  readonly plain: boolean;
  /** Whether the terminal knows how to clear its screen. */
  readonly clears: boolean;
  readonly revealMs?: number | undefined;
}

/** What a question can do to the screen it is asked on. */
export interface Hooks<T> {
  answer(value: T | Back): void;
  /** What was asked of the desk meanwhile failed: so does the question. */
  fail(error: unknown): void;
  redraw(): void;
  /** The body has something new to say; plain output prints it again. */
  announce(): void;
  setLine(text: string): void;
}

/** A question that is open: how it looks, and what keys do to it. */
export interface OpenQuestion extends Picture {
  onKey?(name: string, text: string, line: string): void;
  onEnter?(line: string): void;
  /** Esc; without it the answer is undefined. */
  onEscape?(line: string): void;
  onEnd?(): void;
}

export type QuestionMaker<T> = (hooks: Hooks<T>) => OpenQuestion;
