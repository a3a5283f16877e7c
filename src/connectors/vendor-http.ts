/**
 * One careful HTTP client for all vendors. A body may hold a one-time code and an address a person's name, so a Trouble says neither.
 * Each whole answer has a limit of time and of size; a redirect is not followed, because the token would go with it; only JSON counts.
 *
 * The addresses of the host are checked before each call, and https is required outside private networks, for the reasons that
 * delivery/webhook.ts gives.
 */
import { isIP } from 'node:net';
import { rangeOf } from '../delivery/address-range.js';
import { Interrupted, withinDeadline } from '../delivery/deadline.js';
import { type ConnectorEffects, Trouble, type Why } from './connector.js';
import type { Pace } from './pace.js';
import type { Token } from './token.js';

const TIMEOUT_MS = 15_000;
const MOST_BYTES = 1024 * 1024;
/** Of a call that was not answered usably. Only reading is tried again here: before writing again, resetPerson reads. */
const TRIES = 3;
const BETWEEN_TRIES_MS = 500;

/** What another try of the same call may mend. */
const PASSING: readonly Why[] = ['server-error', 'garbage', 'time-out', 'unreachable', 'rate-limited'];

export const isPassing = (error: unknown): boolean => error instanceof Trouble && PASSING.includes(error.why);

export interface Target {
  /** The root of the system, without a path of its API. */
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly token: Token | null;
  /** The value of the Authorization header. */
  readonly authorization: (token: string) => string;
}

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * `path` is a template, and names the call for the pace: `/users/{id}?$select=id`. Each `{name}` is encoded. Returns the JSON, or undefined
 * for an empty answer.
 */
export type Ask = (
  verb: Verb,
  path: string,
  values?: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<unknown>;

export interface Outside {
  readonly effects: ConnectorEffects;
  readonly pace: Pace;
  readonly signal: AbortSignal | undefined;
}

export function openVendor(target: Target, { effects, pace, signal }: Outside): Ask {
  const once = async (verb: Verb, path: string, url: string, body: unknown, token: string | undefined) => {
    await pace.take(`${verb} ${path}`, signal);
    let response: Response | undefined;
    try {
      return await withinDeadline(effects.timeoutMs ?? TIMEOUT_MS, signal, async (limit) => {
        await requireAllowed(target, effects);
        response = await effects.fetch(url, {
          method: verb,
          redirect: 'manual',
          signal: limit,
          headers: {
            accept: 'application/json',
            'user-agent': 'countersign',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(token === undefined ? {} : { authorization: target.authorization(token) }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return await readAnswer(response);
      });
    } catch (error) {
      throw troubleOf(error);
    } finally {
      pace.done(`${verb} ${path}`, response);
    }
  };
  const withToken = async (verb: Verb, path: string, url: string, body: unknown): Promise<unknown> => {
    const { token } = target;
    const held = await token?.read();
    try {
      return await once(verb, path, url, body, held);
    } catch (error) {
      // A token that was rotated while we hold the old one.
      const newer =
        token !== null && error instanceof Trouble && error.why === 'wrong-token' ? await token.renew() : held;
      if (newer === held) throw error;
      return once(verb, path, url, body, newer);
    }
  };
  return async (verb, path, values = {}, body) => {
    const url = target.url.replace(/\/+$/, '') + filled(path, values);
    for (let tries = 1; ; tries += 1) {
      try {
        return await withToken(verb, path, url, body);
      } catch (error) {
        // 429 and 503 with Retry-After say that nothing was done, so these calls may go again whatever they are.
        const again = isPassing(error) && (verb === 'GET' || (error as Trouble).why === 'rate-limited');
        if (!again || tries === TRIES) throw error;
        await effects.pause(BETWEEN_TRIES_MS * tries, signal);
      }
    }
  };
}

/** A name of dots or nothing would lead to another path. */
function filled(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (/^\.{0,2}$|\p{Surrogate}/u.test(value)) throw new Trouble('not-found');
    return encodeURIComponent(value);
  });
}

async function requireAllowed({ url, allowPrivate }: Target, { resolveHost }: ConnectorEffects): Promise<void> {
  const { hostname, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolveHost(host).catch(() => []) : [host];
  if (addresses.length === 0) throw new Trouble('unreachable');
  const ranges = addresses.map(rangeOf);
  if (ranges.includes('never') || (!allowPrivate && ranges.includes('private'))) throw new Trouble('private-address');
  if (protocol !== 'https:' && ranges.includes('public')) throw new Trouble('no-https');
}

async function readAnswer(response: Response): Promise<unknown> {
  const { status, headers } = response;
  const why = whyOf(response);
  if (why !== undefined || status === 204) {
    await response.body?.cancel();
    if (why !== undefined) throw new Trouble(why);
    return undefined;
  }
  const text = await readWhole(response);
  if (text === '') return undefined;
  if (!/[/+]json\b/i.test(headers.get('content-type') ?? '')) throw new Trouble('garbage');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Trouble('garbage');
  }
}

const BY_STATUS: Readonly<Record<number, Why>> = {
  401: 'wrong-token',
  403: 'forbidden',
  404: 'not-found',
  408: 'server-error',
  429: 'rate-limited',
  503: 'rate-limited',
};

function whyOf({ status, type }: Response): Why | undefined {
  if (status >= 200 && status <= 299) return undefined;
  if (type === 'opaqueredirect' || (status >= 300 && status <= 399)) return 'redirect';
  return BY_STATUS[status] ?? (status >= 500 ? 'server-error' : status >= 400 ? 'refused' : 'garbage');
}

async function readWhole(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop closes the connection.
    if (size > MOST_BYTES) throw new Trouble('too-large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8').trim();
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  if (error instanceof Interrupted) return new Trouble(error.reason);
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  // The parser's codes (llhttp): what came is no HTTP.
  return new Trouble(code.startsWith('HPE_') ? 'garbage' : 'unreachable');
}
