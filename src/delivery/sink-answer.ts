/** Words for a sink that did not accept entries. */

/** A system failure in our own words, with its code, which contains no value. */
export function systemWhy(what: string, error: unknown): { readonly ok: false; readonly why: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { ok: false, why: /^[A-Z0-9_]{1,40}$/.test(code) ? `${what} (${code})` : what };
}
