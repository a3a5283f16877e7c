/**
 * Four eyes (B56): who may decide on a request, and whether a yes still counts. Pure; the request is frozen and known by the SHA-256
 * of its canonical text, so one changed id is another request.
 */
import { minutes } from './duration.js';
import type { Policy } from './policy.js';

/** What is asked for. Canonical JSON of this is hashed; ids, so that a changed name changes nothing. */
export interface ApprovalSubject {
  readonly kind: 'reset' | 'bulk';
  /** The store's id: an approval is of no use in another store. */
  readonly desk: string;
  readonly final: boolean;
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Of a reset on a call: under which grant, for which caller. */
  readonly grant: string | null;
  readonly caller: string | null;
  /** Ids of the users to reset, sorted. */
  readonly users: readonly string[];
}

export type ApprovalStanding = 'pending' | 'approved' | 'rejected' | 'used' | 'expired';

interface Standing {
  readonly state: string;
  readonly expiresAt: number;
}

/** A request runs out, and so does a yes. */
export function standingOf({ state, expiresAt }: Standing, now: number): ApprovalStanding {
  if ((state === 'pending' || state === 'approved') && now >= expiresAt) return 'expired';
  return state as ApprovalStanding;
}

/** When a yes given now stops counting. */
export const approvalEnds = (policy: Policy, now: number): number => now + minutes(policy.limits.approval.minutes);
