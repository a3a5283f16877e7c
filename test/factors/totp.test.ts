/** The authenticator app against the RFCs, two other implementations, its window and the replay race. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CheckInput, CheckResult } from '../../src/factors/factor.js';
import { totp } from '../../src/factors/totp.js';
import { base32, checking, referenceCode, settings } from './reference.js';

type Check = (input: CheckInput) => Promise<CheckResult>;

const RFC_SEED = Buffer.from('12345678901234567890');
const RFC_SECRET = base32(RFC_SEED);
const NOON = Date.UTC(2026, 10, 23, 12, 0, 0);

const at = (secret: string, code: string, now: number, more: Partial<CheckInput> = {}) =>
  totp.check({ ...checking, secret, code, now, ...more });

describe('TOTP equals the standard (B31)', () => {
  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('RFC 6238 appendix B, SHA-1, at %i s', async (seconds, code) => {
    const exact = { settings: { stepSeconds: 30, digits: 8, stepsBack: 0 } };
    expect(await at(RFC_SECRET, code, seconds * 1000, exact)).toEqual({ ok: true, step: Math.floor(seconds / 30) });
    expect(await at(RFC_SECRET, code, (seconds + 60) * 1000, exact)).toEqual({ ok: false });
    expect(referenceCode(RFC_SEED, seconds, 8)).toBe(code);
  });

  it('RFC 4226 appendix D, counters 0 to 9', async () => {
    const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
    for (const [step, code] of codes.entries()) {
      const exact = { settings: { ...settings, stepsBack: 0 } };
      expect(await at(RFC_SECRET, code, step * 30_000, exact)).toEqual({ ok: true, step });
      expect(referenceCode(RFC_SEED, step * 30)).toBe(code);
    }
  });

  it('an implementation written from the RFCs gives the same codes, 300 seeds and times', async () => {
    for (const { seed, seconds } of cases(300)) {
      const step = Math.floor(seconds / 30);
      expect(await at(base32(seed), referenceCode(seed, seconds), seconds * 1000)).toEqual({ ok: true, step });
    }
  });

  it.skipIf(spawnSync('oathtool', ['--version']).status !== 0)(
    'oathtool gives the same codes, 300 seeds and times',
    async () => {
      for (const { seed, seconds } of cases(300)) {
        const when = new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
        const code = execFileSync('oathtool', ['--totp', '--base32', `--now=${when}`, base32(seed)], {
          encoding: 'utf8',
        }).trim();
        expect(await at(base32(seed), code, seconds * 1000)).toEqual({ ok: true, step: Math.floor(seconds / 30) });
      }
    },
    60_000,
  );
});

describe('TOTP window (current and previous step, never the next)', () => {
  /** Seconds around a step at which `check` departs from the rule, every second from -90 to +120, first and last millisecond. */
  async function departures(check: Check): Promise<number[]> {
    const step = NOON / 30_000;
    const code = referenceCode(RFC_SEED, NOON / 1000);
    const wrong: number[] = [];
    for (let second = -90; second <= 120; second += 1) {
      for (const millisecond of [0, 999]) {
        const now = NOON + second * 1000 + millisecond;
        const result = await check({ ...checking, secret: RFC_SECRET, code, now });
        const expected = second >= 0 && second < 60;
        if (result.ok !== expected || (result.ok && result.step !== step)) wrong.push(second);
      }
    }
    return wrong;
  }

  it('accepts a code from the start of its step for 60 s and at no other second, and names its step', async () => {
    expect(await departures(totp.check)).toEqual([]);
  });

  it('teeth: a check that also takes the next step, or two steps back, is caught by the same test', async () => {
    const nextToo: Check = async (input) => {
      const result = await totp.check(input);
      return result.ok ? result : totp.check({ ...input, now: input.now + 30_000 });
    };
    const twoBack: Check = (input) => totp.check({ ...input, settings: { ...settings, stepsBack: 2 } });
    expect(new Set(await departures(nextToo))).toEqual(new Set(Array.from({ length: 30 }, (_, index) => index - 30)));
    expect(new Set(await departures(twoBack))).toEqual(new Set(Array.from({ length: 30 }, (_, index) => index + 60)));
  });

  it('takes a code grouped as the app shows it', async () => {
    const code = referenceCode(RFC_SEED, NOON / 1000);
    for (const spelling of [
      `${code.slice(0, 3)} ${code.slice(3)}`,
      `${code.slice(0, 3)}-${code.slice(3)}`,
      ` ${code}\n`,
      [...code].join('\u00a0'),
    ]) {
      expect((await at(RFC_SECRET, spelling, NOON)).ok).toBe(true);
    }
  });

  it('refuses the right code in full-width or Arabic-Indic digits: a code has one spelling', async () => {
    const code = referenceCode(RFC_SEED, NOON / 1000);
    for (const zero of [0xff10, 0x0660, 0x06f0, 0x0966]) {
      const foreign = [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
      expect((await at(RFC_SECRET, foreign, NOON)).ok).toBe(false);
    }
  });
});

describe('TOTP is accepted once', () => {
  const step = NOON / 30_000;
  const code = (offset: number) => referenceCode(RFC_SEED, NOON / 1000 + offset * 30);

  it('refuses a code of the last accepted step and of any earlier one', async () => {
    expect(await at(RFC_SECRET, code(0), NOON, { lastStep: step - 1 })).toEqual({ ok: true, step });
    expect(await at(RFC_SECRET, code(0), NOON, { lastStep: step })).toEqual({ ok: false });
    expect(await at(RFC_SECRET, code(-1), NOON, { lastStep: step - 1 })).toEqual({ ok: false });
    expect(await at(RFC_SECRET, code(-1), NOON, { lastStep: step - 2 })).toEqual({ ok: true, step: step - 1 });
    expect(await at(RFC_SECRET, code(0), NOON + 30_000, { lastStep: step })).toEqual({ ok: false });
  });

  it('answers a clock set back, even to before 1970, with a refusal and not with an exception', async () => {
    for (const back of [30_000, 60_000, 7_200_000, NOON, NOON + 1, NOON + 86_400_000]) {
      const now = NOON - back;
      const honest = now < 0 ? '000000' : referenceCode(RFC_SEED, now / 1000);
      expect(await at(RFC_SECRET, honest, now, { lastStep: step })).toEqual({ ok: false });
    }
  });

  const readers = 8;

  /** Eight processes that bring one code to one row, each pausing between reading, checking and storing. */
  async function race(store: (row: { lastStep: number | null }, matched: number) => boolean): Promise<number> {
    const row: { lastStep: number | null } = { lastStep: null };
    const one = async () => {
      const seen = row.lastStep;
      const result = await at(RFC_SECRET, code(0), NOON, { lastStep: seen });
      return result.ok && store(row, result.step);
    };
    const accepted = await Promise.all(Array.from({ length: readers }, one));
    return accepted.filter(Boolean).length;
  }

  it('lets one of eight parallel tries through where the step is set by compare-and-set', async () => {
    const compareAndSet = (row: { lastStep: number | null }, matched: number) => {
      if (row.lastStep !== null && row.lastStep >= matched) return false;
      row.lastStep = matched;
      return true;
    };
    expect(await race(compareAndSet)).toBe(1);
  });

  it('teeth: storing the step without comparing accepts the same code eight times', async () => {
    const checkThenStore = (row: { lastStep: number | null }, matched: number) => {
      row.lastStep = matched;
      return true;
    };
    expect(await race(checkThenStore)).toBe(readers);
  });
});

/** Seeds and times from a fixed seed, so that a failure can be run again; times from 1970 to 2100, edges of steps among them. */
function* cases(count: number): Generator<{ seed: Uint8Array; seconds: number }> {
  for (let index = 0; index < count; index += 1) {
    const bytes = createHash('sha256').update(`totp case ${index}`).digest();
    const drawn = bytes.readUInt32BE(20) % 4_102_444_800;
    yield { seed: bytes.subarray(0, 20), seconds: index % 3 === 0 ? drawn - (drawn % 30) + (index % 2) * 29 : drawn };
  }
}
