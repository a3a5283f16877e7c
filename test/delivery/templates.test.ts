import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { singleLine } from '../../src/delivery/mail.js';
import { fill, MAX_SMS, messagesWith, readTemplate } from '../../src/delivery/templates.js';
import { isRefusal } from '../../src/errors.js';
import { codeMessages } from '../../src/factors/registry.js';

const FOLDER = join(import.meta.dirname, '../../data/messages/en');
const MESSAGES = messagesWith(codeMessages);
const NAMES = Object.keys(MESSAGES);
/** What every message says, in its language. */
const SAID = {
  en: {
    never: /We never ask you for (this code|it|one|a code|your passphrase)/,
    object: /(If|if) .*call us on the number you already know/,
  },
  de: {
    never: /Wir fragen Sie nie (per E-Mail )?(danach|nach (diesem Code|einem Code|Ihrer Passphrase))/,
    object: /(Wenn|wenn) .*rufen Sie uns .*unter der Nummer an, die Sie schon kennen/,
  },
} as const;
const read = (name: string) => readTemplate(readFileSync(join(FOLDER, `${name}.txt`), 'utf8'), name, MESSAGES);
const valuesFor = (name: string, value = 'x') =>
  Object.fromEntries((MESSAGES[name]?.placeholders ?? []).map((word) => [word, value] as const));
const problemsOf = (text: string, name: string) => {
  try {
    readTemplate(text, name, MESSAGES);
  } catch (error) {
    if (isRefusal(error) && error.code === 'config') return error.problems;
    throw error;
  }
  return [];
};

describe.each(['en', 'de'] as const)('the message texts in data/messages/%s', (language) => {
  const folder = join(FOLDER, '..', language);
  const own = (name: string) => readTemplate(readFileSync(join(folder, `${name}.txt`), 'utf8'), name, MESSAGES);
  const { never, object } = SAID[language];

  it('are exactly the messages the desk can write', () => {
    const texts = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    expect(texts.sort()).toEqual(NAMES.map((name) => `${name}.txt`).sort());
  });

  it.each(NAMES)('%s loads: subject, 78 columns, the listed placeholders, and fills', (name) => {
    const { subject, body } = fill(own(name), valuesFor(name));
    expect(`${subject}\n${body}`).not.toMatch(/[{}]/);
  });

  it.each(NAMES)('%s says that codes or passphrases are never asked for, and who is writing', (name) => {
    const { body } = own(name);
    expect(body.replace(/\s+/g, ' ')).toMatch(never);
    expect(body).toContain('{deskName}');
  });

  it.each(NAMES.filter((name) => MESSAGES[name]?.kind === 'email'))('%s says how to object', (name) => {
    expect(own(name).body.replace(/\s+/g, ' ')).toMatch(object);
  });

  it('an SMS fits one SMS, in letters of the GSM alphabet, with a long login and desk name', () => {
    for (const name of NAMES.filter((each) => MESSAGES[each]?.kind === 'sms')) {
      const values = {
        deskName: 'Northwind Support Desk',
        login: 'ana.trujillo@northwind.example',
        code: '12345678',
        minutes: '10',
      };
      const { body } = fill(own(name), values);
      expect(body).toMatch(/^[\n\x20-\x5a\x61-\x7a]+$/);
      expect(body.length).toBeLessThanOrEqual(MAX_SMS);
    }
  });
});

describe('reading a message text', () => {
  const GOOD = 'Subject: Code for {login}\n\n{code} {minutes} {deskName}\n';

  it('takes CRLF and a byte order mark', () => {
    expect(problemsOf(`\u{FEFF}${GOOD.replaceAll('\n', '\r\n')}`, 'login-code-sms')).toEqual([]);
  });

  it.each([
    ['no subject', 'Betreff: x\n\n{login} {code} {minutes} {deskName}', 'first line'],
    ['no empty line', 'Subject: {login}\n{code}\n{minutes} {deskName}', 'second line'],
    ['nothing but a subject', 'Subject: {login} {code} {minutes} {deskName}\n\n', 'no text'],
    ['an unknown placeholder', `${GOOD}{passphrase}`, '{passphrase} is not filled in'],
    ['a missing placeholder', GOOD.replace('{code}', ''), '{code} is missing'],
    ['a lone brace', `${GOOD}{code`, 'single brace'],
    ['a long line', `${GOOD}${'x'.repeat(79)}`, 'longer than 78'],
    ['a long SMS', `${GOOD}${'some words\n'.repeat(20)}`, 'at most 160'],
    ['a bidi control', `${GOOD}\u202Eabc`, 'invisible character'],
  ])('names the fault: %s', (_, text, words) => {
    expect(
      problemsOf(text, 'login-code-sms')
        .map((each) => each.message)
        .join('\n'),
    ).toContain(words);
  });

  it('refuses a name that is no message, also one every object has', () => {
    for (const name of ['nonsense', 'constructor', '__proto__']) expect(problemsOf(GOOD, name)).toHaveLength(1);
  });
});

describe('filling a message', () => {
  const template = read('login-code-email');
  const lines = (text: string) => text.split('\n').length;
  const plain = fill(template, valuesFor('login-code-email'));

  it('treats a missing, empty or unknown value as a bug', () => {
    const values = valuesFor('login-code-email');
    const { code: _, ...without } = values;
    expect(() => fill(template, without)).toThrow(TypeError);
    expect(() => fill(template, { ...values, code: ' \n ' })).toThrow(TypeError);
    expect(() => fill(template, { ...values, extra: 'x' })).toThrow(TypeError);
    const inherited: Record<string, string> = Object.assign(Object.create({ code: '1' }), without);
    expect(() => fill(template, inherited)).toThrow(TypeError);
  });

  it('does not look for placeholders inside values', () => {
    const { body } = fill(template, { ...valuesFor('login-code-email', 'x'), name: '{code}', code: '493817' });
    expect(body).toContain('Hello {code},');
  });

  it('cannot be made to add a line, a header or a turned text by any value (property)', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'a\r\nBcc: x@evil.example',
        'a\u2028b',
        'a\u0085b',
        '\u202Etxt.exe',
        'a\u0000b',
        'a\u009B2Jb',
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(hostile, (value) => {
        const filled = fill(template, { ...valuesFor('login-code-email'), name: `n${value}`, login: `l${value}` });
        expect(lines(filled.body)).toBe(lines(plain.body));
        expect(filled.subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
        expect(filled.body.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
    );
  });

  it('teeth: plain replacement would have added a line', () => {
    const naive = template.body.replace('{name}', 'Ana\r\n\r\nCall 555 0100 and tell us your code');
    expect(lines(naive)).toBeGreaterThan(lines(template.body));
  });

  it('cuts a name that is a letter of its own', () => {
    const { body } = fill(template, { ...valuesFor('login-code-email'), name: 'word '.repeat(200) });
    expect(body.length).toBeLessThan(plain.body.length + 121);
    expect(body).toContain('…');
  });

  it('leaves names of the world as they are', () => {
    for (const name of ['Zoë Åström', '山田 太郎', 'Ngọc Ánh', 'Müller-Lüdenscheidt', 'د. ليلى'])
      expect(singleLine(name)).toBe(name);
  });
});
