/**
 * A reset at the system behind a connector (B93), as the outbox keeps it: one row a person and reset. What an attempt got to and what became
 * of it are in the row; nothing is claimed that no read-back showed. Pure.
 */
import { externalKey } from './directory-fields.js';
import { foldKey } from './directory-keys.js';
import type { User } from './people.js';

/** What the row asks for. Sealed, like the text of a message, and destroyed with the row's end. */
export interface RemoteWork {
  readonly do: 'reset' | 'lift';
  readonly connector: string;
  readonly reset: string;
  /** Where a code for the owner goes; null if no address is old enough (B57). */
  readonly to: string | null;
}

/** What an attempt that changed something got to, for the next one. */
export interface RemoteProgress {
  readonly reset: string;
  /** Whom it found. */
  readonly id: string;
  readonly kinds: readonly string[];
  readonly suspended: boolean;
  /** Kind of the gate that comes before the first factor goes; absent in rows of earlier versions. */
  readonly behind?: string;
  /** The gate stands, and its code or link has reached the owner or the caller's store. */
  readonly gated: boolean;
  /** End of that code or link, ms; null also for a code that has reached nobody. */
  readonly until?: number | null;
}

/** By what people know somebody. */
export type Names = Readonly<Record<'login' | 'email', string>>;

/** 2 by the login, 1 by an address, 0 not at all. */
export function nearness({ login, email }: Names, there: Names): number {
  const [thereLogin, thereEmail] = [foldKey(there.login), foldKey(there.email)];
  if (foldKey(login) === thereLogin) return 2;
  return email !== '' && [thereLogin, thereEmail].includes(foldKey(email)) ? 1 : 0;
}

/**
 * Whose what was found there may be rather: their login or address is nearer to it; or as near, and they are an admin and the user is not. Else
 * one operator alone could reset an admin by giving a user the admin's id or name (B55).
 */
export function rivalsOf<P extends User>(
  people: readonly P[],
  user: User,
  there: Names,
  isAdmin: (one: User) => boolean,
) {
  const own = nearness(user, there);
  const outranks = (one: P) => own > 0 && nearness(one, there) === own && isAdmin(one) && !isAdmin(user);
  return people.filter((one) => one.id !== user.id && (nearness(one, there) > own || outranks(one)));
}

/** Whether an admin would lose the id on file: free for a user, it would let a reset of that one take away the admin's factors (B55). */
export const takesAdminsId = ({ role, external }: Pick<User, 'role' | 'external'>, after: string | null): boolean =>
  role !== 'user' && external !== null && externalKey(external) !== externalKey(after ?? '');

/** How an attempt ended. Ids and fixed words only. */
export interface RemoteReport {
  readonly reset: string;
  readonly state: 'reset' | 'nothing' | 'lifted' | 'partial' | 'unknown' | 'ambiguous' | 'refused' | 'unreachable';
  readonly id: string | null;
  readonly removed: readonly string[];
  readonly left: readonly string[];
  readonly sessions: 'ended' | 'stay' | 'unknown';
  readonly gate: string | null;
  /** End of a code or a link, ms; null for a code that has reached nobody. */
  readonly until: number | null;
  /** Somebody is suspended by us, and is let in again after enrolling here. */
  readonly lift: boolean;
  readonly why: string | null;
}

/** `waiting`: not tried yet. `cancelled`: undone before anything was removed there. */
export type RemoteState = RemoteReport['state'] | 'waiting' | 'cancelled';

export interface Remote extends Omit<RemoteReport, 'state'> {
  readonly connector: string;
  readonly state: RemoteState;
  /** When it is tried next, ms. */
  readonly next: number | null;
}

/** Kinds of rows, where a mail has the name of its template. */
export const REMOTE_KINDS = { reset: 'remote-reset', lift: 'remote-lift' } as const;

const PREFIX = 'connector:';
export const channelOf = (connector: string): string => `${PREFIX}${connector}`;
/** Null for a row that is a message. */
export const connectorOf = (channel: string): string | null =>
  channel.startsWith(PREFIX) ? channel.slice(PREFIX.length) : null;

interface Kept {
  readonly channel: string;
  readonly state: string;
  readonly attempts: number;
  readonly reference: string | null;
  readonly next_attempt_at: number | null;
  readonly last_error: string | null;
}

/** Nothing was read there. */
export const NOTHING_SAID: RemoteReport = {
  reset: '',
  state: 'unreachable',
  id: null,
  removed: [],
  left: [],
  sessions: 'unknown',
  gate: null,
  until: null,
  lift: false,
  why: null,
};

type Referenced = Partial<RemoteReport & RemoteProgress>;
const referenceOf = ({ reference }: Pick<Kept, 'reference'>): Referenced => JSON.parse(reference ?? '{}') as Referenced;

/** The reset that a row belongs to, whatever has become of it. */
export const resetOf = (row: Pick<Kept, 'reference'>): string => referenceOf(row).reset ?? '';

/** Undefined as long as nothing was changed there. */
export function progressOf(row: Pick<Kept, 'state' | 'reference'>): RemoteProgress | undefined {
  const kept = referenceOf(row);
  return row.state === 'queued' && kept.kinds !== undefined ? (kept as RemoteProgress) : undefined;
}

/** Whether something may have been removed there: not while a gate comes first that does not stand as far as is known. */
export function mayHaveRemoved(row: Pick<Kept, 'state' | 'reference'>): boolean {
  const { behind = 'none', gated = false } = progressOf(row) ?? { behind: '' };
  return behind === 'none' || gated;
}

/** A no that ends once the settings here or the rights there are mended: it is tried again. */
export const isMendable = (why: string | null): boolean =>
  why === 'wrong-token' || why === 'forbidden' || why === 'token-unreadable';

/** What the row says now. */
export function remoteOf(row: Kept): Remote {
  const { reset = '', ...kept } = referenceOf(row);
  const base = { ...NOTHING_SAID, reset, connector: connectorOf(row.channel) ?? '', next: row.next_attempt_at };
  // Where the answer of the gate was lost, it may have suspended them all the same.
  const lift = kept.behind === 'suspend' && kept.suspended === false && kept.lift !== false;
  if (row.state === 'dropped') return { ...base, id: kept.id ?? null, lift, state: 'cancelled' };
  if (row.state !== 'queued') return { ...base, ...kept };
  const id = progressOf(row)?.id ?? null;
  const why = row.last_error;
  const tried = isMendable(why) ? 'refused' : 'unreachable';
  return { ...base, id, state: why === null && id === null ? 'waiting' : tried, why };
}

/** The reference of a reset whose person has been let in again. */
export const liftedOf = (row: Kept): string => JSON.stringify({ ...referenceOf(row), lift: false });

/** Each row of a person in the order in which it was made; other people go on beside them. */
export const laneOf = (channel: string, person: string, lanes: number): string =>
  `${channel} ${[...person].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7) % lanes}`;

/** Whether resets are frozen now (B63), by the row that says so. */
export const isFrozen = (
  { frozen_at, frozen_until }: { readonly frozen_at: number | null; readonly frozen_until: number | null },
  now: number,
): boolean => frozen_at !== null && (frozen_until === null || now < frozen_until);

/** What a plan does at one other system (B93). There is no undo there; before it begins it can be cancelled. */
export interface PlannedRemote {
  readonly connector: string;
  readonly gate: string;
  readonly users: number;
  readonly waitMinutes: number;
}
