/**
 * The only form of argon2id hash that countersign writes and reads: the PHC string of libargon2,
 * `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<tag>`, base64 without padding. Reading is strict and limits the cost, because a
 * hash is a stored value and its parameters decide how much work a check takes (trap T3).
 */
import { decodeBase64 } from './encoding.js';

/** The work of one argon2id run (RFC 9106): memory in KiB, passes over it, parallel lanes. */
export interface Cost {
  readonly m: number;
  readonly t: number;
  readonly p: number;
}

export interface Phc {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

export const SALT_BYTES = 16;
export const TAG_BYTES = 32;

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

export function sameCost(a: Cost, b: Cost): boolean {
  return a.m === b.m && a.t === b.t && a.p === b.p;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
