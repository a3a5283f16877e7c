/**
 * The Desk: everything that can surprise (time, chance, people, disks, networks), in one value that main builds once.
 * Procedures and commands know only these types. A test builds the same value with its own clock and store.
 */
import type { Connectors } from './connectors/connector.js';
import type { Keyring, MacPurpose } from './crypto/keyring.js';
import type { OwnerView } from './crypto/owner-view.js';
import type { SecretChecker } from './crypto/secret-checker.js';
import type { openSigner } from './crypto/signer.js';
import type { SealContext, Vault } from './crypto/vault.js';
import type { MessageKind } from './delivery/channel.js';
import type { Channels } from './delivery/registry.js';
import type { Sink } from './delivery/sink.js';
import type { Compose } from './delivery/templates.js';
import type { Actor } from './rules/audit-entry.js';
import type { HexTreeHasher } from './rules/audit-tree.js';
import type { LoginMethod, LoginState } from './rules/mfa-login.js';
import type { Operator } from './rules/people.js';
import type { ReadPhone } from './rules/phone-number.js';
import type { Policy } from './rules/policy.js';
import type { TrustedTime } from './rules/throttle.js';
import type { LogState, Notary } from './store/head.js';
import type { Reads, Writes } from './store/queries/queries.js';
import type { Clock, WriteDoor } from './store/record.js';
import type { Store } from './store/store.js';

export type * from './store/rows.js';
export type { LogState, MessageKind, Reads, SealContext, Store, WriteDoor, Writes };

/** Prefix of an id: says what kind of thing the id names. */
export type IdPrefix =
  | 'acc'
  | 'usr'
  | 'op'
  | 'ver'
  | 'gr'
  | 'fac'
  | 'dev'
  | 'ses'
  | 'tok'
  | 'msg'
  | 'job'
  | 'rst'
  | 'inv'
  | 'bck'
  | 'imp';

export interface Digests {
  newToken(prefix: string): { readonly token: string; readonly digest: string };
  tokenDigest(token: string): string;
  /** SHA-256 of a text, hex. Identifies a frozen plan or list. */
  sha256(text: string): string;
  /** Keyed digest, hex, for values that the desk compares but must not be able to read. */
  mac(purpose: MacPurpose, ...parts: string[]): string;
  /** For TOTP only (RFC 6238). */
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Constant-time comparison. */
  equal(a: string, b: string): boolean;
}

export interface Chance {
  bytes(n: number): Uint8Array;
  int(maxExclusive: number): number;
}

export interface Composed {
  readonly kind: MessageKind;
  readonly subject: string;
  readonly body: string;
  /** CSV that goes along with an e-mail. */
  readonly attachment?: { readonly name: string; readonly text: string };
}

/** Word lists and estimates for passphrases, loaded on first use (0.2 s). */
export interface Wordbook {
  passphraseWords(): Promise<readonly string[]>;
  blocked(): Promise<ReadonlySet<string>>;
  /** log10 of the guesses for one reading, when the attacker tries `contextWords` first. */
  estimator(): Promise<(reading: string, contextWords: readonly string[]) => number>;
  /** Spelling alphabet by language, as data. */
  spelling(language: 'en' | 'de' | 'fr'): Promise<unknown>;
}

/** Signs notes about the log, and checks its own (C2SP signed-note). */
export interface NoteSigner extends ReturnType<typeof openSigner> {
  /** `countersign/<store id>`: origin of the checkpoints and name of the key. */
  readonly name: string;
  /** The text of a note signed by this desk; Refusal `audit-broken` for any other. */
  open(note: string): string;
}

/** The policy that the desk has accepted, and the one that the settings name (B79). */
export interface PolicyPin {
  /** `countersign`, the SHA-256 of an own policy, or undefined if none was accepted. */
  readonly pinned: string | undefined;
  readonly offered: { readonly pinned: string; readonly hash: string; readonly source: string };
  /** If not, the policy that comes with countersign judges, in the few commands that work then. */
  readonly accepted: boolean;
}

/** The one clock of a desk (B87). Times in milliseconds since the epoch. */
export interface DeskClock extends Clock {
  now(): number;
  /** For lock-outs: `behind` means that none may end by this clock. */
  time(): TrustedTime;
  /** For codes that a telephone's clock makes: the clock itself; null while it is too far behind the log to tell one step from another. */
  codeTime(): number | null;
  state(): {
    readonly machineAt: number;
    /** The latest time in the log of somebody who proved who they are; 0 if there is none. */
    readonly latestAt: number;
    readonly is: 'right' | 'behind' | 'far-ahead';
  };
  /** From here on this process goes by its own clock; only `store clock`, `store migrate` and a restore may say so. */
  mend(): void;
}

export interface Desk {
  /** The trusted time, ms since the epoch (B87). A procedure reads it once. */
  readonly now: () => number;
  readonly clock: DeskClock;
  readonly newId: (prefix: IdPrefix) => string;
  readonly chance: Chance;
  readonly policy: Policy;
  /** SHA-256 of the policy, hex; written into every audit entry. */
  readonly policyHash: string;
  readonly pin: PolicyPin;
  /** Who runs this, as the machine knows them; sessions of others do not count (T16). Unlike any other if nothing proves who it is. */
  readonly person: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly secrets: SecretChecker;
  /** Application passwords, and copies of passphrases that only such a password opens (B17). */
  readonly ownerView: OwnerView;
  readonly digests: Digests;
  /** Hashes and tags the log; verifying it needs the same notary. */
  readonly notary: Notary & { readonly hexTree: HexTreeHasher };
  readonly signer: () => Promise<NoteSigner>;
  /** The public key that checks the events sent to other systems (RFC 7517). */
  readonly eventKey: () => Readonly<Record<string, string>>;
  readonly channels: Channels;
  /** Other systems where logins are reset (B93). */
  readonly connectors: Connectors;
  /**
   * Sends the messages that this process queued since the last call. The write door inserts messages, and only this function sends them. It
   * never throws, because a commit is done even if its message cannot be sent (T25).
   */
  readonly sendQueued: () => Promise<void>;
  /** Where the log is forwarded to; null if no sink is set. */
  readonly sink: Sink | null;
  /** The public keys of an account's identity provider, fetched from an address or taken from the settings. Refusal `busy`. */
  readonly identityKeys: (source: string) => Promise<unknown>;
  /** A message text with its values filled in, in the desk's language if none is given. A missing or unknown value is a bug, and throws. */
  readonly compose: Compose;
  /** The desk's own language, and all that there are: the folders of data/messages (B98). */
  readonly language: string;
  readonly languages: readonly string[];
  readonly words: Wordbook;
  /** Reads telephone numbers; loaded on first use. */
  readonly phones: () => Promise<ReadPhone>;
  /** The desk's name in messages and prompts. */
  readonly name: string;
  /** Where customers find the pages, without a slash at its end; null if the settings do not say (B91). */
  readonly pagesUrl: string | null;
  /** Certificate and key, PEM, that the config file names for them (opening/pages-url.ts). */
  readonly pagesTls: () => { readonly cert: string; readonly key: string } | null;
}

/** The part of a Desk that is needed to judge and draw phrases. */
export type Phrasebook = Pick<Desk, 'policy' | 'words' | 'chance'>;

/** What `init` needs before there is a desk: to judge the first admin's password and to prove the authenticator app. */
export type Founding = Phrasebook &
  Pick<Desk, 'name' | 'now'> & { readonly digests: Pick<Digests, 'hmacSha1' | 'equal'> };

/**
 * The operator who was signed in when the command began. This is only a claim, and nothing is decided on it: `act` in
 * procedures/authorise.ts checks again inside the transaction.
 */
export interface SignedOperator {
  readonly operator: Operator;
  readonly actor: Actor;
  readonly via: 'session' | 'token';
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  /** When the operator last gave a code (TOTP), ms; null if never, and for tokens. */
  readonly codeAt: number | null;
  /** The user who is the same person as this operator, or null (B55: nobody resets themselves). */
  readonly alsoUserId: string | null;
}

/** A user who is signed in to the portal. */
export interface SignedUser {
  readonly userId: string;
  readonly sessionId: string;
  /** `done`, or what the login still needs. */
  readonly state: LoginState;
  /** When this login began. A factor that it asked for was given after this time. */
  readonly openedAt: number;
  readonly passwordAt: number;
  readonly method: LoginMethod;
}
