/**
 * The desk's keys. One 32-byte master key is kept in a file apart from the store. Every working key is derived from it by
 * HKDF-SHA-256 (RFC 5869), one for each purpose, so that no key does two jobs and a leaked key tells nothing about another.
 * Every sealed value names its key by id. In a rekey the old key stays in the ring, and in its file, until nothing uses it.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { Refusal } from '../errors.js';
import { decodeBase64 } from './encoding.js';

export type KeyPurpose =
  | 'seal/passphrase'
  | 'seal/application-password'
  | 'seal/operator-password'
  | 'seal/operator-totp'
  | 'seal/factor'
  | 'seal/backup-code'
  | 'seal/message'
  | 'seal/contact'
  | 'seal/check'
  | 'seal/owner-copy'
  | 'seal/digest'
  | 'mac/lookup'
  | 'mac/code'
  | 'mac/audit'
  | 'mac/head'
  | 'mac/row'
  | 'mac/plan'
  | 'sign/audit'
  | 'sign/events';

export type SealPurpose = Extract<KeyPurpose, `seal/${string}`>;
export type MacPurpose = Extract<KeyPurpose, `mac/${string}`>;

/**
 * Keys of what is read back from a store: derived with the store's id, so that rows and seals of another store under the same master key do
 * not fit (T18). The others are compared with something that such a row holds, or are known outside: signing keys, codes on their way, and
 * the anchor, which names its store.
 */
const isBound = (purpose: KeyPurpose): boolean =>
  purpose.startsWith('seal/') || ['mac/head', 'mac/row', 'mac/plan'].includes(purpose);

export interface Keyring {
  /** Id of the current master key, which seals everything new: 16 hex digits from HKDF, which reveal nothing about the key. */
  readonly keyId: string;
  /**
   * The 32-byte key of a purpose, derived from the current master key or the named one. The buffer is shared: only read it.
   * Throws Refusal('key-mismatch') for a key id that is not in the ring.
   */
  derive(purpose: KeyPurpose, keyId?: string): Buffer;
  has(keyId: string): boolean;
  /** Whether this key of the ring is newer than the current one, because another process has begun a rekey. */
  isNewer(keyId: string): boolean;
  /** Makes the newest key of the ring the current one. */
  adoptNewest(): void;
  /** The store whose keys it derives; '' for none, as before stores were bound to their keys. */
  readonly storeId: string;
  /** The same master keys for this store. */
  boundTo(storeId: string): Keyring;
}

const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
const KEY_LINE = 'countersign-key-v1:';
const KEY_COMMENT =
  '# countersign master key: opens every secret in the store. Keep a copy, apart from the store. ' +
  'If this key is lost, every passphrase and factor is lost with it.';

/** HKDF-SHA-256 (RFC 5869): extract with `salt`, expand with `info` to `length` bytes. */
export function hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length));
}

/** A new master key, 32 random bytes. */
export const newMasterKey = (): Buffer => randomBytes(KEY_BYTES);

const masterKeyLine = (key: Uint8Array): string => `${KEY_LINE}${Buffer.from(key).toString('base64url')}`;

/** The text of a key file with one key: one comment line, one key line. */
export const singleKeyText = (key: Uint8Array): string => `${KEY_COMMENT}\n${masterKeyLine(key)}\n`;

/** The text of a key file during a rekey: the newer key first. */
export function bothKeysText(newer: Uint8Array, older: Uint8Array): string {
  return `${KEY_COMMENT}\n# The second key is being replaced: countersign store rekey\n${masterKeyLine(newer)}\n${masterKeyLine(older)}\n`;
}

/**
 * The keys in the text of a key file, 32 bytes each, the newest first: one, or two during a rekey. Comments (`#`), blank lines, spaces
 * around a line and CRLF are allowed. Anything else is a Refusal('config') that names `source`, but never quotes its content.
 */
export function parseMasterKeys(text: string, source: string): readonly [Buffer, Buffer?] {
  const [first, second, third] = linesOf(text);
  if (first === undefined) throw badKey(source, 'contains no key');
  if (third !== undefined) throw badKey(source, 'contains more than two lines that are not comments');
  const newest = keyOfLine(first, source);
  if (second === undefined) return [newest];
  const older = keyOfLine(second, source);
  if (older.equals(newest)) throw badKey(source, 'contains the same key twice');
  return [newest, older];
}

/** The lines of a key file or a backup, without comments. */
export const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

function keyOfLine(line: string, source: string): Buffer {
  if (!line.startsWith(KEY_LINE)) throw badKey(source, `contains a key that does not begin with "${KEY_LINE}"`);
  const key = decodeBase64(line.slice(KEY_LINE.length), 'base64url');
  if (key === null || key.length !== KEY_BYTES) throw badKey(source, 'contains a key that is incomplete or mistyped');
  return key;
}

function badKey(source: string, fault: string): Refusal {
  return new Refusal('config', `the master key from ${source} cannot be read: it ${fault}`, {
    hint: 'Restore the key file from its copy. A new key cannot open what the old key sealed.',
  });
}

/**
 * A ring with one current master key and any number of older ones, which still open what they sealed. `reread` reads the keys again, newest
 * first. It is called if a value names a key that is not in the ring, so that a process that started before a rekey keeps working.
 */
export function openKeyring(
  current: Buffer,
  older: readonly Buffer[] = [],
  reread: () => readonly Buffer[] = () => [],
  storeId = '',
): Keyring {
  const derived = new Map<KeyPurpose, Map<string, Buffer>>();
  const absent = new Set<string>();
  let masters = ring([current, ...older]);
  let currentId = keyIdOf(current);

  function has(keyId: string): boolean {
    if (masters.has(keyId)) return true;
    if (absent.has(keyId)) return false;
    masters = new Map([...ring(reread()), ...masters]);
    if (!masters.has(keyId)) absent.add(keyId);
    return masters.has(keyId);
  }

  function derive(purpose: KeyPurpose, keyId: string = currentId): Buffer {
    const known = derived.get(purpose)?.get(keyId);
    if (known !== undefined) return known;
    const master = has(keyId) ? masters.get(keyId) : undefined;
    if (master === undefined) throw unknownKey(keyId, currentId);
    const salt = Buffer.from(isBound(purpose) ? storeId : '');
    const key = hkdfSha256(master, salt, `countersign/${purpose}`, KEY_BYTES);
    derived.set(purpose, (derived.get(purpose) ?? new Map<string, Buffer>()).set(keyId, key));
    return key;
  }

  const order = () => [...masters.keys()];
  return Object.freeze<Keyring>({
    get keyId() {
      return currentId;
    },
    derive,
    has,
    isNewer: (keyId) => has(keyId) && order().indexOf(keyId) < order().indexOf(currentId),
    adoptNewest: () => {
      currentId = order()[0] ?? currentId;
    },
    storeId,
    boundTo: (id) => openKeyring(current, older, reread, id),
  });
}

/** Master keys by their ids, in the order given: the newest first. */
const ring = (keys: readonly Buffer[]): ReadonlyMap<string, Buffer> =>
  new Map(keys.map((key) => [keyIdOf(key), Buffer.from(key)]));

function keyIdOf(master: Buffer): string {
  if (master.length !== KEY_BYTES) throw new RangeError(`A master key has ${KEY_BYTES} bytes.`);
  return hkdfSha256(master, new Uint8Array(), 'countersign/key-id', KEY_ID_BYTES).toString('hex');
}

function unknownKey(keyId: string, currentId: string): Refusal {
  return new Refusal('key-mismatch', `the key ${keyId} is needed, but the key in use is ${currentId}`, {
    hint: 'Name the key file of this store with --key-file or COUNTERSIGN_KEY_FILE.',
  });
}
