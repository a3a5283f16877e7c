/**
 * The life of one code sent by e-mail or SMS, as a pure state machine. It never sees the code itself, only a keyed digest
 * that is made outside.
 *
 *   issueCode ──► live ── right ──► used
 *                  │ └── wrong, fewer than `tries` so far ──► live, one try more
 *                  ├── wrong, the last try ──► exhausted ── until expiresAt no new code is issued
 *                  └── at expiresAt ──► expired
 *
 * A new code takes over the count of tries from the code before it, so a new code gives no new guesses: at most `tries` guesses in any
 * life of `minutes`. The count starts again only after a code was accepted or the last one expired. The throttle limits how many such
 * lives an attacker gets.
 *
 * A code is bound to login and purpose (B43): both are compared, and both are part of the digest (`digestedParts`), so that a changed row
 * does not make the code valid for anything else.
 *
 * The caller runs both functions inside the transaction that reads and stores the state, after it has the write lock. Outside it,
 * parallel guesses could share one try.
 */

/** `code` in data/limits.json. */
export interface CodeLimits {
  readonly minutes: number;
  readonly tries: number;
}

/** What a code is for. `factorId` is null for a purpose that does not concern one factor. */
export interface CodeBinding {
  readonly userId: string;
  readonly purpose: string;
  readonly factorId: string | null;
}

/** Times in milliseconds since the epoch. `tries` counts wrong answers, including those to earlier codes of this life. */
export interface CodeState extends CodeBinding {
  readonly digest: string;
  readonly expiresAt: number;
  readonly tries: number;
  readonly usedAt: number | null;
}

export type IssueResult =
  | { readonly outcome: 'issued'; readonly state: CodeState }
  | { readonly outcome: 'exhausted'; readonly retryAt: number };

export type CodeOutcome = 'accepted' | 'wrong' | 'expired' | 'used' | 'exhausted' | 'other-login' | 'other-purpose';

export interface JudgeInput extends CodeBinding {
  /** Digest of the typed code, or null if the text cannot be a code (`readCode`); that counts as a wrong one. */
  readonly digestOfGiven: string | null;
  readonly now: number;
  readonly limits: CodeLimits;
  /** Comparison in constant time. */
  readonly equal: (a: string, b: string) => boolean;
}

/** The parts that the keyed digest of a code covers, in order. The digest must include the length of each part. */
export const digestedParts = ({ userId, purpose, factorId }: CodeBinding, code: string) =>
  [userId, purpose, factorId ?? '', code] as const;

/**
 * The state of a new code, or no code while the one before is exhausted. `previous` is the newest code of the same login,
 * purpose and factor. Any other is a bug and throws a TypeError, because the count of tries would be lost.
 */
export function issueCode(
  previous: CodeState | null,
  input: CodeBinding & { digest: string; now: number; limits: CodeLimits },
): IssueResult {
  if (previous !== null && strangeness(previous, input) !== null)
    throw new TypeError('The previous code is bound to another login or purpose.');
  const { userId, purpose, factorId, digest, now, limits } = input;
  const stillCounts = previous !== null && previous.usedAt === null && now < previous.expiresAt;
  const tries = stillCounts ? previous.tries : 0;
  if (stillCounts && tries >= limits.tries) return { outcome: 'exhausted', retryAt: previous.expiresAt };
  const expiresAt = now + limits.minutes * 60_000;
  return { outcome: 'issued', state: { userId, purpose, factorId, digest, expiresAt, tries, usedAt: null } };
}

/** Whether this answer is the code, at this time, for this login and purpose, and the state to store (the same object if nothing changed). Never throws. */
export function judgeCode(state: CodeState, input: JudgeInput): { outcome: CodeOutcome; state: CodeState } {
  const closed = strangeness(state, input) ?? whyClosed(state, input);
  if (closed !== null) return { outcome: closed, state };
  if (input.digestOfGiven !== null && input.equal(state.digest, input.digestOfGiven)) {
    return { outcome: 'accepted', state: { ...state, usedAt: input.now } };
  }
  return { outcome: 'wrong', state: { ...state, tries: state.tries + 1 } };
}

function strangeness(state: CodeState, asked: CodeBinding): 'other-login' | 'other-purpose' | null {
  if (state.userId !== asked.userId) return 'other-login';
  return state.purpose === asked.purpose && state.factorId === asked.factorId ? null : 'other-purpose';
}

function whyClosed(state: CodeState, { now, limits }: JudgeInput): 'used' | 'expired' | 'exhausted' | null {
  if (state.usedAt !== null) return 'used';
  // Negated, so that NaN counts as expired too.
  if (!(now < state.expiresAt)) return 'expired';
  return state.tries < limits.tries ? null : 'exhausted';
}
