/**
 * The application password as lock and key (B17): one argon2id run proves it, and derives the key for the owner's own copy of the
 * passphrase. Without the password nobody can open that copy, not even with the store and the desk's key.
 *
 *   password ── argon2id, own salt ──┬─ HKDF "auth" ── SHA-256 ── stored: proves the password
 *                                    └─ HKDF "view" ── never stored: unwraps the view key
 *   view key: a random X25519 key. Its public half seals the copy, so a phrase can be set in an open session without the
 *   password; only the private half opens it. A new password wraps the same key again. A password that is set without the
 *   old one gets a new key, and what the old key sealed is lost.
 *
 * Everything stored is also sealed with the desk's key and bound to its place, so the store alone gives a thief nothing to guess
 * against. A thief with store and desk key can guess passwords, at the cost of one argon2id run for each guess.
 */
import { timingSafeEqual } from 'node:crypto';
import { randomBytes, sha256 } from './digests.js';
import { decodeBase64, decodeUtf8, encodeUtf8 } from './encoding.js';
import { formatPhc, type Hasher, type Phc, parsePhc } from './hasher.js';
import { hkdfSha256 } from './keyring.js';
import { BOX_KEY_BYTES, closeBox, newBoxKey, openBox, publicHalf } from './sealed-box.js';
import { corrupt, NOBODY, openBytes, type SealContext, sealBytes, type Vault } from './vault.js';

export type OwnerView = ReturnType<typeof openOwnerView>;

const FORM = /^ov1\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{80})(\$argon2id\$.+)$/;
/** Nonce, key and tag (`sealBytes`). */
const WRAPPED_BYTES = 12 + BOX_KEY_BYTES + 16;
/** Copies are padded to a multiple of this, so that their size does not tell the length of the phrase. */
const BLOCK_BYTES = 512;

interface Stored {
  readonly publicKey: Buffer;
  readonly wrapped: Buffer;
  /** The tag is the SHA-256 of the "auth" key. */
  readonly proof: Phc;
}

export function openOwnerView(hasher: Hasher, vault: Vault) {
  /** Made once per process. */
  let decoy: string | undefined;
  const open = (place: SealContext, sealed: string) => openStored(vault, place, sealed);
  return Object.freeze({
    /**
     * What to store for a new password. `keep` is the present view key, if the old password was proven: the copy stays
     * readable. Without it a new key is made, and nobody can open an older copy again.
     */
    async make(place: SealContext, password: string, keep?: Uint8Array) {
      const { cost, salt, key } = await hasher.stretch('person', password);
      const viewKey = keep === undefined ? newBoxKey() : Buffer.from(keep);
      const text = formatStored({
        publicKey: publicHalf(viewKey),
        wrapped: sealBytes(derived(key, 'view'), bindingOf(place), viewKey),
        proof: { cost, salt, tag: sha256(derived(key, 'auth')) },
      });
      return { verifier: vault.seal('seal/application-password', place, text), viewKey };
    },

    /**
     * `sealed` is the value stored at the place, or null for an unknown user or no password: the same work, never a match (B73).
     * `outdated` asks for a new `make` that keeps the view key, which is never stored, never shown. Refusal('store-corrupt') if the stored text
     * is not ours.
     */
    async check(place: SealContext, sealed: string | null, password: string) {
      decoy ??= sealedDecoy(hasher, vault);
      const { proof, wrapped } = sealed === null ? open(NOBODY, decoy) : open(place, sealed);
      const { key, outdated } = await hasher.stretch('person', password, proof);
      const matches = timingSafeEqual(sha256(derived(key, 'auth')), proof.tag);
      if (sealed === null || !matches) return { matches: false, outdated: false, viewKey: null };
      const viewKey = openBytes(derived(key, 'view'), bindingOf(place), wrapped);
      if (viewKey === null) throw corrupt(place);
      return { matches, outdated, viewKey };
    },

    /** Seals the owner's copy of a phrase for the holder of the password that `verifier` (at `passwordPlace`) belongs to. */
    sealCopy(passwordPlace: SealContext, verifier: string, copyPlace: SealContext, phrase: string): string {
      return this.sealCopyTo(open(passwordPlace, verifier).publicKey.toString('base64url'), copyPlace, phrase);
    },

    /** The key that a secret makes which nobody guesses, such as the code of an invitation; `publicKey` is its public half as text. */
    keyFrom(secret: string) {
      const viewKey = derived(encodeUtf8(secret), 'invitation');
      return { viewKey, publicKey: publicHalf(viewKey).toString('base64url') };
    },

    /** As `sealCopy`, for whoever has the secret of `keyFrom`. */
    sealCopyTo(publicKey: string, copyPlace: SealContext, phrase: string): string {
      const box = closeBox(Buffer.from(publicKey, 'base64url'), bindingOf(copyPlace), padded(phrase));
      return vault.seal('seal/owner-copy', copyPlace, box);
    },

    /** The phrase, exactly as it was set; null if the view key does not open this copy. */
    openCopy(copyPlace: SealContext, viewKey: Uint8Array, copy: string): string | null {
      const plaintext = openBox(viewKey, bindingOf(copyPlace), vault.open('seal/owner-copy', copyPlace, copy));
      return plaintext === null ? null : unpadded(plaintext);
    },
  });
}

/** A random value to check against if there is no user or no password. */
function sealedDecoy(hasher: Hasher, vault: Vault): string {
  const proof = parsePhc(hasher.decoy('person'));
  if (proof === null) throw new Error('the decoy of the hasher is no PHC string');
  const stored = { publicKey: randomBytes(BOX_KEY_BYTES), wrapped: randomBytes(WRAPPED_BYTES), proof };
  return vault.seal('seal/application-password', NOBODY, formatStored(stored));
}

const derived = (stretched: Uint8Array, use: 'auth' | 'view' | 'invitation'): Buffer =>
  hkdfSha256(stretched, new Uint8Array(), `countersign/owner-view/${use}`, 32);

const bindingOf = ({ account = '', user = '', table, column, id }: SealContext): Buffer =>
  Buffer.from(JSON.stringify(['ov1', account, user, table, column, id]), 'utf8');

function formatStored({ publicKey, wrapped, proof }: Stored): string {
  return `ov1.${publicKey.toString('base64url')}.${wrapped.toString('base64url')}${formatPhc(proof)}`;
}

/** The parts. Refusal('store-corrupt') for anything that `formatStored` does not write (T3). */
function openStored(vault: Vault, place: SealContext, sealed: string): Stored {
  const text = vault.openText('seal/application-password', place, sealed);
  const [, publicText = '', wrappedText = '', phc = ''] = FORM.exec(text) ?? [];
  const publicKey = decodeBase64(publicText, 'base64url');
  const wrapped = decodeBase64(wrappedText, 'base64url');
  const proof = parsePhc(phc);
  if (publicKey?.length !== BOX_KEY_BYTES || wrapped?.length !== WRAPPED_BYTES || proof === null) throw corrupt(place);
  return { publicKey, wrapped, proof };
}

/** Length (4 bytes, big-endian), text, zeros. */
function padded(phrase: string): Buffer {
  const bytes = encodeUtf8(phrase);
  const whole = Buffer.alloc(Math.ceil((bytes.length + 4) / BLOCK_BYTES) * BLOCK_BYTES);
  whole.writeUInt32BE(bytes.length);
  bytes.copy(whole, 4);
  return whole;
}

/** Null for bytes that `padded` does not make: someone with the desk's key and the public half could seal other bytes. */
function unpadded(plaintext: Buffer): string | null {
  try {
    return decodeUtf8(plaintext.subarray(4, 4 + plaintext.readUInt32BE()));
  } catch {
    return null;
  }
}
