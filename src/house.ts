/**
 * What only main can do for the few commands that need it: make, move and restore a desk, care for its keys, look at the installation,
 * and run another command. Types alone; `main/build-world.ts` makes the value.
 */
import type { Desk, Phrasebook, SignedOperator } from './desk.js';
import type { Actor } from './rules/audit-entry.js';
import type { Policy } from './rules/policy.js';

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
  establish(): Promise<{ desk: Desk; keyMade: boolean; keyPlace: string }>;
  /** Runs another command in this process with its own streams; for the tour and the smoke test. */
  run(argv: readonly string[], given?: InnerInput): Promise<InnerOutput>;
  /** Hands this terminal to another command of the same process, with further environment; answers its exit status. */
  hand(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number>;
  /** A private folder that is removed when the process ends. */
  temporaryFolder(): Promise<string>;
  /** Folder of the data that comes with countersign. */
  readonly dataFolder: string;
  /** Word lists, estimates and the policy in force, for phrases of nobody in particular; needs no desk. */
  phrasebook(): Promise<Phrasebook>;
  /** The policy in a folder. Refusal `config` with every fault. */
  readPolicy(folder: string): Promise<Policy>;
  /** Brings an older store up to this version; needs store and key, nobody signed in. */
  migrateStore(): Promise<{ readonly place: string; readonly applied: readonly string[] }>;
  /** Puts a backup in the place of the store. */
  restoreStore(file: string, given: RestoreChoice): Promise<RestoredStore>;
  /** Puts a new master key in the place of the old one, and moves the store to it. Goes on where it was stopped. */
  rekeyStore(signed: SignedOperator): Promise<RekeyedStore>;
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

export interface RestoreChoice {
  /** What the backup lacks may be lost. */
  readonly acceptRollback: boolean;
  /** The operator who restores, of the store that is replaced; null where none can be opened, so that nobody can be signed in. */
  readonly signed: SignedOperator | null;
  /** Asks a second operator of that desk, in person, to accept the loss. Refusals: approval-needed, forbidden, not-signed-in. */
  readonly approve: (desk: Desk) => Promise<Actor>;
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
