/**
 * The master key as a text that only a passphrase opens, to keep on paper or on another machine:
 *
 *     countersign-key-backup-v1.<key id>.<m>-<t>-<p>.<salt>.<nonce ‖ ciphertext ‖ tag>
 *
 * argon2id over the passphrase at the default cost of the hasher, HKDF-SHA-256, AES-256-GCM with everything before the last point as
 * associated data. Anyone who has text and passphrase has the key.
 */
import { Refusal } from '../errors.js';
import { decodeBase64, encodeUtf8 } from './encoding.js';
import type { Hasher } from './hasher.js';
import { hkdfSha256, linesOf, openKeyring } from './keyring.js';
import { openBytes, sealBytes } from './vault.js';

interface OpenedBackup {
  /** Id of the newest key. */
  readonly keyId: string;
  /** One key, or two if a rekey was running; the newest first. 32 bytes each. */
  readonly keys: readonly [Buffer, Buffer?];
}

const FORMAT = 'countersign-key-backup-v1';
const TEXT =
  /^(countersign-key-backup-v1\.([0-9a-f]{16})\.(\d{1,8})-(\d{1,3})-(\d{1,3})\.([A-Za-z0-9_-]{22}))\.([A-Za-z0-9_-]{80,200})$/;
const KEY_BYTES = 32;

/** The text of a backup: comment lines and one line with the sealed key. */
export async function sealKeyBackup(hasher: Hasher, keys: readonly [Buffer, Buffer?], passphrase: string) {
  const { keyId } = openKeyring(keys[0]);
  const { cost, salt, key } = await hasher.stretch('person', passphrase);
  const head = [FORMAT, keyId, `${cost.m}-${cost.t}-${cost.p}`, salt.toString('base64url')].join('.');
  const plaintext = Buffer.concat(keys.filter((one) => one !== undefined));
  const body = sealBytes(wrappingKey(key), encodeUtf8(head), plaintext).toString('base64url');
  plaintext.fill(0);
  const comment = `# countersign key backup of the key ${keyId}, sealed by a passphrase.\n# Opened with: countersign key restore FILE\n`;
  return { text: `${comment}${head}.${body}\n`, keyId };
}

/** Refusals: invalid-input (not a complete backup), not-verified (wrong passphrase, or the text was changed). */
export async function openKeyBackup(hasher: Hasher, text: string, passphrase: string): Promise<OpenedBackup> {
  const [line = '', second] = linesOf(text);
  const [, head = '', keyId = '', m, t, p, saltText = '', bodyText = ''] = TEXT.exec(line) ?? [];
  const [salt, body] = [decodeBase64(saltText, 'base64url'), decodeBase64(bodyText, 'base64url')];
  if (second !== undefined || head === '' || salt === null || body === null) throw noBackup();
  const cost = { m: Number(m), t: Number(t), p: Number(p) };
  // The hasher refuses a cost outside its bounds before any work is done (T3).
  const { key } = await hasher.stretch('person', passphrase, { cost, salt });
  const plaintext = openBytes(wrappingKey(key), encodeUtf8(head), body);
  if (plaintext === null) {
    const message = 'the key backup does not open: the passphrase is wrong, or the text was changed';
    const hint = 'Type the passphrase exactly: capitals and spaces count. Nothing was changed.';
    throw new Refusal('not-verified', message, { hint });
  }
  if (plaintext.length !== KEY_BYTES && plaintext.length !== 2 * KEY_BYTES) throw noBackup();
  const newest = plaintext.subarray(0, KEY_BYTES);
  return { keyId, keys: plaintext.length === KEY_BYTES ? [newest] : [newest, plaintext.subarray(KEY_BYTES)] };
}

const wrappingKey = (stretched: Uint8Array): Buffer =>
  hkdfSha256(stretched, new Uint8Array(), 'countersign/key-backup', KEY_BYTES);

const noBackup = (): Refusal =>
  new Refusal('invalid-input', 'this is not a complete key backup', {
    hint: `A key backup has one line that begins with ${FORMAT}. To make one: countersign key backup FILE`,
  });
