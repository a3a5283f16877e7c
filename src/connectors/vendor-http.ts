/**
 * One careful HTTP client for all vendors. A body may hold a one-time code and an address a person's name, so a Trouble says neither.
 * Each whole answer has a limit of time and of size; a redirect is not followed, because the token would go with it; only JSON counts.
 *
 * The addresses of the host are checked before each call, and https is required outside private networks, for the reasons that
 * delivery/webhook.ts gives.
 */
import { rangesOf } from '../delivery/address-range.js';
import { Interrupted, readUpTo, withinDeadline } from '../delivery/deadline.js';
import { readSecret } from '../delivery/secret-file.js';
import { type ConnectorEffects, Trouble, type Why } from './connector.js';
import type { Pace } from './pace.js';

const TIMEOUT_MS = 15_000;
const MOST_BYTES = 1024 * 1024;
/** Of a call without a usable answer. Only reading is tried again here: before writing again, resetPerson reads. */
const TRIES = 3;
const BETWEEN_TRIES_MS = 500;

interface Target {
  /** The root of the system, without a path of its API. */
  readonly place: string;
  readonly allowPrivate: boolean;
}

/**
 * `path` is a template, and names the call for the pace: `/users/{id}?$select=id`. Each `{name}` is encoded. Returns the JSON, or undefined
 * for an empty answer.
 */
export type Ask = (
  verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  values?: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<unknown>;

export interface Wire {
  readonly effects: ConnectorEffects;
  readonly pace: Pace;
  readonly signal: AbortSignal | undefined;
  readonly token: Token | null;
}

/**
 * `authorization`: the value of that header. `claims`: what the token says of itself, unchecked; null if it says nothing or there is none.
 */
export function openClient(
  target: Target,
  { effects, pace, signal, token }: Wire,
  authorization = (held: string) => `Bearer ${held}`,
) {
  async function once(call: string, url: string, init: RequestInit): Promise<unknown> {
    await pace.take(call, signal);
    let response: Response | undefined;
    try {
      return await withinDeadline(effects.timeoutMs ?? TIMEOUT_MS, signal, async (limit) => {
        await requireAllowed(target, effects);
        response = await effects.fetch(url, { ...init, redirect: 'manual', signal: limit });
        return await readAnswer(response);
      });
    } catch (error) {
      throw troubleOf(error);
    } finally {
      pace.done(call, response);
    }
  }
  const ask: Ask = async (verb, path, values = {}, body) => {
    const url = target.place.replace(/\/+$/, '') + filled(path, values);
    let held = await token?.();
    for (let tries = 1; ; tries += 1) {
      const headers = { accept: 'application/json', 'user-agent': 'countersign', 'content-type': 'application/json' };
      const given = held === undefined ? headers : { ...headers, authorization: authorization(held) };
      const sent = body === undefined ? null : JSON.stringify(body);
      try {
        return await once(`${verb} ${path}`, url, { method: verb, headers: given, body: sent });
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        // A token may have been rotated while we held the old one. 429 says that nothing was done, whatever the call is.
        const newer = error.why === 'wrong-token' && tries < TRIES ? await token?.('again') : held;
        const again = error.isPassing && tries < TRIES && (verb === 'GET' || error.why === 'rate-limited');
        if (!again && newer === held) throw error;
        if (again) await effects.pause(BETWEEN_TRIES_MS * tries, signal);
        held = newer;
      }
    }
  };
  return { ask, claims: async () => (token === null ? null : claimsOf(await token())) };
}

/** A name of dots or nothing would lead to another path. */
function filled(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (/^\.{0,2}$|\p{Surrogate}/u.test(value)) throw new Trouble('not-found');
    return encodeURIComponent(value);
  });
}

async function requireAllowed({ place, allowPrivate }: Target, { resolveHost }: ConnectorEffects): Promise<void> {
  const url = new URL(place);
  const ranges = await rangesOf(url, resolveHost);
  if (ranges.length === 0) throw new Trouble('unreachable');
  if (ranges.includes('never') || (!allowPrivate && ranges.includes('private'))) throw new Trouble('private-address');
  if (url.protocol !== 'https:' && ranges.includes('public')) throw new Trouble('no-https');
}

const BY_STATUS: Readonly<Record<number, Why>> = {
  401: 'wrong-token',
  403: 'forbidden',
  404: 'not-found',
  408: 'server-error',
  429: 'rate-limited',
};
const BY_FAMILY: Readonly<Record<number, Why | 'ok'>> = { 2: 'ok', 3: 'redirect', 4: 'refused', 5: 'server-error' };

async function readAnswer(response: Response): Promise<unknown> {
  const { status, headers, body } = response;
  const isJson = /[/+]json\b/i.test(headers.get('content-type') ?? '');
  // A page that is not there says nothing about who is.
  const isPage = status === 404 && headers.has('content-type') && !isJson;
  const why = isPage ? 'garbage' : (BY_STATUS[status] ?? BY_FAMILY[Math.floor(status / 100)] ?? 'garbage');
  if (why !== 'ok') {
    await body?.cancel();
    throw new Trouble(why);
  }
  const bytes = await readUpTo(response, MOST_BYTES + 1);
  if (bytes.length > MOST_BYTES) throw new Trouble('too-large');
  const text = bytes.toString('utf8').trim();
  if (text === '') return undefined;
  if (!isJson) throw new Trouble('garbage');
  return jsonOf(text);
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Trouble('garbage');
  }
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  if (error instanceof Interrupted) return new Trouble(error.reason);
  const cause = error instanceof Error ? error.cause : undefined;
  // The parser's codes (llhttp): what came is no HTTP.
  const noHttp = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('HPE_');
  return new Trouble(noHttp ? 'garbage' : 'unreachable');
}

export type TokenSource = { readonly file: string } | { readonly command: string };

/** The token; file or command are read again if asked to. Trouble `token-unreadable`. */
export type Token = (again?: 'again') => Promise<string>;

export const COMMAND_LIMITS = { timeoutMs: 30_000, maxBytes: 65_536, signal: undefined };

export function openToken(source: TokenSource, effects: Pick<ConnectorEffects, 'readFile' | 'runCommand'>): Token {
  let held: string | undefined;
  return async (again) => {
    if (held !== undefined && again === undefined) return held;
    const read = 'file' in source ? readSecret(effects, source.file, 'token') : printed(source.command);
    held = await read.catch(() => undefined);
    // Anything else could not stand in a header.
    if (held !== undefined && /^[\x21-\x7e]+$/.test(held)) return held;
    held = undefined;
    throw new Trouble('token-unreadable');
  };
  async function printed(command: string): Promise<string | undefined> {
    const run = await effects.runCommand(command, '', COMMAND_LIMITS);
    return run.ok ? run.output.trim() : undefined;
  }
}

/** The claims of a JWT, unchecked; null for any other token. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  const [, middle = ''] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  try {
    const claims: unknown = JSON.parse(Buffer.from(middle, 'base64url').toString('utf8'));
    return typeof claims === 'object' ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
