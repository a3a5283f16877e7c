/** What a command gets besides desk and settings: a way to ask a person, files, and the tokens of signed-in people. */
import type { LiveScreen } from '../terminal/live-contract.js';
import type { Prompts } from '../terminal/prompts.js';

export interface Ask {
  /** Can a person be asked at all (terminal, no --no-input, no CI)? */
  readonly possible: boolean;
  /** The prompts. `option` is what a script should give instead; the refusal names it. */
  prompts(option: string): Promise<Prompts>;
  /** The screen of a live call. The caller of this function closes it. */
  screen(): Promise<LiveScreen>;
}

export interface Files {
  /** Text of a file; `-` is standard input. Refusal `invalid-input` with the path if it cannot be read. */
  readText(path: string): Promise<string>;
  /** Bytes of a file or standard input, piece by piece. */
  readChunks(path: string): AsyncIterable<Uint8Array>;
  /** Standard input as one line, without the final newline (for `--…-stdin`). */
  readSecretLine(option: string): Promise<string>;
  /** Writes a new file 0600, whole or not at all. */
  write(path: string, content: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a folder, 0700, with those above it. */
  makeFolder(path: string): Promise<void>;
}

/** Tokens of signed-in operators and portal users, in the state folder, 0600. */
export interface Sessions {
  read(kind: 'operator' | 'portal', name: string): Promise<string | undefined>;
  write(kind: 'operator' | 'portal', name: string, token: string): Promise<void>;
  remove(kind: 'operator' | 'portal', name: string): Promise<void>;
}
