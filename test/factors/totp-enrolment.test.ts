/** What an authenticator app is given: the seed, and a URI whose labels are clean (B31). */
import { describe, expect, it } from 'vitest';
import { cleanLabel, totp } from '../../src/factors/totp.js';
import { base32, chance, fromBase32, settings } from './reference.js';

const RFC_SECRET = base32(Buffer.from('12345678901234567890'));
const begin = (names: Partial<Parameters<typeof totp.begin>[0]> = {}) =>
  totp.begin({
    random: chance.random,
    issuer: 'Countersign',
    accountName: 'Contoso',
    login: 'ana',
    settings,
    ...names,
  });

describe('TOTP enrolment', () => {
  it('shares 160 bits, shown in groups of four for typing by hand', async () => {
    const seed = chance.random(20);
    const { secret, secretBase32 } = await begin({ random: () => seed });
    expect(fromBase32(secret)).toEqual(Uint8Array.from(seed));
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(secretBase32).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  });

  it('puts issuer, login and company into the URI, and the settings where they are not the usual ones', async () => {
    const { uri, secret } = await begin({
      issuer: 'Nordlicht Support',
      accountName: 'Müller & Söhne',
      login: 'ana@contoso.example',
    });
    expect(uri).toBe(
      `otpauth://totp/Nordlicht%20Support:ana%40contoso.example%20(M%C3%BCller%20%26%20S%C3%B6hne)?secret=${secret}&issuer=Nordlicht%20Support`,
    );
    const wide = await begin({ settings: { stepSeconds: 60, digits: 8, stepsBack: 1 } });
    expect(new URL(wide.uri).search).toMatch(/&digits=8&period=60$/);
  });

  it('cleans labels: no colon, control, bidi or invisible character reaches the app, and no text breaks the URI', async () => {
    const hostile = [
      'Acme: Ltd',
      'a\u202eb',
      '\ud800',
      'x\0y\u009bz',
      'tab\there',
      '\u2066::\u2069',
      '%3A',
      '💥'.repeat(200),
      '',
      '\u3164',
      'é\u0301?&#/',
    ];
    for (const text of hostile) {
      const { uri, secret } = await begin({ issuer: text, accountName: text, login: text });
      const url = new URL(uri);
      const label = decodeURIComponent(url.pathname.replace(/^\/+(totp\/)?/, ''));
      expect(label).not.toMatch(/[\p{C}\u202a-\u202e\u2066-\u2069]/u);
      expect(label.split(':').length).toBeLessThanOrEqual(2);
      expect(label.split(':').at(-1)).not.toBe('');
      expect(url.searchParams.get('secret')).toBe(secret);
      expect(url.hash).toBe('');
      // 367 bytes fit a QR code of version 12.
      expect(uri.length).toBeLessThan(367);
    }
  });

  it.each([
    ['Acme: Ltd', 'Acme Ltd'],
    ['Acme\u202eLtd', 'AcmeLtd'],
    ['  a \t b\nc ', 'a b c'],
    ['zero\u200bwidth\u00ad', 'zerowidth'],
    ['e\u0301', 'é'],
    [':::', ''],
    [`${'x'.repeat(63)} tail`, 'x'.repeat(63)],
    ['💥'.repeat(65), '💥'.repeat(5)],
  ])('cleanLabel(%j) is %j', (text, clean) => {
    expect(cleanLabel(text)).toBe(clean);
    expect(cleanLabel(clean)).toBe(clean);
  });

  it('teeth: the library alone passes a colon and U+202E through', async () => {
    const { generateURI } = await import('otplib/functional');
    const uri = decodeURIComponent(generateURI({ issuer: 'Acme: Ltd', label: 'a\u202eb', secret: RFC_SECRET }));
    expect(uri).toContain('Acme: Ltd:a\u202eb');
  });
});
