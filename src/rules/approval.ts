/**
 * Four eyes (B56): whether a request waits, and how long an approval counts. Pure. The request is frozen and known by the SHA-256
 * of its canonical text, so one changed id makes another request.
 */
import { encodeCrockford, readCrockford } from './crockford.js';
import { minutes } from './duration.js';
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
export function standingOf({ state, expiresAt }: { state: string; expiresAt: number }, now: number): ApprovalStanding {
  if ((state === 'pending' || state === 'approved') && now >= expiresAt) return 'expired';
  return state as ApprovalStanding;
}

/** When an approval given now expires. */
export const approvalEnds = (policy: Policy, now: number): number => now + minutes(policy.limits.approval.minutes);
