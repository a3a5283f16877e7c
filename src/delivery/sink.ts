/**
 * Where the entries of the audit log are sent as they are written, so that someone who controls the store cannot change that copy.
 *
 * The contract of a sink: it gets entries in order, and answers `ok` only when the other side has them, as far as the medium can
 * tell. Any other answer means that the entries must be sent again. So an entry can arrive twice, with the same text, but is never
 * left out. A sink resolves for everything that happens outside the program, and ends after its time-out.
 */

export interface SinkEntry {
  readonly seq: number;
  /** Canonical JSON, exactly as it was hashed into the log. */
  readonly body: string;
}

export interface Sink {
  /** Kind and place, without secrets. */
  readonly place: string;
  send(
    entries: readonly SinkEntry[],
    now: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }>;
}

/** A system failure in our own words, with its code, which contains no value. */
export function systemWhy(what: string, error: unknown): { readonly ok: false; readonly why: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { ok: false, why: /^[A-Z0-9_]{1,40}$/.test(code) ? `${what} (${code})` : what };
}
