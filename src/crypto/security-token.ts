/**
 * Signs security event tokens (RFC 8417): JWTs of type `secevent+jwt`, signed with an Ed25519 key of the desk (RFC 8037) that is derived
 * from the master key and used for nothing else.
 */
import { sign as signBytes } from 'node:crypto';
import type { Keyring } from './keyring.js';
import { ed25519FromSeed } from './signer.js';

export function openTokenSigner(keyring: Keyring) {
  const key = () => ({ kid: keyring.keyId, ...ed25519FromSeed(keyring.derive('sign/events')) });
  return {
    /** The compact form of a token with these claims. The same claims give the same text. */
    sign: (claims: object): string => {
      const { kid, privateKey } = key();
      const signed = `${encoded({ alg: 'EdDSA', kid, typ: 'secevent+jwt' })}.${encoded(claims)}`;
      return `${signed}.${signBytes(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    /** The public key, for receivers (RFC 7517). */
    jwk: (): Readonly<Record<string, string>> => {
      const { kid, publicBytes } = key();
      return { kty: 'OKP', crv: 'Ed25519', x: publicBytes.toString('base64url'), kid, use: 'sig', alg: 'EdDSA' };
    },
  };
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
