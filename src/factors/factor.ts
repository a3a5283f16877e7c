/**
 * The contract of a second factor. Each kind is of a `family`, which says how it is set up and how it is answered:
 *
 * - A **generated** factor (`totp`) shares a secret with a device of the user. `begin` makes the secret, `check` says
 *   whether a code belongs to it now. It also says which time step matched: the caller must then move the stored step
 *   forward by compare-and-set, and the code counts only if that succeeded. Checking first and storing later accepted
 *   one code up to eight times in eight processes.
 * - A **sent** factor (`email`, `sms`) keeps no secret. `newCode` draws a code, delivery takes it to the contact on file in
 *   the text `login-code-<id>`, and `one-time-code.ts` judges the answer against a stored keyed digest.
 *
 * Backup codes are not a kind: they work in place of any (B41) and stand beside them in `backup-codes.ts`.
 *
 * **Not mine.** Whatever a person typed gets an answer, never an exception: letters, too few digits, an emoji, a megabyte,
 * a backup code, a code of another factor or of a step already used. All are `{ ok: false }` from `check` and null from
 * `readCode`, in bounded time, and the caller counts each as a failed try. So is a clock that was set back.
 *
 * **What deserves an exception.** Only what no caller can cause by typing: a stored secret that does not decode, chance
 * that gives fewer bytes than asked, settings out of range. These are faults of the store or of this program.
 *
 * A factor reads no clock, draws no chance and hashes nothing by itself: each comes as an argument. It knows no store.
 * To add one of these families: a file here, a line in `registry.ts`, for a sent one its text in data/messages. Everything
 * that offers, asks, lists or completes factors reads the registry, and the contract suite tests it by itself.
 */

/** `n` bytes of cryptographic chance. */
export type RandomBytes = (n: number) => Uint8Array;

/** An evenly drawn whole number from 0 up to, not including, `maxExclusive`. */
export type RandomInt = (maxExclusive: number) => number;

/** HMAC-SHA-1 (RFC 2104): 20 bytes. Named by RFC 6238 and still sound in an HMAC. */
export type HmacSha1 = (key: Uint8Array, data: Uint8Array) => Uint8Array;

/** Whether two texts are the same, in a time that does not tell where they differ. */
export type SecretEqual = (a: string, b: string) => boolean;

/** `totp` in data/limits.json. `stepsBack` is how many earlier steps still count; later ones never do (RFC 6238, 5.2). */
export interface StepSettings {
  readonly stepSeconds: number;
  readonly digits: number;
  readonly stepsBack: number;
}

export interface BeginInput {
  readonly random: RandomBytes;
  /** Who asks for the code, as the app shows it: the desk's name. */
  readonly issuer: string;
  /** The customer company. */
  readonly accountName: string;
  readonly login: string;
  readonly settings: StepSettings;
}

/** A half-done enrolment. It becomes a factor only when a first code was checked. All three fields are secret. */
export interface Enrolment {
  /** To be sealed and stored; given back to `check`. */
  readonly secret: string;
  /** `otpauth://…`, for the QR code. */
  readonly uri: string;
  /** The secret in groups of four, for typing by hand. */
  readonly secretBase32: string;
}

export interface CheckInput {
  readonly secret: string;
  /** As typed. */
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The step of the last accepted code, or null before the first. Codes of this step and earlier ones are spent. */
  readonly lastStep: number | null;
  readonly settings: StepSettings;
  readonly hmacSha1: HmacSha1;
  readonly equal: SecretEqual;
}

/** `step`: whole steps since the epoch; the new value of the stored step, to be set only where it is smaller. */
export type CheckResult = { readonly ok: true; readonly step: number } | { readonly ok: false };

interface Named {
  /** Stored with the factor and typed as `--factor`; never changes. */
  readonly id: string;
  /** As a person reads it in a list of choices. */
  readonly title: string;
  /** As its code is asked for: `Code from the e-mail`. */
  readonly question: string;
  /** What OpenID CAEP 1.0 calls such a credential, for systems that are told of changes. */
  readonly credential: string;
}

export interface GeneratedFactor extends Named {
  readonly family: 'generated';
  begin(input: BeginInput): Promise<Enrolment>;
  check(input: CheckInput): Promise<CheckResult>;
}

export interface SentFactor extends Named {
  readonly family: 'sent';
  /** Which contact of the user the code goes to: an e-mail, or a text of one SMS. */
  readonly contact: 'email' | 'phone';
  /** A fresh code of `digits` decimal digits, at least 6, leading zeros kept. */
  newCode(randomInt: RandomInt, digits: number): string;
  /** The digits of a typed code in the one form that is digested, or null where it cannot be a code of this length. */
  readCode(typed: string, digits: number): string | null;
}

export type FactorKind = GeneratedFactor | SentFactor;
