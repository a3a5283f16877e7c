/**
 * Seals and opens stored secrets: AES-256-GCM with one key for each purpose, and each blob bound to its place.
 *
 * A blob is text, `cs1.<key id>.<base64url of nonce (12) ‖ ciphertext ‖ tag (16)>`. The place goes in as associated data, so a blob copied to
 * another row, column, person or purpose does not open there. Nonces are random, which is sound for up to 2^32 seals per key (SP 800-38D).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Refusal } from '../errors.js';
import { randomBytes } from './digests.js';
import { decodeBase64, decodeUtf8, encodeUtf8, storeCorrupt } from './encoding.js';
import type { Keyring, SealPurpose } from './keyring.js';

/** Where a sealed value is stored. `id` is the row's id; account and user are given if the row belongs to one. */
export interface SealContext {
  readonly table: string;
  readonly column: string;
  readonly id: string;
  readonly account?: string;
  readonly user?: string;
}

/** Where the decoys are sealed that answer for people who do not exist (B73). */
export const NOBODY: SealContext = { table: 'nobody', column: 'decoy', id: 'decoy' };

export type Vault = ReturnType<typeof openVault>;

const FORMAT = 'cs1';
const BLOB = /^cs1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type GcmBox = Readonly<Record<'nonce' | 'aad' | 'ciphertext' | 'tag', Uint8Array>>;

/** AES-256-GCM with a 16-byte tag. The nonce must never repeat under one key. For all boxes (`sealBytes`), and test vectors. */
export function aesGcmSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): GcmBox {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { nonce, aad, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * The plaintext, or null if the box is not authentic. Node alone would accept tags of 4 bytes and return plaintext before
 * `final()` has checked it (trap T4); here the tag must have 16 bytes, and nothing is returned before `final()`.
 */
export function aesGcmOpen(key: Uint8Array, box: GcmBox): Buffer | null {
  if (box.tag.length !== TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, box.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(box.aad);
  decipher.setAuthTag(box.tag);
  const unchecked = decipher.update(box.ciphertext);
  try {
    return Buffer.concat([unchecked, decipher.final()]);
  } catch {
    unchecked.fill(0);
    return null;
  }
}

/** Nonce (12) ‖ ciphertext ‖ tag (16), under a fresh nonce. */
export function sealBytes(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const { nonce, ciphertext, tag } = aesGcmSeal(key, randomBytes(NONCE_BYTES), aad, plaintext);
  return Buffer.concat([nonce, ciphertext, tag]);
}

/** What `sealBytes` sealed, or null as `aesGcmOpen`. */
export function openBytes(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | null {
  const [nonce, ciphertext] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES, -TAG_BYTES)];
  return aesGcmOpen(key, { nonce, aad, ciphertext, tag: sealed.subarray(-TAG_BYTES) });
}

export function openVault(keyring: Keyring) {
  /** Seals with the keyring's current key. Text is encoded as UTF-8. */
  function seal(purpose: SealPurpose, place: SealContext, plaintext: Uint8Array | string): string {
    const bytes = typeof plaintext === 'string' ? encodeUtf8(plaintext) : plaintext;
    const body = sealBytes(keyring.derive(purpose), bindingOf(purpose, place), bytes);
    return `${FORMAT}.${keyring.keyId}.${body.toString('base64url')}`;
  }

  /**
   * The plaintext, after the whole blob was authenticated. Refusal('key-mismatch') if the blob names a key that is not in the
   * ring, Refusal('store-corrupt') for everything else; both name the place and no value.
   */
  function open(purpose: SealPurpose, place: SealContext, blob: string): Buffer {
    const { keyId, body } = parseBlob(place, blob);
    if (!keyring.has(keyId)) throw otherKey(place, keyId, keyring.keyId);
    const plaintext = openBytes(keyring.derive(purpose, keyId), bindingOf(purpose, place), body);
    if (plaintext === null) throw corrupt(place, 'does not open: it was changed, or it belongs to another place');
    return plaintext;
  }

  /** The same, as text; bytes that are not UTF-8 are Refusal('store-corrupt'). */
  function openText(purpose: SealPurpose, place: SealContext, blob: string): string {
    const plaintext = open(purpose, place, blob);
    try {
      return decodeUtf8(plaintext);
    } catch {
      throw corrupt(place, 'opens, but is not text');
    }
  }

  return Object.freeze({ seal, open, openText });
}

/** The associated data: a JSON array, so that two different places never have the same text. */
function bindingOf(purpose: SealPurpose, place: SealContext): Buffer {
  const { account = '', user = '', table, column, id } = place;
  return Buffer.from(JSON.stringify([FORMAT, purpose, account, user, table, column, id]), 'utf8');
}

function parseBlob(place: SealContext, blob: string): { keyId: string; body: Buffer } {
  const [, keyId, text] = BLOB.exec(blob) ?? [];
  const body = text === undefined ? null : decodeBase64(text, 'base64url');
  if (keyId === undefined || body === null || body.length < NONCE_BYTES + TAG_BYTES) throw corrupt(place);
  return { keyId, body };
}

export const corrupt = (place: SealContext, fault = 'is not in the form that countersign writes'): Refusal =>
  storeCorrupt(`the sealed value ${nameOf(place)} ${fault}`);

function otherKey(place: SealContext, keyId: string, currentId: string): Refusal {
  const message = `the sealed value ${nameOf(place)} needs the key ${keyId}, but the key in use is ${currentId}`;
  return new Refusal('key-mismatch', message, {
    hint: 'Name the key file of this store with --key-file or COUNTERSIGN_KEY_FILE.',
  });
}

function nameOf(place: SealContext): string {
  return `${place.table}.${place.column} of ${place.id}`;
}
