/**
 * Where the entries of the audit log go as they are written, so that a copy stands outside the reach of whoever holds the store.
 *
 * The contract of a sink: it takes entries in order, and answers `ok` only once the other side has them, as far as the medium
 * can tell. Anything else means: none is known to be there, send them again. An entry can so arrive twice, with the same text;
 * it is never left out. It resolves for everything that happens in the world, and ends after its time-out.
 */

export interface SinkEntry {
  readonly seq: number;
  /** Canonical JSON, exactly as it was hashed into the log. */
  readonly body: string;
}

export type SinkAnswer = { readonly ok: true } | { readonly ok: false; readonly why: string };

export interface Sink {
  /** What and where, without secrets. */
  readonly place: string;
  send(entries: readonly SinkEntry[], now: number): Promise<SinkAnswer>;
}
