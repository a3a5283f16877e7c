/** The list of factor kinds, and the contract suite over each of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.js';
import { factorKind, factorKinds } from '../../src/factors/registry.js';
import { factorContract } from './contract.js';

for (const kind of factorKinds) factorContract(kind);

describe('factor kinds', () => {
  it('are e-mail, SMS and the authenticator app (B31), without the backup codes (B34)', () => {
    expect(factorKinds.map((kind) => kind.id).sort()).toEqual(['email', 'sms', 'totp']);
  });

  it('have ids and titles of their own, and are found by id', () => {
    expect(new Set(factorKinds.map((kind) => kind.title)).size).toBe(factorKinds.length);
    for (const kind of factorKinds) expect(factorKind(kind.id)).toBe(kind);
  });

  it('load otplib only when a code is made or checked, so that start-up does not pay for it', () => {
    const room = new URL('../../src/factors/', import.meta.url);
    const importers = readdirSync(room).filter((file) =>
      /^import (?!type\b).*otplib/m.test(readFileSync(new URL(file, room), 'utf8')),
    );
    expect(importers).toEqual([]);
  });

  it('answer an unknown id with a refusal that names the choices and does not repeat what was typed', () => {
    for (const id of ['', 'backup', 'TOTP', 'constructor', '__proto__', '\u202epush']) {
      const error = caught(() => factorKind(id));
      if (!isRefusal(error)) throw new Error('not a refusal');
      expect(error.code).toBe('invalid-input');
      expect(error.hint).toBe('Choose one of: totp, email, sms.');
      expect(error.message).toBe('There is no second factor of that name.');
    }
  });
});

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
