/** Settings of an account's OpenID provider as an operator gives them: its address, and the public keys its tokens are checked with. */
import * as z from 'zod';
import { Refusal } from '../errors.js';

/** An https address without credentials or fragment, as written. Refusal `invalid-input` otherwise. */
export function readProviderAddress(option: string, text: string): string {
  const address = text.trim();
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    address.length <= 500
  )
    return address;
  throw new Refusal('invalid-input', `${option}: "${address}" is no https address`, {
    hint: 'For instance: https://login.example.com',
  });
}

const KEY_SET = () =>
  z.object({
    keys: z
      .array(z.looseObject({ kty: z.string() }))
      .min(1)
      .max(50),
  });
/** Members of a JWK that only its owner may have (RFC 7518, section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The https address of a JWK set, or the set itself as JSON of its public keys. Refusal `invalid-input` for anything else. */
export function readKeySet(text: string): string {
  const trimmed = text.trim();
  if (/^https?:/i.test(trimmed)) return readProviderAddress('--sso-jwks', trimmed);
  const parsed = KEY_SET().safeParse(json(trimmed));
  if (!parsed.success) {
    throw new Refusal('invalid-input', '--sso-jwks: the file holds no JWK set', {
      hint: 'It looks like {"keys":[{"kty":"RSA",…}]}; download it from the provider (jwks_uri).',
    });
  }
  const secret = parsed.data.keys.findIndex(
    (key) => key.kty === 'oct' || PRIVATE.some((member) => Object.hasOwn(key, member)),
  );
  if (secret !== -1) {
    throw new Refusal('invalid-input', `--sso-jwks: key ${secret + 1} of the set is a private key`, {
      hint: "Only the provider's public keys belong here. Treat that key as leaked.",
    });
  }
  return JSON.stringify({ keys: parsed.data.keys });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
