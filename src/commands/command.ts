/**
 * What a command is: what can be typed, who may, what the input must look like, and what it does, in that order
 * (after gh's delete.go). Parsing is tested without doing. A command gets the world through its Context and answers a
 * Result; it never prints, exits or reads a stream of its own.
 */
import type * as z from 'zod';
import type { GlobalOptions, Settings } from '../config.js';
import type { Desk, Phrasebook, SignedOperator } from '../desk.js';
import type { Actor } from '../rules/audit-entry.js';
import type { Permission } from '../rules/operator-roles.js';
import type { Policy } from '../rules/policy.js';
import type { LiveScreen } from '../terminal/live-contract.js';
import type { Progress } from '../terminal/progress.js';
import type { Prompts } from '../terminal/prompts.js';
import type { View } from '../terminal/render.js';
import type { Style } from '../terminal/style.js';

export interface ArgumentSpec {
  /** As commander writes it: `<account>`, `[text]`, `[users...]`. */
  readonly name: string;
  readonly about: string;
}

export interface OptionSpec {
  /** As commander writes it: `--number <n>`, `--dry-run`, `--scope <scope...>`. */
  readonly flags: string;
  readonly about: string;
  /** May be given more than once; the values arrive as a list. */
  readonly many?: boolean;
}

/** Who may type it: anyone, any signed-in operator, or one whose role has the permission (B71). */
export type Access = 'anyone' | 'signed-in' | Permission;

export interface Command<Input = never> {
  /** What is typed, without the program's name: `account add`. */
  readonly path: string;
  readonly summary: string;
  /** At least one whole line as a person would type it. */
  readonly examples: readonly string[];
  readonly access: Access;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Shape of the input; called once per run, so that a schema costs nothing until its command runs. */
  readonly input: () => z.ZodType<Input>;
  run(context: Context, input: Input): Promise<Result>;
}

/** A first word that can be typed, and the file that knows what may follow it. */
export interface CatalogueEntry {
  readonly word: string;
  readonly summary: string;
  /** Heading under which `--help` lists it. */
  readonly group: 'On a call' | 'Customers' | 'Resets' | 'The desk' | 'The log' | 'Set-up and care';
  readonly load: () => Promise<readonly Command[]>;
}

/** Erases the input type, so that commands stand in one list; the schema guards the hand-over. */
export function command<Input>(spec: Command<Input>): Command {
  return spec as unknown as Command;
}

/** What a command answers. Text is shown by `view`, `--json` prints `document`; neither holds a secret unless it is the answer. */
export interface Result {
  readonly view: View;
  readonly document: unknown;
  /** 0 unless said otherwise (4 partly done, 5 waiting). */
  readonly exit?: number;
  /** The rows were already written through `context.rows`; under --json no document follows. */
  readonly streamed?: boolean;
  /** Printed exactly as it is, without a newline of its own: completion scripts, notes, exports. */
  readonly raw?: string;
  /** Done once the answer is printed: what nobody should wait for. Never fails. */
  readonly after?: () => Promise<void>;
}

export interface Context {
  readonly options: GlobalOptions;
  readonly settings: () => Promise<Settings>;
  /** Opens store and keys on first use. */
  readonly desk: () => Promise<Desk>;
  /** The signed-in operator; only where `access` asks for one. */
  readonly operator: () => SignedOperator;
  /** Asks a person; refuses with the missing option's name where nobody can be asked. */
  readonly ask: Ask;
  readonly files: Files;
  readonly sessions: Sessions;
  /** Text on stdout as it comes, for exports and followed logs: the result itself, so --quiet does not silence it. */
  readonly write: (text: string) => Promise<void>;
  /** One NDJSON row on stdout under --json, nothing otherwise. */
  readonly row: (value: unknown) => Promise<void>;
  /** A line on stderr, unless --quiet. */
  readonly notice: (text: string) => void;
  /** A view on stderr at once, for screens that come before a question. */
  readonly show: (view: View) => Promise<void>;
  readonly style: Style;
  readonly progress: (label: string, total: number) => Progress;
  /** What only main can do for the few commands that need it. */
  readonly house: House;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP; long work looks at it between steps. */
  readonly signal: AbortSignal;
}

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

export interface House {
  readonly version: string;
  readonly node: string;
  /** Milliseconds since the epoch, for how long steps took. */
  now(): number;
  /** Name of the system account, offered as the operator's name. */
  readonly userName: string;
  /** Looks, and makes nothing: refuses where a desk is already. */
  refuseSecondDesk(): Promise<void>;
  /** Makes the store, the key and nothing else; refuses where a desk is already. */
  found(): Promise<{ desk: Desk; keyMade: boolean; keyPlace: string }>;
  /** Runs another command in this process with its own streams; for the tour and the smoke test. */
  run(argv: readonly string[], given?: InnerInput): Promise<InnerOutput>;
  /** Hands this terminal to another command of the same process, with further environment; answers its exit status. */
  hand(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number>;
  /** A private folder that is removed when the process ends. */
  temporaryFolder(): Promise<string>;
  /** Folder of the data that comes with countersign. */
  readonly dataFolder: string;
  /** Everything that can be typed. */
  readonly catalogue: readonly CatalogueEntry[];
  /** Word lists, estimates and the policy in force, for phrases of nobody in particular; needs no desk. */
  phrasebook(): Promise<Phrasebook>;
  /** The policy in a folder. Refusal `config` with every fault. */
  readPolicy(folder: string): Promise<Policy>;
  /** Brings an older store up to this version; needs store and key, nobody signed in. */
  migrateStore(): Promise<{ readonly place: string; readonly applied: readonly string[] }>;
  /** Puts a backup in the place of the store. */
  restoreStore(
    file: string,
    given: { readonly acceptRollback: boolean; readonly by: Actor; readonly approve: (desk: Desk) => Promise<Actor> },
  ): Promise<RestoredStore>;
  /** Puts a new master key in the place of the old one, and moves the store to it. Goes on where it was stopped. */
  rekeyStore(by: Actor): Promise<RekeyedStore>;
  /** The keys of the desk, sealed by a passphrase, as the text of a file. */
  sealKey(passphrase: string): Promise<{ readonly text: string; readonly keyId: string }>;
  /** Opens such a text. `check` only says what is in it; otherwise the key file is made, where there is none. */
  openKeyBackup(text: string, passphrase: string, check: boolean): Promise<OpenedKey>;
  /** Facts for `doctor`. */
  inspect(): Promise<readonly Finding[]>;
}

/** What a command that runs inside another is given, and what it leaves. */
export interface InnerInput {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface InnerOutput {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RestoredStore {
  readonly place: string;
  /** Entries in the log of the backup. */
  readonly logSize: number;
  /** Entries that the store had before; null where it could not be read. */
  readonly logSizeBefore: number | null;
  /** Where the store that was there is kept; null where there was none. */
  readonly kept: string | null;
}

export interface RekeyedStore {
  /** Where the keys are. */
  readonly place: string;
  readonly from: string;
  readonly to: string;
  /** Where the old key is kept; null where a command keeps the keys. */
  readonly oldKey: string | null;
  /** An earlier run had been stopped. */
  readonly resumed: boolean;
  readonly sealed: number;
  readonly tagged: number;
}

export interface OpenedKey {
  readonly keyId: string;
  /** Where the key file was made; null where it was only looked at. */
  readonly place: string | null;
  /** Whether the store there is under this key; null where no store can be opened. */
  readonly fitsStore: boolean | null;
}

/** One line of `doctor`. */
export interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'missing' | 'wrong' | 'note';
  readonly text: string;
  /** The command that mends it. */
  readonly mend?: string;
}
