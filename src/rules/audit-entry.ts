/**
 * What an audit entry says (B74). The write door adds sequence number, policy hash and format version, writes it as canonical
 * JSON (RFC 8785) and hashes that text into the RFC 6962 tree. No secret ever stands in an entry; what must be comparable but
 * not readable (a caller's unknown name) is a keyed digest.
 */

/** Who did it. `system` is the tool itself (expiry, delivery). */
export interface Actor {
  readonly kind: 'operator' | 'token' | 'user' | 'system';
  readonly id: string;
  readonly name: string;
}

declare const proven: unique symbol;

/**
 * An actor whose authority was looked at inside the transaction that acts. Only procedures/authorise.ts, its counterpart for customers
 * and the two sign-ins make one; test/architecture.test.ts refuses a cast anywhere else.
 */
export type ProvenActor = Actor & { readonly [proven]: true };

export type AuditOutcome = 'done' | 'refused' | 'started' | 'failed';

export type AuditValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly [key: string]: string | number | boolean | null };

export interface AuditEntry {
  /** `noun.verb`, past events by their plain name: `verification.started`, `mfa.reset`, `account.added`. */
  readonly kind: `${string}.${string}`;
  readonly outcome: AuditOutcome;
  /** Milliseconds since the epoch, as the Desk's clock said when the procedure began. */
  readonly at: number;
  readonly by: Actor;
  readonly account?: string;
  /** The user it is about. */
  readonly user?: string;
  readonly ticket?: string;
  /** A stable word for a refusal or the reason given by a person. */
  readonly reason?: string;
  readonly detail?: { readonly [key: string]: AuditValue };
}

/** The entry as stored and hashed. */
export interface LoggedEntry extends AuditEntry {
  readonly v: 1;
  readonly seq: number;
  /** SHA-256 of the policy in force, hex. */
  readonly policy: string;
}

export const SYSTEM: Actor = { kind: 'system', id: 'system', name: 'countersign' };
