/**
 * What only main can do for the few commands that need it: create, migrate and restore a desk, manage its keys, inspect the installation,
 * and run another command. Types only; `main/build-house.ts` builds the value.
 */
import type { Desk, Founding, Phrasebook, SignedOperator } from './desk.js';
import type { Actor } from './rules/audit-entry.js';
import type { TreeHasher } from './rules/audit-tree.js';
import type { Policy } from './rules/policy.js';
import type { OpenedNote } from './rules/receipt.js';

export interface House {
  readonly version: string;
  readonly node: string;
  /** Milliseconds since the epoch, to measure how long steps took. */
  now(): number;
  /** Name of the person's system account, offered as the operator's name; never that of the service account. May be empty. */
  readonly userName: string;
  /** Refuses if a desk already exists. Creates nothing. */
  refuseSecondDesk(): Promise<void>;
  /** Creates the store and the key, nothing else. Refuses if a desk already exists. */
  establish(): Promise<{ desk: Desk; keyMade: boolean; keyPlace: string }>;
  /** Runs another command in this process with its own streams; for the tour and the smoke test. */
  run(argv: readonly string[], given?: InnerInput): Promise<InnerOutput>;
  /** Serves the customers' pages of a throw-away desk on this machine until it is stopped; undefined if they cannot be served. */
  servePages(env: Readonly<Record<string, string>>): Promise<ServedPages | undefined>;
  /** Starts a program of data/examples, which ends with this process; answers the first line that it prints, undefined if there is none. */
  startExample(name: string, args: readonly string[]): Promise<string | undefined>;
  /** Gives this terminal to another command of the same process, with added environment; returns its exit status. */
  hand(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number>;
  /** A private folder that is removed when the process ends. */
  temporaryFolder(): Promise<string>;
  /** Folder of the data that comes with countersign. */
  readonly dataFolder: string;
  /** The text of a file in it. */
  shipped(path: string): string;
  /** Word lists, estimates and the policy in force, for phrases that belong to no user; needs no desk. */
  phrasebook(): Promise<Phrasebook>;
  /** What is asked and checked before a desk is made. Creates nothing. */
  founding(): Promise<Founding>;
  /** What an authenticator app shows for a secret, now or some steps before; the demo's people have no phone. */
  appCode(secretBase32: string, stepsBack: number): Promise<string>;
  /** The policy in a folder. Refusal `config` with every fault. */
  readPolicy(folder: string): Promise<Policy>;
  /** Brings an older store up to this version; needs store and key, and somebody who vouches for it. */
  migrateStore(choice: MigrateChoice): Promise<MigratedStore>;
  /** Replaces the store with a backup. */
  restoreStore(file: string, given: RestoreChoice): Promise<RestoredStore>;
  /** Replaces the master key, and moves the store to the new one. Continues a run that was stopped. */
  rekeyStore(signed: SignedOperator): Promise<RekeyedStore>;
  /** The keys of the desk, sealed by a passphrase, as the text of a file. */
  sealKey(passphrase: string): Promise<{ readonly text: string; readonly keyId: string }>;
  /** What somebody without a desk needs to check its notes, by the verifier keys (C2SP vkey) that they trust. Refusal `invalid-input`. */
  outsider(verifierKeys: readonly string[]): Promise<Outsider>;
  /** Opens such a text. With `check` it only says what is in it; otherwise it creates the key file, and refuses if there is one. */
  openKeyBackup(text: string, passphrase: string, check: boolean): Promise<OpenedKey>;
  /** How other systems name the columns of their exports. */
  readonly profiles: Profiles;
  /** Facts for `doctor`. */
  inspect(): Promise<readonly Finding[]>;
}

export interface Outsider {
  /** The text of a note and the names of the keys that signed it; refusal `audit-broken` if none of them did. */
  open(note: string): OpenedNote;
  readonly tree: TreeHasher;
}

/** Profiles of tables, by name, as JSON (commands/directory/table-options.ts). */
export interface Profiles {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<string | undefined>;
  /** Returns the path of the file, or undefined if the name comes with countersign. In locked mode only root writes it: refusal `config`. */
  save(name: string, text: string): Promise<string | undefined>;
}

export interface ServedPages {
  /** For a browser on this machine. */
  readonly address: string;
  /** Status and title of its sign-in page. */
  look(): Promise<string>;
  stop(): Promise<void>;
}

/** Input of a command that runs inside another. */
export interface InnerInput {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface InnerOutput {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MigrateChoice {
  /** The operator who vouches for the store; asked for only if somebody can sign in, and for the code after the password was right. */
  readonly voucher: () => Promise<{ name: string; password: string; code: () => Promise<string> } | undefined>;
  /** Whoever vouches says that nobody worked for so long: `store clock` opens no store for which nobody has vouched. */
  readonly askSilence: (times: Readonly<Record<'machineAt' | 'latestAt', number>>) => Promise<void>;
  /** PostgreSQL: whoever migrates says that a dump was made. */
  readonly backedUp: boolean;
}

export interface MigratedStore {
  readonly place: string;
  readonly applied: readonly string[];
  /** The copy that was made first; null for PostgreSQL. */
  readonly kept: string | null;
  readonly vouchedBy: Actor | null;
}

export interface RestoreChoice {
  /** Entries that the backup lacks may be lost. */
  readonly acceptRollback: boolean;
  /** The operator who restores, signed in to the store that is replaced; null if no store can be opened to sign in to. */
  readonly signed: SignedOperator | null;
  /** Asks a second operator of that desk, in person, to accept the loss. Refusals: approval-needed, forbidden, not-signed-in. */
  readonly approve: (desk: Desk) => Promise<Actor>;
}

export interface RestoredStore {
  readonly place: string;
  readonly logSize: number;
  /** Entries that the store had before; null if it could not be read. */
  readonly logSizeBefore: number | null;
  /** Where the replaced store is kept; null if there was none. */
  readonly kept: string | null;
}

export interface RekeyedStore {
  readonly place: string;
  readonly from: string;
  readonly to: string;
  /** Where the old key is kept; null if a command provides the keys. */
  readonly oldKey: string | null;
  /** True if this run continued one that was stopped. */
  readonly resumed: boolean;
  readonly sealed: number;
  readonly tagged: number;
}

export interface OpenedKey {
  readonly keyId: string;
  /** Where the key file was written; null if the backup was only checked. */
  readonly place: string | null;
  /** Whether the store uses this key; null if no store can be opened. */
  readonly fitsStore: boolean | null;
}

/** One line of `doctor`. */
export interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'missing' | 'wrong' | 'note';
  readonly text: string;
  /** What to do about it: a command, or a sentence. */
  readonly mend?: string;
}

export interface OutStream {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Resolves when the stream has taken the text; a closed pipe is not an error. */
  write(text: string): Promise<void>;
  readonly isClosed?: () => boolean;
}
