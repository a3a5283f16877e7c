/**
 * The contract of a second factor. The `family` of each kind says how a user sets it up and answers it:
 *
 * - A **generated** factor (`totp`) shares a secret with a device of the user. `begin` makes the secret, `check` says
 *   whether a code belongs to it now. It also says which time step matched: the caller must then move the stored step
 *   forward by compare-and-set, and the code counts only if that succeeded. Checking first and storing later accepted
 *   one code up to eight times in eight processes (T7).
 * - A **sent** factor (`email`, `sms`) keeps no secret. `newCode` draws a code, delivery sends it to the contact on file in
 *   the text `login-code-<id>`, and `one-time-code.ts` judges the answer against a stored keyed digest.
 * - A **challenged** factor (`passkey`) signs a challenge in the browser. `ask` makes what the browser is asked with, `register` and `check`
 *   judge what it says. The caller draws the challenge, takes it out before it is judged, and moves the counter forward by compare-and-set.
 *
 * Backup codes are not a kind: they work instead of any factor (B41), and `backup-codes.ts` has them.
 *
 * **Wrong input.** Anything that a person types gets an answer, never an exception: letters, too few digits, an emoji, a megabyte,
 * a backup code, a code of another factor or of a step already used. For all of them `check` gives `{ ok: false }` and
 * `readCode` gives null, in bounded time, and the caller counts each as a failed try. The same holds for a clock that was set back.
 *
 * **Exceptions.** Only for what no caller can cause by typing: a stored secret that does not decode, a random source that gives too few
 * bytes, settings out of range. These are faults of the store or of this program.
 *
 * A factor does not read a clock, draw random numbers or hash; it receives all of that as arguments, and it does not know the store.
 * To add a factor of one of these families, add a file here, a line in `registry.ts` and, for a sent one, its text in data/messages.
 * All code that offers, asks, lists or completes factors reads the registry, and the contract suite tests every kind in it.
 */

/** `n` cryptographic random bytes. */
export type RandomBytes = (n: number) => Uint8Array;

/** `totp` in data/limits.json. `stepsBack` is how many earlier steps still count; later ones never do (RFC 6238, 5.2). */
export type StepSettings = Readonly<Record<'stepSeconds' | 'digits' | 'stepsBack', number>>;

export interface BeginInput {
  readonly random: RandomBytes;
  /** Who asks for the code, as the app shows it: the desk's name. */
  readonly issuer: string;
  /** The customer company. */
  readonly accountName: string;
  readonly login: string;
  readonly settings: StepSettings;
}

/** A pending enrolment. It becomes a factor after a first correct code. All three fields are secret. */
export interface Enrolment {
  /** To be sealed and stored, and passed to `check`. */
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
  /** The step of the last accepted code, or null before the first. Codes of this step and of earlier ones are used up. */
  readonly lastStep: number | null;
  readonly settings: StepSettings;
  /** HMAC-SHA-1 (RFC 2104): 20 bytes. Named by RFC 6238 and still sound in an HMAC. */
  readonly hmacSha1: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  /** Whether two texts are the same. The time does not tell where they differ. */
  readonly equal: (a: string, b: string) => boolean;
}

/** `step`: whole steps since the epoch, the new value of the stored step. Set it only if the stored step is smaller. */
export type CheckResult = { readonly ok: true; readonly step: number } | { readonly ok: false };

interface Named {
  /** Stored with the factor and typed as `--factor`; never changes. */
  readonly id: string;
  /** The name in a list of choices. */
  readonly title: string;
  /** The prompt for its code: `Code from the e-mail`. */
  readonly question: string;
  /** The name of this credential in OpenID CAEP 1.0, for systems that receive events about changes. */
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
  /** A fresh code of `digits` decimal digits, at least 6, leading zeros kept. `randomInt` draws evenly from 0 up to, not including, its limit. */
  newCode(randomInt: (maxExclusive: number) => number, digits: number): string;
  /** The digits of a typed code in the form that is digested, or null if it cannot be a code of this length. */
  readCode(typed: string, digits: number): string | null;
}

/** Where the pages are, as a browser names it: an origin, and the host that a passkey is bound to. */
export interface Site {
  readonly origin: string;
  readonly host: string;
}

export interface ChallengeInput {
  readonly site: Site;
  readonly challenge: Uint8Array;
  readonly minutes: number;
  /** The secrets of the owner's keys: another is not made in the same authenticator, or one of them is to sign. */
  readonly known: readonly string[];
  /** Whose new key it is; null to ask for one of the known. `handle` tells an authenticator its owners apart, and nobody anything. */
  readonly owner: { readonly issuer: string; readonly login: string; readonly handle: Uint8Array } | null;
}

/** What a browser answered, as JSON. */
export interface Challenge {
  readonly site: Site;
  readonly answer: string;
  /** Whether this, in base64url, is the challenge that was given out. */
  readonly isChallenge: (challenge: string) => boolean;
}

/** `counter`: of the authenticator, the new value of the stored one; 0 if it does not count. `why` is for the log. */
export type SignedResult =
  | { readonly ok: true; readonly counter: number }
  | { readonly ok: false; readonly why: string };

export interface ChallengedFactor extends Named {
  readonly family: 'challenged';
  /** JSON for `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` of the browser. */
  ask(input: ChallengeInput): Promise<string>;
  /** `secret` is to be sealed and stored. */
  register(
    input: Challenge & { readonly known: readonly string[] },
  ): Promise<{ readonly ok: true; readonly counter: number; readonly secret: string } | (SignedResult & { ok: false })>;
  check(input: Challenge & { readonly secret: string }): Promise<SignedResult>;
}

export type FactorKind = GeneratedFactor | SentFactor | ChallengedFactor;
