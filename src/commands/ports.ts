/** What a command gets besides desk and settings: a way to ask a person, files, and the tokens of signed-in people. */
import type { LiveScreen } from '../terminal/live-screen.js';
import type { Prompts } from '../terminal/prompts.js';

export interface Ask {
  /** Can a person be asked at all (terminal, no --no-input, no CI)? */
  readonly possible: boolean;
  /** The prompts. `option` is what a script should give instead; the refusal names it. */
  prompts(option: string): Promise<Prompts>;
  /** The screen of a live call. The caller of this function closes it. */
  screen(plain?: boolean): Promise<LiveScreen>;
}

/** In which language a run speaks, and the catalogues of data/messages (B98). */
export interface Tongue {
  /** Of whoever reads the screen: the operator's, at the portal the customer's, else the desk's. */
  language: string;
  /** A catalogue such as `screens`; undefined if there is no such language. */
  read(language: string, file: string): unknown;
  /** Of this machine, ms. */
  now(): number;
}

/** What a file that countersign writes looks like, so that it replaces only its own. */
export interface FileKind {
  /** `a report` */
  readonly what: string;
  /** How an earlier one begins; its first 4 KB are compared. */
  readonly begins: RegExp;
  /** An earlier one is readable by its owner alone, as countersign writes it: for kinds whose content anybody's file may have. */
  readonly ownOnly?: true;
}

/** Only an empty file is replaced, or none: for what is written where nothing is yet. */
export const NEW_FILE: FileKind = { what: 'an empty file', begins: /^$/ };

/**
 * Files as a person names them. In locked mode (T17) every path but `-` is refused: `config`. Elsewhere nothing is written inside the folders
 * of the desk, also not through a symbolic link.
 */
export interface Files {
  /** Text of a file; `-` is standard input (`secret`: for this option). Refusal `invalid-input` with the path if it cannot be read or has more bytes than `most`. */
  readText(path: string, most?: number, secret?: string): Promise<string>;
  /** Bytes of a file or standard input, piece by piece. */
  readChunks(path: string): AsyncIterable<Uint8Array>;
  /** Standard input as one line, without the final newline (for `--…-stdin`). */
  readSecretLine(option: string): Promise<string>;
  /** Writes a file 0600, whole or not at all. Replaces only an empty file or an earlier one of the same kind: `invalid-input` otherwise. */
  write(path: string, content: string, kind: FileKind): Promise<void>;
  /** Refusal `invalid-input` if the file exists already, or must not be written. */
  requireNew(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a folder, 0700, with those above it. */
  makeFolder(path: string): Promise<void>;
  /** Path of the config file that locks this machine; undefined if it is not locked. */
  lockedBy(): Promise<string | undefined>;
}

/** Tokens of signed-in operators and portal users, in the state folder, 0600, for each person of this machine (T16). */
export interface Sessions {
  /** Refusal `config` if nothing proves who the person is, so that a sign-in could not be kept. */
  requirePerson(): Promise<void>;
  read(kind: 'operator' | 'portal', name: string): Promise<string | undefined>;
  write(kind: 'operator' | 'portal', name: string, token: string): Promise<void>;
  remove(kind: 'operator' | 'portal', name: string): Promise<void>;
}
