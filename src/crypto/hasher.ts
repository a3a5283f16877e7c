/**
 * Slow hashes of secrets that people know: argon2id (RFC 9106), written as PHC strings.
 *
 * This file decides the cost of a check, never the stored string: its parameters must be on the list below before any work is done
 * (trap T3). When a setting rises, the old one moves to OLDER. Hashes with the old setting are reported as outdated and made again at the
 * next success.
 */
import { timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.js';
import { randomBytes } from './digests.js';
import { encodeUtf8 } from './encoding.js';
import { type Cost, formatPhc, type Phc, parsePhc, SALT_BYTES, sameCost, TAG_BYTES } from './phc.js';

export type { Cost } from './phc.js';

/** `person` for a secret that a person chose; `code` for backup codes, which have 80 random bits. */
export type SecretKind = 'person' | 'code';

export interface Hasher {
  /** A PHC string with a fresh salt. */
  hash(kind: SecretKind, secret: string): Promise<string>;
  /**
   * Whether the secret matches this hash, and whether the hash was made with an older setting. A PHC string that is
   * malformed, or has a cost that is not on the list, is Refusal('store-corrupt') before any work is done.
   */
  verify(kind: SecretKind, phc: string, secret: string): Promise<{ matches: boolean; outdated: boolean }>;
  /** A PHC string of the current cost that no secret matches, for checks of people who do not exist (B73). */
  decoy(kind: SecretKind): string;
  /**
   * The 32 raw bytes of one run, to derive keys from (owner-view.ts). Without `stored` it uses the current cost and a fresh
   * salt; with `stored`, that cost and salt. A cost that is not on the list is Refusal('store-corrupt') before any work is done.
   */
  stretch(kind: SecretKind, secret: string, stored?: Setting): Promise<Setting & { key: Buffer; outdated: boolean }>;
}

/** The cost and salt of a hash. */
export interface Setting {
  readonly cost: Cost;
  readonly salt: Buffer;
}

/** RFC 9106's second recommended option for `person`; OWASP's minimum for `code`, which is strong already. */
const CURRENT: Readonly<Record<SecretKind, Cost>> = {
  person: { m: 65_536, t: 3, p: 4 },
  code: { m: 19_456, t: 2, p: 1 },
};
/** Settings of earlier versions that a store may still contain. */
const OLDER: Readonly<Record<SecretKind, readonly Cost[]>> = { person: [], code: [] };

/** Other costs than the built-in ones, by kind of secret. */
export interface HasherCosts {
  readonly person?: Cost;
  readonly code?: Cost;
}

/** Costs given here become the current ones. The built-in ones are then still accepted, as outdated. */
export function openHasher(options: HasherCosts = {}): Hasher {
  const current = { ...CURRENT, ...options };

  async function hash(kind: SecretKind, secret: string): Promise<string> {
    const cost = current[kind];
    const salt = randomBytes(SALT_BYTES);
    return formatPhc({ cost, salt, tag: await argon2id(secret, cost, salt) });
  }

  async function verify(kind: SecretKind, phc: string, secret: string) {
    const stored = parsePhc(phc);
    if (stored === null) throw corrupt('is malformed');
    requireAllowed(kind, stored.cost);
    return { matches: await gives(secret, stored), outdated: !sameCost(stored.cost, current[kind]) };
  }

  async function stretch(kind: SecretKind, secret: string, stored?: Setting) {
    const { cost, salt } = stored ?? { cost: current[kind], salt: randomBytes(SALT_BYTES) };
    requireAllowed(kind, cost);
    return { cost, salt, key: await argon2id(secret, cost, salt), outdated: !sameCost(cost, current[kind]) };
  }

  function requireAllowed(kind: SecretKind, asked: Cost): void {
    const allowed = [current[kind], CURRENT[kind], ...OLDER[kind]];
    if (!allowed.some((cost) => sameCost(cost, asked))) throw corrupt('asks for a cost that is not allowed');
  }

  const decoy = (kind: SecretKind) =>
    formatPhc({ cost: current[kind], salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) });

  return Object.freeze({ hash, verify, decoy, stretch });
}

async function gives(secret: string, stored: Phc): Promise<boolean> {
  return timingSafeEqual(await argon2id(secret, stored.cost, stored.salt), stored.tag);
}

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

function corrupt(fault: string): Refusal {
  return new Refusal('store-corrupt', `a stored hash ${fault}`, {
    hint: 'Check the store (countersign doctor), or restore it from a backup.',
  });
}
