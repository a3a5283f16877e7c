/**
 * TOTP a second time, written from the RFCs and sharing no code with otplib: HMAC from SHA-1 by RFC 2104, truncation by
 * RFC 4226 5.3, base32 by RFC 4648. Beside it the arguments that production hands to a factor.
 */
import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { CheckInput, StepSettings } from '../../src/factors/factor.js';

export const settings: StepSettings = { stepSeconds: 30, digits: 6, stepsBack: 1 };

export const chance = { random: (n: number): Uint8Array => randomBytes(n), randomInt: (max: number) => randomInt(max) };

/** What `check` needs besides the code, the secret and the time. */
export const checking: Pick<CheckInput, 'lastStep' | 'settings' | 'hmacSha1' | 'equal'> = {
  lastStep: null,
  settings,
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b)),
};

const sha1 = (...parts: Uint8Array[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest();

/** The code of the step that contains `seconds`. */
export function referenceCode(seed: Uint8Array, seconds: number, digits = 6, stepSeconds = 30): string {
  const block = Buffer.alloc(64);
  block.set(seed.length > 64 ? sha1(seed) : seed);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / stepSeconds)));
  const inner = sha1(
    block.map((byte) => byte ^ 0x36),
    counter,
  );
  const mac = sha1(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
  const value = mac.readUInt32BE(mac.readUInt8(19) & 15) & 0x7fffffff;
  return String(value % 10 ** digits).padStart(digits, '0');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five.padEnd(5, '0'), 2))).join('');
}

export function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}
