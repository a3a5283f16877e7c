/**
 * Every way a command can end, as a closed list of codes, and the one map from code to exit status.
 *
 * A Refusal is an answer, not an accident: it carries a stable code, one sentence that says what was wrong and where, and a hint with the next
 * step. Anything else that is thrown is a bug and ends as `internal`, exit 1. Messages may improve; codes and exit numbers may not (README
 * repeats the table and a test holds the two together).
 */
import type en from '../data/messages/en/refusals.json';
import type terms from '../data/messages/en/terms.json';

/** One row per family: the exit status, its meaning, and the codes that end with it. */
export const EXIT_FAMILIES = [
  { exit: 0, family: 'done', codes: [] },
  { exit: 1, family: 'a bug', codes: ['internal'] },
  { exit: 2, family: 'usage', codes: ['usage', 'missing-option', 'invalid-input', 'ambiguous', 'not-found'] },
  {
    exit: 3,
    family: 'a correct no',
    codes: ['not-verified', 'not-privileged', 'no-grant', 'forbidden', 'not-signed-in', 'refused-by-policy'],
  },
  { exit: 4, family: 'partly done', codes: ['partial'] },
  { exit: 5, family: 'waiting', codes: ['approval-needed', 'factor-needed', 'enrolment-needed'] },
  { exit: 6, family: 'try later', codes: ['locked', 'busy'] },
  {
    exit: 7,
    family: 'out of reach',
    codes: ['store-unreachable', 'delivery-failed', 'key-missing', 'config', 'clock'],
  },
  { exit: 8, family: 'does not check out', codes: ['audit-broken', 'store-corrupt', 'key-mismatch'] },
  { exit: 130, family: 'interrupted', codes: ['cancelled'] },
] as const;

export type ErrorCode = (typeof EXIT_FAMILIES)[number]['codes'][number];

/** Why a rule or a procedure says no: a key of the catalogue in data/messages, which has the sentence for each reader. */
export type Reason = keyof typeof en.customer.reasons | keyof typeof en.desk.reasons;
/** What to do next, as a key of the same catalogue. */
export type Step = keyof typeof en.customer.steps | keyof typeof en.desk.steps;

/** A fact that is named like one of the catalogue's sets of terms is a key of it, and is said by its words. */
export type Term<Set extends keyof typeof terms> = keyof (typeof terms)[Set];

/** What a sentence names. Moments in ms since the epoch; null where there is nothing to name; a Problem says it in words. */
export type Fact = string | number | null | undefined | readonly (string | number)[] | readonly Problem[];
/** A value of a message as it is, or a key of a set in terms.json with what its words name; a `list` is joined by its second text. */
export type Worded = string | readonly [set: keyof typeof terms | 'list', key: string, ...named: Worded[]];
/** By placeholder; `test/commands/wording` checks that each sentence gets what it names. */
export type Facts = Readonly<Record<string, Fact>>;

/** What a refusal carries in place of a sentence. */
export interface Because {
  readonly reason: Reason;
  readonly facts: Facts;
}

export interface NextStep {
  readonly step: Step;
  readonly facts: Facts;
}

export interface RefusalParts {
  /** Several faults of one input, each with its place; shown as a list, and as `problems` in JSON. */
  readonly problems?: readonly Problem[];
  /** Further members of the JSON document beside `error` (for instance `verification`). Never a secret. */
  readonly also?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

interface WordedParts extends RefusalParts {
  /** The next step, as a sentence or a command to type. */
  readonly hint?: string | undefined;
  readonly because?: Because | undefined;
  readonly next?: readonly NextStep[];
}

/** One fault in a file or a list: `line` counts from 1 and includes the header. */
export interface Problem {
  readonly line?: number;
  readonly column?: string;
  readonly message: string;
}

/** A considered "no", with a stable code. The only error the command line shows by its message. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Set by rules and procedures, which have no words: the front end's sentence for it takes the place of `message`. */
  readonly because: Because | undefined;
  /** Next steps by their keys; they follow the hint where there is one. */
  readonly next: readonly NextStep[];
  readonly problems: readonly Problem[];
  readonly also: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, parts: WordedParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.hint = parts.hint;
    this.because = parts.because;
    this.next = parts.next ?? [];
    this.problems = parts.problems ?? [];
    this.also = parts.also ?? {};
  }

  /** The same refusal with one more step at its end, and something beside it in the JSON document. */
  followedBy(step: Step, facts: Facts, also: Readonly<Record<string, unknown>>): Refusal {
    const { code, message, hint, because, next, problems } = this;
    return new Refusal(code, message, {
      hint,
      because,
      next: [...next, { step, facts }],
      problems,
      also: { ...this.also, ...also },
      cause: this,
    });
  }
}

/** A "no" of a rule or a procedure: a code, the reason with its facts, and the key of the next step. */
export function refusal(
  code: ErrorCode,
  reason: Reason,
  facts: Facts,
  next: Step | null = null,
  parts: RefusalParts = {},
): Refusal {
  // The facts are not in the message: a stack trace must not show more than the sentence does.
  return new Refusal(code, reason, {
    ...parts,
    because: { reason, facts },
    next: next === null ? [] : [{ step: next, facts }],
  });
}

/** Type guard by name, so that a Refusal of another copy of this module (a bundle beside the sources) still counts. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && error.name === 'Refusal' && 'code' in error;
}

export function exitOf(code: ErrorCode): number {
  const row = EXIT_FAMILIES.find((family) => (family.codes as readonly string[]).includes(code));
  return row?.exit ?? 1;
}
