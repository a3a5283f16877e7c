/**
 * Slow hashes of secrets that people know: argon2id (RFC 9106). The only form that countersign writes and reads is the PHC string of
 * libargon2, `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<tag>`, base64 without padding. Reading is strict and limits the cost,
 * because a hash is a stored value and its parameters decide how much work a check takes (trap T3).
 *
 * The policy sets the cost of new hashes. A stored hash names its own cost, which must lie between LEAST and MOST before any work is done
 * (trap T3). When the policy raises the cost, older hashes are reported as outdated and made anew at the next success.
 */
import { timingSafeEqual } from 'node:crypto';
import { randomBytes } from './digests.js';
import { decodeBase64, encodeUtf8, storeCorrupt } from './encoding.js';

/** The work of one argon2id run (RFC 9106): memory in KiB, passes over it, parallel lanes. */
export type Cost = Readonly<Record<'m' | 't' | 'p', number>>;

/** `person` for a secret that a person chose; `code` for backup codes, which have 80 random bits. */
export type SecretKind = 'person' | 'code';

export type Hasher = ReturnType<typeof openHasher>;

export interface Setting {
  readonly cost: Cost;
  readonly salt: Buffer;
}

export interface Phc extends Setting {
  readonly tag: Buffer;
}

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** RFC 9106's second recommended option, and OWASP's floor for secrets that are strong by themselves. Also the policy's defaults. */
const DEFAULT: Readonly<Record<SecretKind, Cost>> = {
  person: { m: 65_536, t: 3, p: 4 },
  code: { m: 19_456, t: 2, p: 1 },
};
/** The floor and the ceiling of the policy (rules/policy-schema.ts, which crypto may not import): what a store can hold. */
export const LEAST: Cost = { m: 19_456, t: 2, p: 1 };
export const MOST: Cost = { m: 262_144, t: 8, p: 16 };

/** Other costs than the default ones, by kind of secret. */
export type HasherCosts = Readonly<Partial<Record<SecretKind, Cost>>>;

/** Hashes are made at the costs given here. A stored hash of another cost within the bounds is still accepted. */
export function openHasher(options: HasherCosts = {}) {
  const current = { ...DEFAULT, ...options };

  /** A PHC string with a fresh salt. */
  async function hash(kind: SecretKind, secret: string): Promise<string> {
    const { cost, salt, key: tag } = await stretch(kind, secret);
    return formatPhc({ cost, salt, tag });
  }

  /**
   * Whether the secret matches this hash, and whether the hash costs less than the present setting. A PHC string that is
   * malformed, or has a cost outside the bounds, is Refusal('store-corrupt') before any work is done.
   */
  async function verify(kind: SecretKind, phc: string, secret: string) {
    const stored = parsePhc(phc);
    if (stored === null) throw storeCorrupt('a stored hash is malformed');
    const { key, outdated } = await stretch(kind, secret, stored);
    return { matches: timingSafeEqual(key, stored.tag), outdated };
  }

  /**
   * The 32 raw bytes of one run, to derive keys from (owner-view.ts). Without `stored` it uses the current cost and a fresh
   * salt; with `stored`, that cost and salt. A cost outside the bounds is Refusal('store-corrupt') before any work is done.
   */
  async function stretch(kind: SecretKind, secret: string, stored?: Setting) {
    const { cost, salt } = stored ?? { cost: current[kind], salt: randomBytes(SALT_BYTES) };
    if (!sameCost(cost, current[kind]) && !isWithin(cost))
      throw storeCorrupt('a stored hash asks for a cost that is not allowed');
    return { cost, salt, key: await argon2id(secret, cost, salt), outdated: isWeaker(cost, current[kind]) };
  }

  /** A PHC string of the current cost that no secret matches, for checks of people who do not exist (B73). */
  const decoy = (kind: SecretKind) =>
    formatPhc({ cost: current[kind], salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) });

  return Object.freeze({ hash, verify, decoy, stretch });
}

const isWithin = ({ m, t, p }: Cost): boolean =>
  m >= LEAST.m && m <= MOST.m && t >= LEAST.t && t <= MOST.t && p >= LEAST.p && p <= MOST.p;

/** A lowered setting does not ask for a new hash: that would make what is stored weaker. Lanes change speed, not strength. */
const isWeaker = (stored: Cost, current: Cost): boolean => stored.m < current.m || stored.t < current.t;

let native: Promise<typeof import('argon2')> | undefined;

/** Uses raw output, because the package's own PHC reader takes cost and associated data from the string. */
async function argon2id(secret: string, cost: Cost, salt: Buffer): Promise<Buffer> {
  const bytes = encodeUtf8(secret);
  // Loaded at the first hash, because most commands never need the native module.
  native ??= import('argon2');
  const argon2 = await native;
  return argon2.hash(bytes, {
    type: argon2.argon2id,
    version: 0x13,
    memoryCost: cost.m,
    timeCost: cost.t,
    parallelism: cost.p,
    hashLength: TAG_BYTES,
    salt,
    raw: true,
  });
}

/** 22 and 43 characters are 16 and 32 bytes. No known setting has longer numbers than these. */
const PHC = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

export function formatPhc({ cost, salt, tag }: Phc): string {
  return `$argon2id$v=19$m=${cost.m},t=${cost.t},p=${cost.p}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** The parts of a PHC string, or null for anything that `formatPhc` does not write. */
export function parsePhc(text: string): Phc | null {
  const [, m, t, p, salt, tag] = PHC.exec(text) ?? [];
  if (salt === undefined || tag === undefined) return null;
  const saltBytes = decodeBase64(`${salt}==`, 'base64');
  const tagBytes = decodeBase64(`${tag}=`, 'base64');
  if (saltBytes === null || tagBytes === null) return null;
  return { cost: { m: Number(m), t: Number(t), p: Number(p) }, salt: saltBytes, tag: tagBytes };
}

const sameCost = (a: Cost, b: Cost): boolean => a.m === b.m && a.t === b.t && a.p === b.p;

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
