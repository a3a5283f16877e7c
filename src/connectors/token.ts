/** The token of a connector: from a file or a command, kept in memory only. What it says of itself is believed only in `check`. */
import { readSecret } from '../delivery/secret-file.js';
import { type ConnectorEffects, Trouble } from './connector.js';

export type TokenSource = { readonly file: string } | { readonly command: string };

/** Trouble `token-unreadable`. */
export interface Token {
  read(): Promise<string>;
  /** Reads file or command again. */
  renew(): Promise<string>;
}

const LIMITS = { timeoutMs: 30_000, maxBytes: 65_536, signal: undefined };

export function openToken(source: TokenSource, effects: Pick<ConnectorEffects, 'readFile' | 'runCommand'>): Token {
  let held: Promise<string> | undefined;
  const fetched = async (): Promise<string> => {
    const token =
      'file' in source ? await readSecret(effects, source.file, 'token').catch(() => '') : await printed(source);
    // Anything else could not stand in a header.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new Trouble('token-unreadable');
    return token;
  };
  const printed = async ({ command }: { readonly command: string }): Promise<string> =>
    (await effects.runCommand(command, '', LIMITS)).output.trim();
  const renew = () => {
    held = fetched();
    // A failure is not kept; whoever asked gets it.
    held.catch(() => {
      held = undefined;
    });
    return held;
  };
  return { read: () => held ?? renew(), renew };
}

/** The claims of a JWT, unchecked; null for any other token. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  const [, middle] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  try {
    const claims: unknown = JSON.parse(Buffer.from(middle ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
