/**
 * Signed notes (C2SP signed-note): a text, a blank line, and one line for each signature, which any transparency-log tool can
 * check. The desk's Ed25519 key is derived from the master key; its public half is printed as a verifier key ("vkey"),
 * `<name>+<key id, 8 hex>+<base64 of 0x01 ‖ public key>`.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { Refusal } from '../errors.js';
import { sha256 } from './digests.js';
import { decodeBase64, encodeUtf8, isWellFormed } from './encoding.js';
import type { Keyring } from './keyring.js';

const ED25519 = 0x01;
/** The spec asks for at least 16. A note with more than 100 is an attempt to keep this program busy. */
const MAX_SIGNATURES = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN_CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/;
const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/;
/** RFC 8410: the bytes before the 32 bytes of a private (PKCS 8) and a public (SPKI) Ed25519 key in DER. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** The desk's signer. `name` should be a URL without its scheme (C2SP), for instance `desk.example.com/audit`. */
export function openSigner(keyring: Pick<Keyring, 'derive'>, name: string) {
  if (!isKeyName(name)) {
    const message = `"${name}" cannot name a signing key: a name has no spaces, "+" or control characters.`;
    throw new Refusal('config', message, { hint: 'Use a name such as desk.example.com/audit.' });
  }
  const { privateKey, publicBytes } = ed25519FromSeed(keyring.derive('sign/audit'));
  const keyId = keyIdOf(name, publicBytes);
  return Object.freeze({
    /** The vkey that others need to check this desk's notes. */
    verifierKey: (): string => {
      const material = Buffer.concat([Buffer.of(ED25519), publicBytes]).toString('base64');
      return `${name}+${keyId.toString('hex')}+${material}`;
    },
    /** The whole signed note for a text that ends in a newline and contains no other control character. */
    sign: (noteText: string): string => {
      if (!isNoteText(noteText)) throw new TypeError('A note is text that ends in a newline and holds no controls.');
      const signature = signBytes(null, encodeUtf8(noteText), privateKey);
      return `${noteText}\n— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
    },
  });
}

/** Both halves of an Ed25519 key from its 32-byte seed (RFC 8032). */
export function ed25519FromSeed(seed: Uint8Array): { readonly privateKey: KeyObject; readonly publicBytes: Buffer } {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicBytes: spki.subarray(SPKI_HEAD.length) };
}

/**
 * The text of a note and the names of the known keys that signed it, at least one. Signatures by unknown keys are ignored; a signature
 * by a known key that does not verify makes the note invalid. Refusal('audit-broken') for the note,
 * Refusal('invalid-input') for a vkey that cannot be read.
 */
export function verifySignedNote(note: string, vkeys: readonly string[]): { text: string; signers: string[] } {
  const known = readVerifierKeys(vkeys);
  const { text, signatures } = splitNote(note);
  const signers = new Set<string>();
  for (const { name, keyId, signature } of signatures) {
    const key = known.get(`${name}+${keyId}`);
    if (key === undefined) continue;
    if (!verifyEd25519(key.publicBytes, encodeUtf8(text), signature)) {
      throw new Refusal('audit-broken', `the signature of ${name} does not match the note: this copy was changed`, {
        hint: 'Fetch the note again from the place where it is kept.',
      });
    }
    signers.add(name);
  }
  if (signers.size === 0) {
    const others = [...new Set(signatures.map(({ name }) => name))].join(', ');
    throw new Refusal('audit-broken', `the note has no signature by a known key; it is signed by ${others}`);
  }
  return { text, signers: [...signers] };
}

/** Whether an Ed25519 signature is valid (RFC 8032, strict lengths). */
export function verifyEd25519(publicBytes: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicBytes]), format: 'der', type: 'spki' });
  return verifyBytes(null, message, publicKey, signature);
}

function splitNote(note: string) {
  const split = note.lastIndexOf('\n\n');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2).split('\n');
  const wellEnded = lines.pop() === '';
  if (split < 0 || !isNoteText(text) || !wellEnded || lines.length === 0 || lines.length > MAX_SIGNATURES) {
    throw malformed();
  }
  return { text, signatures: lines.map(readSignature) };
}

function readSignature(line: string): { name: string; keyId: string; signature: Buffer } {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(encoded, 'base64');
  if (!isKeyName(name) || bytes === null || bytes.length < 5) throw malformed();
  return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}

function readVerifierKeys(vkeys: readonly string[]): Map<string, { vkey: string; publicBytes: Uint8Array }> {
  const known = new Map<string, { vkey: string; publicBytes: Uint8Array }>();
  for (const vkey of vkeys) {
    const [, name = '', keyId = '', encoded = ''] = VKEY.exec(vkey) ?? [];
    const material = decodeBase64(encoded, 'base64');
    if (!isKeyName(name) || material?.length !== 33 || material[0] !== ED25519) throw badVerifierKey();
    const publicBytes = material.subarray(1);
    if (keyIdOf(name, publicBytes).toString('hex') !== keyId) throw badVerifierKey();
    const label = `${name}+${keyId}`;
    if ((known.get(label)?.vkey ?? vkey) !== vkey) throw badVerifierKey();
    known.set(label, { vkey, publicBytes });
  }
  return known;
}

/** SHA-256(name ‖ LF ‖ 0x01 ‖ public key), the first four bytes. */
function keyIdOf(name: string, publicBytes: Uint8Array): Buffer {
  return sha256(Buffer.concat([encodeUtf8(`${name}\n`), Buffer.of(ED25519), publicBytes])).subarray(0, 4);
}

function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}\p{Cc}+]+$/u.test(name) && isWellFormed(name);
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && !FORBIDDEN_CONTROL.test(text) && isWellFormed(text);
}

function malformed(): Refusal {
  return new Refusal('audit-broken', 'this is not a signed note', {
    hint: 'Give a whole note as audit checkpoint prints it: a text, an empty line, and lines of signatures.',
  });
}

function badVerifierKey(): Refusal {
  return new Refusal('invalid-input', 'a verifier key cannot be read', {
    hint: 'Write it as name+1a2b3c4d+base64 on one line, as audit checkpoint prints it.',
  });
}

/**
 * Signs security event tokens (RFC 8417): JWTs of type `secevent+jwt`, with an Ed25519 key of the desk (RFC 8037) that is derived from the
 * master key and used for nothing else.
 */
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
