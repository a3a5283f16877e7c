/** Settings of an account's OpenID provider as an operator gives them: its address, and the public keys that check its tokens. */
import * as z from 'zod';
import { refusal } from '../errors.js';

const LONGEST = 500;
/** Names of this machine only: what is fetched from it crosses no network. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An https address (on this machine also http) without credentials or fragment, as written. Refusal `invalid-input` otherwise. */
export function readProviderAddress(setting: 'issuer' | 'jwks', text: string): string {
  const address = text.trim();
  const url = URL.canParse(address) && address.length <= LONGEST ? new URL(address) : undefined;
  const bare = url !== undefined && url.username === '' && url.password === '' && url.hash === '';
  if (bare && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)))) return address;
  throw refusal('invalid-input', 'not-https', { setting, address }, 'https-example');
}

/** The name of a provider to which nobody gave one. */
export const providerName = (issuer: string): string => new URL(issuer).hostname;

const KEY_SET = () => {
  const keys = z.array(z.looseObject({ kty: z.string() }));
  return z.object({ keys: keys.min(1).max(50) });
};
/** Members of a JWK that only its owner may have (RFC 7518, section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Whether the keys are fetched, not kept here. */
export const isAddress = (text: string): boolean => /^https?:/i.test(text.trim());

/** The https address of a JWK set, or the set itself as JSON of its public keys. Refusal `invalid-input` for anything else. */
export function readKeySet(text: string, { loopbackKeys }: { readonly loopbackKeys: boolean }): string {
  const trimmed = text.trim();
  if (isAddress(trimmed)) {
    const address = readProviderAddress('jwks', trimmed);
    if (loopbackKeys || !LOOPBACK.test(new URL(address).hostname)) return address;
    throw refusal('invalid-input', 'not-https', { setting: 'jwks', address }, 'https-example');
  }
  const parsed = KEY_SET().safeParse(json(trimmed));
  if (!parsed.success) throw refusal('invalid-input', 'no-key-set', {}, 'key-set-form');
  const secret = parsed.data.keys.findIndex(
    (key) => key.kty === 'oct' || PRIVATE.some((member) => Object.hasOwn(key, member)),
  );
  if (secret !== -1) throw refusal('invalid-input', 'private-key', { position: secret + 1 }, 'public-keys-only');
  const weak = parsed.data.keys.findIndex((key) => key.kty === 'RSA' && !isStrong(key));
  if (weak !== -1) throw refusal('invalid-input', 'weak-key', { position: weak + 1 }, 'stronger-key');
  return JSON.stringify({ keys: parsed.data.keys });
}

/** 2048 bits or more, with an exponent that is no trick: a signature under exponent 1 is the message itself. */
function isStrong({ n, e }: Readonly<Record<string, unknown>>): boolean {
  const [modulus, exponent] = [n, e].map((value) => Buffer.from(String(value), 'base64url'));
  const bits = (modulus?.length ?? 0) * 8 - Math.clz32(modulus?.[0] ?? 0) + 24;
  return bits >= 2_048 && Number(`0x0${exponent?.toString('hex') ?? ''}`) >= 3;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
