/** Guesses at what an operator keeps secret: each is counted before it is checked (B72). */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor, Attempt, AuditEntry } from '../../rules/audit-entry.js';
import type { AuditKind } from '../../rules/audit-kinds.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { ThrottleDecision } from '../../rules/throttle.js';
import { act, type Door, type Lock } from '../authorise.js';
import { type Locked, lockedRefusal, reserveAttempt, type Subject, unlessLocked } from '../lock-outs.js';

interface About {
  readonly what: 'sign-in' | 'start' | 'recover';
  readonly kind: Attempt['kind'];
}

/** `door` is that of the act that the guess is for. */
export interface AskingWith<P extends Lock> {
  readonly desk: Desk;
  readonly signed: SignedOperator;
  readonly door: Door<P>;
}

/** Call `right` in the transaction that follows from a right guess: it takes back what was counted. */
export interface Guess {
  readonly by: Actor;
  readonly right: (write: Writes) => Promise<void>;
}

/** Of somebody who only gave a name. One that nobody has is counted too, under a keyed digest. Refusal `locked`. */
export async function countGuess(desk: Desk, name: string, { what, kind }: About) {
  const key = foldKey(name);
  const operator = await desk.store.read.operators.byName(key);
  const subject: Subject = `${what}:${operator?.id ?? desk.digests.mac('mac/lookup', 'operator', key)}`;
  const by: Actor = { kind: 'operator', id: operator?.id ?? 'unknown', name: operator?.name ?? 'unknown' };
  const decision = await desk.store.record<ThrottleDecision>(
    (decided): AuditEntry => {
      const entry = { kind, at: desk.now(), by };
      return decided.kind === 'proceed' ? { ...entry, outcome: 'started' } : { ...entry, outcome: 'refused' };
    },
    (write) => reserveAttempt(desk, write, subject),
  );
  return { operator, by, right: unlessLocked(desk, subject, decision, refused) };
}

/** Of an operator who is signed in. Refusal `locked`, and those of the door. */
export async function countOwnGuess<P extends Lock>({ desk, signed, door }: AskingWith<P>, { what, kind }: About) {
  const subject: Subject = `${what}:${signed.operator.id}`;
  const decision = await act<P, ThrottleDecision>(desk, signed, door, {
    entry: (decided) => ({ kind, outcome: decided.kind === 'proceed' ? 'started' : 'refused' }),
    change: ({ write }) => reserveAttempt(desk, write, subject),
  });
  return { by: signed.actor, right: unlessLocked(desk, subject, decision, refused) };
}

const refused = (decision: Locked): Refusal => lockedRefusal(decision, 'sign-in');

/** Logs that a guess was wrong, and throws. */
export async function refuseGuess(desk: Desk, by: Actor, kind: AuditKind, no: Refusal, why?: string): Promise<never> {
  const entry = { kind, outcome: 'refused', at: desk.now(), by } as const;
  await desk.store.record(why === undefined ? entry : { ...entry, reason: why }, async () => undefined);
  throw no;
}

/** What was guessed was right, so a new password that is refused is no wrong guess. Logs it, and throws. */
export async function refusePassword(desk: Desk, { by, right }: Guess, kind: AuditKind, why: unknown): Promise<never> {
  await desk.store.record({ kind, outcome: 'refused', at: desk.now(), by, reason: 'password' }, right);
  throw why;
}

export const RECOVERING = { what: 'recover', kind: 'operator.recover-started' } as const;
export const recoveryWrong = (): Refusal => refusal('not-signed-in', 'recovery-wrong', {}, 'recovery-code-form');
