/** What a command is given of the world beside desk and settings: somebody to ask, files, and the tokens of who is signed in. */
import type { LiveScreen } from '../terminal/live-contract.js';
import type { Prompts } from '../terminal/prompts.js';

export interface Ask {
  /** Can a person be asked at all (terminal, no --no-input, no CI)? */
  readonly possible: boolean;
  /** The prompts; `option` is what a script should have given, named in the refusal. */
  prompts(option: string): Promise<Prompts>;
  /** The screen of a live call. The one who opens it closes it. */
  screen(): Promise<LiveScreen>;
}

export interface Files {
  /** Text of a file; `-` is standard input. Refusal `invalid-input` with the path where it cannot be read. */
  readText(path: string): Promise<string>;
  /** Bytes of a file or standard input, piece by piece. */
  readChunks(path: string): AsyncIterable<Uint8Array>;
  /** Standard input as one line: the final newline dropped, nothing else (for `--…-stdin`). */
  readSecretLine(option: string): Promise<string>;
  /** Writes a new file 0600, whole or not at all. */
  write(path: string, content: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty where there is none. */
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
