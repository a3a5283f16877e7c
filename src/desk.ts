/**
 * The Desk: everything that can surprise (time, chance, people, disks, networks), in one value built once by main.
 * Procedures and commands know only these types. A test builds the same value with a clock and a store of its own.
 */
import type { Keyring, MacPurpose } from './crypto/keyring.js';
import type { OwnerView } from './crypto/owner-view.js';
import type { SecretChecker } from './crypto/secret-checker.js';
import type { SealContext, Vault } from './crypto/vault.js';
import type { MessageKind } from './delivery/channel.js';
import type { Channels } from './delivery/registry.js';
import type { Sink } from './delivery/sink.js';
import type { Actor } from './rules/audit-entry.js';
import type { HexTreeHasher } from './rules/growing-tree.js';
import type { LoginMethod, LoginState } from './rules/mfa-login.js';
import type { Operator } from './rules/people.js';
import type { Policy } from './rules/policy.js';
import type { Reads, Writes } from './store/queries/queries.js';
import type { LogState, Notary, WriteDoor } from './store/record.js';
import type { Store } from './store/store.js';

export type * from './store/rows.js';
export type { LogState, MessageKind, Reads, SealContext, Store, WriteDoor, Writes };

/** Prefix of an id: says what kind of thing it names. */
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
  | 'apr'
  | 'aud'
  | 'rst'
  | 'inv'
  | 'bck';

export interface Digests {
  newToken(prefix: string): { readonly token: string; readonly digest: string };
  tokenDigest(token: string): string;
  /** SHA-256 of a text, hex: names a frozen plan or list. */
  sha256(text: string): string;
  /** Keyed digest, hex: for values that must be comparable but not readable. */
  mac(purpose: MacPurpose, ...parts: string[]): string;
  /** For TOTP alone (RFC 6238). */
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
}

/** Word lists and estimates for passphrases, loaded when first asked for (0.2 s). */
export interface Wordbook {
  passphraseWords(): Promise<readonly string[]>;
  blocked(): Promise<ReadonlySet<string>>;
  /** log10 of the guesses for one reading, when the attacker tries `contextWords` first. */
  estimator(): Promise<(reading: string, contextWords: readonly string[]) => number>;
  /** Spelling alphabet by language, as data. */
  spelling(language: 'en' | 'de' | 'fr'): Promise<unknown>;
}

/** Signs notes about the log, and checks its own (C2SP signed-note). */
export interface NoteSigner {
  /** `countersign/<store id>`: origin of the checkpoints and name of the key. */
  readonly name: string;
  /** For whoever shall check this desk's notes. */
  verifierKey(): string;
  sign(noteText: string): string;
  /** The text of a note signed by this desk; Refusal `audit-broken` for any other. */
  open(note: string): string;
}

export interface Desk {
  /** Milliseconds since the epoch. A procedure reads it once. */
  readonly now: () => number;
  readonly newId: (prefix: IdPrefix) => string;
  readonly chance: Chance;
  readonly policy: Policy;
  /** SHA-256 of the policy, hex; stands in every audit entry. */
  readonly policyHash: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly secrets: SecretChecker;
  /** Application passwords, and the copies of passphrases that only they open (B17). */
  readonly ownerView: OwnerView;
  readonly digests: Digests;
  /** What the log is hashed and sealed with; whoever verifies it needs the same. */
  readonly notary: Notary & { readonly hexTree: HexTreeHasher };
  readonly signer: () => Promise<NoteSigner>;
  /** The public key of the events that go to other systems (RFC 7517). */
  readonly eventKey: () => Readonly<Record<string, string>>;
  readonly channels: Channels;
  /**
   * Sends what this process has queued since it was last called. The write door inserts messages, this alone sends them; it never throws,
   * because what was committed is done whether or not a message could be sent (T25).
   */
  readonly sendQueued: () => Promise<void>;
  /** Where the log is handed on to; null where nowhere. */
  readonly sink: Sink | null;
  /** The public keys of an account's identity provider, from its address or as they stand in the settings. Refusal `busy`. */
  readonly identityKeys: (source: string) => Promise<unknown>;
  /** A message text with its values in place. A missing or unknown value is a bug, and throws. */
  readonly compose: (template: string, values: Readonly<Record<string, string>>) => Composed;
  readonly words: Wordbook;
  /** The desk's name in messages and prompts. */
  readonly name: string;
}

/** The part of a Desk that phrases are judged and drawn with. */
export type Phrasebook = Pick<Desk, 'policy' | 'words' | 'chance'>;

/**
 * Who says they are typing, and by what: a claim, as it was true when the command began. Nothing is decided on it; `act` in
 * procedures/authorise.ts asks again inside the transaction.
 */
export interface SignedOperator {
  readonly operator: Operator;
  readonly actor: Actor;
  readonly via: 'session' | 'token';
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  /** When the operator last gave a code (TOTP), ms; null where never or for tokens. */
  readonly codeAt: number | null;
  /** The user this operator also is, or null (B55: no reset of oneself). */
  readonly alsoUserId: string | null;
}

/** A user who is signed in to the portal. */
export interface SignedUser {
  readonly userId: string;
  readonly sessionId: string;
  /** `done`, or what the login still needs. */
  readonly state: LoginState;
  /** When this login began; a factor it asked for was given after. */
  readonly openedAt: number;
  readonly passwordAt: number;
  readonly method: LoginMethod;
}
