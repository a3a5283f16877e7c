/**
 * Four eyes (B56): whether a request waits, how long an approval counts, and when two are two persons (B81). Pure. The request is frozen and known by the SHA-256
 * of its canonical text, so one changed id makes another request.
 */
import { encodeCrockford, readCrockford } from './crockford.js';
import { days, minutes } from './duration.js';
import type { Policy } from './policy.js';

/** What needs a second operator. */
export type ApprovalReason =
  | 'own-reset'
  | 'admin-target'
  | 'objected-reset'
  | 'bulk-over-limit'
  | 'successor'
  | 'edition'
  | 'sign-in-kind'
  | 'external'
  | 'connector'
  | 'many-contacts'
  | 'first-passphrase';

/** Thirty bits in whole bytes. */
export const APPROVAL_ID_BYTES = 4;
const SYMBOLS = 6;

/** The name of a request, short enough to say over a desk: `apr-7kq-2mp`. It is no secret: only those who may decide can use it. */
export function approvalId(bytes: Uint8Array): string {
  const symbols = encodeCrockford(bytes).slice(0, SYMBOLS).toLowerCase();
  return `apr-${symbols.slice(0, 3)}-${symbols.slice(3)}`;
}

/** The id meant by `apr-7kq-2mp`, `APR 7KQ 2MP` or `7kq2mp`; any other text as it is, such as the longer id of an older request. */
export function readApprovalId(text: string): string {
  const symbols = readCrockford(text.trim().replace(/^apr[\s_-]*/i, ''))?.toLowerCase();
  return symbols?.length === SYMBOLS ? `apr-${symbols.slice(0, 3)}-${symbols.slice(3)}` : text.trim();
}

/** What is asked for. Canonical JSON of this is hashed. It names users by id, so a changed name does not matter. */
export interface ApprovalSubject {
  readonly kind: 'reset' | 'bulk' | 'change';
  /** The store's id, so that an approval does not count in another store. */
  readonly desk: string;
  readonly final: boolean;
  readonly reason: string | null;
  readonly ticket: string | null;
  /** For a reset on a call: under which grant, and for which caller. */
  readonly grant: string | null;
  readonly caller: string | null;
  /** Ids of the users whom it concerns, sorted. */
  readonly users: readonly string[];
  /** What would become of a customer's powers, as the desk's plan says it (B84). */
  readonly change?: string;
}

export type ApprovalStanding = 'pending' | 'approved' | 'rejected' | 'used' | 'expired';

/** A request expires, and so does an approval. */
export function standingOf(
  { state, expires_at }: { state: string; expires_at: number },
  now: number,
): ApprovalStanding {
  if ((state === 'pending' || state === 'approved') && now >= expires_at) return 'expired';
  return state as ApprovalStanding;
}

/** When an approval given now expires. */
export const approvalEnds = (policy: Policy, now: number): number => now + minutes(policy.limits.approval.minutes);

/**
 * Whoever made, invited, recovered or changed an operator may still hold that operator's password, app or token, so for some days the two do
 * not count as two. Only the direct relation counts: two operators whom one admin made are two.
 *
 * What one operator did to another, or in their name. `stopped`: they cannot approve now as they could. `linked`: to a customer login.
 */
export type HandKind = 'made' | 'invited' | 'recovered' | 'changed' | 'stopped' | 'linked' | 'token';

export interface Hand {
  readonly operator_id: string;
  readonly by_id: string;
  readonly what: string;
  readonly at: number;
}

/** The newest hand that one of them still has in the other, in either direction. A person may have several operators. */
export function handBetween(
  hands: readonly Hand[],
  [one, other]: readonly [readonly string[], readonly string[]],
  { policy, now }: { readonly policy: Pick<Policy, 'limits'>; readonly now: number },
): Hand | undefined {
  const between = ({ operator_id, by_id }: Hand) =>
    (one.includes(operator_id) && other.includes(by_id)) || (other.includes(operator_id) && one.includes(by_id));
  return hands.filter((hand) => between(hand) && now < apartFrom(policy, hand)).toSorted((a, b) => b.at - a.at)[0];
}

/** When they count as two persons again. */
export const apartFrom = ({ limits }: Pick<Policy, 'limits'>, { at }: Pick<Hand, 'at'>): number =>
  at + days(limits.approval.apartDays);

interface Known {
  readonly id: string;
  readonly also_user_id: string | null;
}

/** Every operator who is the same person: those with the same customer login. */
export const operatorsOf = ({ id, also_user_id: login }: Known, all: readonly Known[]): readonly string[] =>
  login === null ? [id] : [...new Set([id, ...all.flatMap((one) => (one.also_user_id === login ? [one.id] : []))])];
