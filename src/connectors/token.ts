/** The token of a connector: from a file or a command, kept in memory only. What it says of itself is believed only in `check`. */
import { readSecret } from '../delivery/secret-file.js';
import { type ConnectorEffects, Trouble } from './connector.js';

export type TokenSource = { readonly file: string } | { readonly command: string };

/** The token; file or command are read again if asked to. Trouble `token-unreadable`. */
export type Token = (again?: 'again') => Promise<string>;

const LIMITS = { timeoutMs: 30_000, maxBytes: 65_536, signal: undefined };

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
    const run = await effects.runCommand(command, '', LIMITS);
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
