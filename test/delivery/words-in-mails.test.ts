/** What a mail names beside names and times (methods, roles, states, changes) is said in the language of its reader (B98). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openComposer } from '../../src/delivery/templates.js';
import type { Worded } from '../../src/errors.js';
import { codeMessages } from '../../src/factors/registry.js';
import { AUDIT_KINDS } from '../../src/rules/audit-kinds.js';
import { CUSTOMER_ROLES, EDITIONS, OPERATOR_ROLES, SIGN_INS } from '../../src/rules/people.js';
import { sourcesIn } from '../support/screen-checks.js';
import { dataFolder, repositoryRoot } from '../support/test-desk.js';

const folder = join(dataFolder, 'messages');
const desk = { name: 'Nordlicht', language: 'en', languages: ['en', 'de'], pagesUrl: null };
const compose = openComposer(folder, desk, codeMessages);
const termsIn = (language: string): Readonly<Record<string, Readonly<Record<string, string>>>> =>
  JSON.parse(readFileSync(join(folder, language, 'terms.json'), 'utf8'));

const person = { name: 'Ana', login: 'ana', account: 'Nordwind', when: '2026-11-30 10:00 UTC' };
const changed = (change: Worded, language: string) =>
  compose('factor-changed', { ...person, who: ['mail', 'in-portal', 'Ana'], change }, language).body;

describe('words in mails', () => {
  it('are those of the language, also within each other; names stay as they are', () => {
    const change = ['mail', 'set-up-instead', ['factorTitle', 'email'], ['factorTitle', 'sms']] as const;
    expect(changed(change, 'en')).toContain('E-mail was set up in place of Text message (SMS)\n');
    expect(changed(change, 'de')).toContain('Änderung:  E-Mail wurde anstelle von SMS eingerichtet\n');
    expect(changed(change, 'de')).toContain('Durch:     Ana (im Portal)\n');
    const several = ['list', '; ', ['mail', 'customer'], ['mail', 'role', ['roleTitle', 'lead'], '{0}']] as const;
    expect(changed(several, 'de')).toContain('gilt als Ihrer; Ihre Rolle ist Leitung (vorher: {0})\n');
    // What no language has is said as it is.
    expect(changed(['roleTitle', 'own-role'], 'de')).toContain('Änderung:  own-role\n');
  });

  it('an undone reset promises nothing about methods at another system', () => {
    const undone = (language: string) =>
      compose('mfa-reset-undone', { ...person, who: 'Lea', reference: 'rst_1' }, language).body.replaceAll('\n', ' ');
    expect(undone('en')).toContain('removed at another system stay removed: set them up again there.');
    expect(undone('de')).toContain(
      'in einem anderen System entfernt wurden, bleiben entfernt: Richten Sie sie dort neu',
    );
  });

  it('every sentence that a procedure names is there, and none is without use', () => {
    const text = sourcesIn(join(repositoryRoot, 'src/procedures')).map((file) => readFileSync(file, 'utf8'));
    const used = [...text.join('\n').matchAll(/\['mail', (?:disabled \? )?'([\w-]+)'(?: : '([\w-]+)')?/gu)];
    const keys = used.flatMap(([, first = '', second]) => (second === undefined ? [first] : [first, second]));
    const contacts = ['e-mail', 'phone', 'e-mail-phone'];
    expect([...new Set([...keys, ...contacts])].toSorted()).toEqual(
      Object.keys(termsIn('en')['mail'] ?? {}).toSorted(),
    );
  });

  it('every role, edition, way to sign in and kind of entry has its words', () => {
    const { roleTitle, editionTitle, signInTitle, powerKind } = termsIn('de');
    expect(Object.keys(roleTitle ?? {}).toSorted()).toEqual(
      [...new Set([...CUSTOMER_ROLES, ...OPERATOR_ROLES])].toSorted(),
    );
    expect(Object.keys(editionTitle ?? {}).toSorted()).toEqual(EDITIONS.toSorted());
    expect(Object.keys(signInTitle ?? {}).toSorted()).toEqual(SIGN_INS.toSorted());
    expect(Object.keys(powerKind ?? {}).filter((kind) => !(AUDIT_KINDS as readonly string[]).includes(kind))).toEqual(
      [],
    );
  });
});
