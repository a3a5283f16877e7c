/**
 * What an audit entry says (B74). The write door adds sequence number, policy hash and format version, writes it as canonical
 * JSON (RFC 8785) and hashes that text into the RFC 6962 tree. An entry never contains a secret. What must be comparable but not
 * readable (the name an unknown caller gave) is a keyed digest.
 */
import type { AuditKind } from './audit-kinds.js';

/** Who did it. `system` is the tool itself (expiry, delivery). */
export interface Actor {
  readonly kind: 'operator' | 'token' | 'user' | 'system';
  readonly id: string;
  readonly name: string;
}

declare const proven: unique symbol;

/**
 * An actor whose authority was checked inside the transaction that acts. Only procedures/authorise.ts, its counterpart for
 * customers and the two sign-ins make one; test/architecture.test.ts refuses a cast anywhere else.
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

/** The tool itself: expiry, delivery, everything that nobody asked for. */
export type SystemActor = Actor & { readonly kind: 'system' };

interface Said {
  readonly kind: AuditKind;
  /** Milliseconds since the epoch by the Desk's clock, mostly inside the transaction (`act`). */
  readonly at: number;
  readonly account?: string;
  readonly user?: string;
  readonly ticket?: string;
  /** A fixed word for a refusal, or the reason that a person gave. */
  readonly reason?: string;
  readonly detail?: { readonly [key: string]: AuditValue };
}

/** Something was done. Its actor must have proved in the same transaction that they may do it (T14). */
export interface Deed extends Said {
  readonly outcome: 'done' | 'started';
  readonly by: ProvenActor | SystemActor;
}

/** Nothing was done. Its actor may only claim to be somebody; that is logged too. */
export interface Denial extends Said {
  readonly outcome: 'refused' | 'failed';
  readonly by: Actor;
}

/** Somebody begins to prove who they are. It is counted before anyone knows whether they succeed (T6). */
export interface Attempt extends Said {
  readonly kind: Exclude<Extract<AuditKind, `${string}-started`>, 'store.rekey-started'>;
  readonly outcome: 'started';
  readonly by: Actor;
}

export type AuditEntry = Deed | Denial | Attempt;

/** An entry of an act, whose actor has proved it. The door adds what is left out: done, now, and by whom. */
export type ActEntry =
  | AuditEntry
  | (Omit<Said, 'at'> & {
      readonly outcome?: AuditOutcome;
      readonly at?: number;
      readonly by?: ProvenActor;
    });

/** With what they leave out; only whoever checked the actor may call it. */
export const entriesOf = (said: ActEntry | readonly ActEntry[], about: Pick<Deed, 'at' | 'by' | 'account' | 'user'>) =>
  [said].flat().map((one) => ({ ...about, outcome: 'done', ...one }) as AuditEntry);

/** The entry as stored and hashed. */
export interface LoggedEntry extends Said {
  readonly outcome: AuditOutcome;
  readonly by: Actor;
  readonly v: 1;
  readonly seq: number;
  /** SHA-256 of the policy in force, hex. */
  readonly policy: string;
}

/** What an entry says, also before it has its place. */
export type EntryFacts = Omit<LoggedEntry, 'v' | 'seq' | 'policy'>;

/**
 * The latest time of the log after this entry. Only somebody who proved who they are moves it (B87, T21): neither a denial nor an attempt,
 * nor what countersign does by itself; the first entry begins it.
 */
export function latestAfter(latest: number, entry: Pick<LoggedEntry, 'kind' | 'outcome' | 'by' | 'at' | 'seq'>) {
  if (entry.kind === 'store.clock-set-back' && entry.outcome === 'done') return entry.at;
  const attempt =
    entry.outcome === 'started' && entry.kind.endsWith('-started') && entry.kind !== 'store.rekey-started';
  const proven = (entry.outcome === 'done' || entry.outcome === 'started') && !attempt && entry.by.kind !== 'system';
  return proven || entry.seq === 0 ? Math.max(latest, entry.at) : latest;
}

export const SYSTEM: SystemActor = { kind: 'system', id: 'system', name: 'countersign' };
