/**
 * Boxes that anyone with the public key can close and only the holder of the private key can open: X25519 (RFC 7748) with a
 * fresh key per box, HKDF-SHA-256 over both public keys and the shared secret, AES-256-GCM. With a box the desk can seal an owner's
 * passphrase for the owner when it does not have the owner's password.
 *
 * A box is the sender's fresh public key (32) ‖ ciphertext ‖ tag (16). The key serves one box only, so the nonce is fixed.
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { randomBytes } from './digests.js';
import { hkdfSha256 } from './keyring.js';
import { aesGcmOpen, aesGcmSeal } from './vault.js';

export const BOX_KEY_BYTES = 32;
const TAG_BYTES = 16;
const NONCE = Buffer.alloc(12);
const INFO = 'countersign/sealed-box/1';
/** RFC 8410: the bytes before the 32 bytes of a private (PKCS 8) and a public (SPKI) X25519 key in DER. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex');

/** A new private key. Any 32 bytes are a private key (RFC 7748, section 5). */
export function newBoxKey(): Buffer {
  return randomBytes(BOX_KEY_BYTES);
}

/** The public half, 32 bytes. */
export function publicHalf(privateKey: Uint8Array): Buffer {
  const spki = createPublicKey(privateObject(privateKey)).export({ format: 'der', type: 'spki' });
  return spki.subarray(SPKI_HEAD.length);
}

/** Closes a box for the holder of the private half. `binding` must be the same when it is opened. */
export function closeBox(publicKey: Uint8Array, binding: Uint8Array, plaintext: Uint8Array): Buffer {
  const own = newBoxKey();
  const sender = publicHalf(own);
  const { ciphertext, tag } = aesGcmSeal(boxKey(own, publicKey, sender, publicKey), NONCE, binding, plaintext);
  own.fill(0);
  return Buffer.concat([sender, ciphertext, tag]);
}

/** The plaintext, or null if key, binding or box is wrong. */
export function openBox(privateKey: Uint8Array, binding: Uint8Array, box: Uint8Array): Buffer | null {
  if (box.length < BOX_KEY_BYTES + TAG_BYTES) return null;
  const sender = box.subarray(0, BOX_KEY_BYTES);
  try {
    return aesGcmOpen(boxKey(privateKey, sender, sender, publicHalf(privateKey)), {
      nonce: NONCE,
      aad: binding,
      ciphertext: box.subarray(BOX_KEY_BYTES, -TAG_BYTES),
      tag: box.subarray(-TAG_BYTES),
    });
  } catch {
    // A public key of small order gives no shared secret; OpenSSL refuses it.
    return null;
  }
}

/** Both sides compute the same key: own private key and the other's public key give the shared secret. */
function boxKey(own: Uint8Array, other: Uint8Array, sender: Uint8Array, receiver: Uint8Array): Buffer {
  const shared = diffieHellman({ privateKey: privateObject(own), publicKey: publicObject(other) });
  return hkdfSha256(shared, Buffer.concat([sender, receiver]), INFO, 32);
}

function privateObject(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: 'der', type: 'pkcs8' });
}

function publicObject(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, bytes]), format: 'der', type: 'spki' });
}
