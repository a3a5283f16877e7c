/** Words for a sink that did not take entries. */

/** A failure of the system in words of ours and its code, which names no value. */
export function systemWhy(what: string, error: unknown): { readonly ok: false; readonly why: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { ok: false, why: /^[A-Z0-9_]{1,40}$/.test(code) ? `${what} (${code})` : what };
}
