/**
 * One HTTP POST that always ends: it follows no redirect, has one time limit for the whole exchange, and cuts a huge answer.
 * Used by the SMS gateway and the webhook.
 */

import { Interrupted, readUpTo, withinDeadline } from './deadline.js';

/** Enough for any gateway's answer; the rest is not read. */
const MAX_ANSWER_BYTES = 65_536;

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Posts and reads the answer. A network failure is returned as `why`, in our own words without a quote. */
export async function httpPost(fetcher: typeof fetch, { url, headers, body, timeoutMs, signal }: Post) {
  try {
    return await withinDeadline(timeoutMs, signal, async (limit) => {
      const response = await fetcher(url, { method: 'POST', headers, body, redirect: 'error', signal: limit });
      const bytes = await readUpTo(response, MAX_ANSWER_BYTES);
      return { status: response.status, text: bytes.subarray(0, MAX_ANSWER_BYTES).toString('utf8') };
    });
  } catch (error) {
    return { why: explain(error) };
  }
}

/** A member of an answer in JSON; undefined if there is none. */
export function memberOf(answer: string, name: string): unknown {
  try {
    return Object(JSON.parse(answer))[name];
  } catch {
    return undefined;
  }
}

function explain(error: unknown): string {
  if (error instanceof Interrupted) return error.sentence;
  const cause = error instanceof Error ? error.cause : undefined;
  // undici's fixed words for `redirect: 'error'`; without them the general sentence below is still right.
  if (cause instanceof Error && cause.message === 'unexpected redirect')
    return 'it answered with a redirect, which countersign does not follow';
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)
    ? `the connection failed (${code})`
    : 'the connection failed';
}
