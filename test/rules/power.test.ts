/** Which entries change power (B84): every kind is placed by hand, so a new one fails here until somebody has said whether it does. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openComposer } from '../../src/delivery/templates.js';
import { codeMessages } from '../../src/factors/registry.js';
import { type AuditEntry, SYSTEM } from '../../src/rules/audit-entry.js';
import { AUDIT_KINDS } from '../../src/rules/audit-kinds.js';
import { eventsOf } from '../../src/rules/desk-events.js';
import { powerOf } from '../../src/rules/power.js';
import { dataFolder } from '../support/test-desk.js';

type Detail = NonNullable<AuditEntry['detail']>;

const entry = (kind: string, detail: Detail = {}, more: Partial<AuditEntry> = {}) =>
  ({ kind, outcome: 'done', at: Date.UTC(2026, 10, 22), by: SYSTEM, detail, ...more }) as AuditEntry;

/** A detail with which each changes power, and the one nearest to it with which it does not. */
const POWER: Readonly<Record<string, { readonly does: Detail; readonly not?: Detail }>> = {
  'account.disabled': { does: { changed: true }, not: { changed: false } },
  'account.edited': { does: { fields: ['name', 'sso-settings'] }, not: { fields: ['name'] } },
  'account.edition-changed': { does: { edition: 'classic', editionBefore: 'x-series' } },
  'account.enabled': { does: { changed: true }, not: { changed: false } },
  'account.invited': { does: { people: 12 } },
  'account.sign-in-changed': { does: { signIn: 'sso', logins: 3 } },
  'desk.alarmed': { does: { scope: 'desk', misses: 31, bound: 30 } },
  'key.backed-up': { does: { key: 'k' } },
  'mfa.not-required': { does: { unchanged: false }, not: { unchanged: true } },
  'mfa.required': { does: { unchanged: false }, not: { unchanged: true } },
  'operator.added': { does: { operator: 'op_1', role: 'admin' } },
  'operator.disabled': { does: { operator: 'op_1' } },
  'operator.edited': { does: { operator: 'op_1', role: 'lead' }, not: { operator: 'op_1', unlock: true } },
  'operator.enabled': { does: { operator: 'op_1' } },
  'operator.recovered': { does: { operator: 'op_1' } },
  'policy.accepted': { does: { after: 'abc' } },
  'scope.granted': { does: { result: 'changed', role: 'secondary-admin' }, not: { result: 'nothing-to-do' } },
  'scope.revoked': { does: { result: 'changed', role: 'user', scopes: [] }, not: { result: 'nothing-to-do' } },
  'store.clock-set-back': { does: {} },
  'store.restored': { does: {} },
  'store.vouched': { does: {} },
  'token.created': { does: { operator: 'op_1', token: 'tok_1', role: 'lead' } },
  'user.added': { does: { role: 'admin', heldUntil: 1 }, not: { role: 'user' } },
  'user.disabled': { does: { changed: true }, not: { changed: false } },
  'user.edited': { does: { fields: ['role'] }, not: { fields: ['name', 'email', 'phone'] } },
  'user.enabled': { does: { changed: true }, not: { changed: false } },
  'user.handed-over': { does: { role: 'admin', from: 'usr_1' } },
  'user.promoted': { does: { role: 'admin' } },
  'user.sign-in-changed': { does: { signIn: 'native' } },
};

/** Reads, sign-ins, codes, calls, resets and their approvals have notices of their own; refused acts changed nothing. */
const NO_POWER = [
  ...['account.added', 'account.change-refused', 'application-password.changed', 'audit.exported'],
  ...[
    'backup-codes.made',
    'desk.founded',
    'desk.resumed',
    'directory.exported',
    'directory.imported',
    'directory.staged',
    'directory.unstaged',
    'directory.viewed',
    'user.viewed',
    'grant.revoke-refused',
  ],
  ...['grant.revoked', 'key.read', 'policy.read', 'report.made', 'scope.change-refused', 'token.revoked'],
  ...[
    'user.invited',
    'user.unlocked',
    'mfa.frozen',
    'mfa.thawed',
    'mfa.objected',
    'mfa.code-resent',
    'mfa.reset',
    'mfa.reset-refused',
  ],
  ...['mfa.reset-undone', 'mfa.undo-refused', 'mfa.reconciled'],
  ...['again', 'gated', 'lifted', 'reset', 'started'].map((what) => `mfa.remote-${what}`),
];
/** Nouns none of whose kinds changes anybody's power. */
const NOUNS = ['approval', 'call', 'delivery', 'device', 'factor', 'job', 'passphrase', 'portal', 'verification'];
/** What operators do about their own sign-in, and the care of the store. */
const OWN =
  /^(operator\.(code|denied|password|recover-|recovery-codes|session|set-up|sign|signed).*|store\.(backed|clock-confirmed|migrated|rekey|reseal).*)$/;

const placed = (kind: string): boolean =>
  kind in POWER || NO_POWER.includes(kind) || NOUNS.includes(kind.split('.')[0] ?? '') || OWN.test(kind);

describe('B84 what changes power', () => {
  it('every kind of the log is placed, and none twice', () => {
    expect(AUDIT_KINDS.filter((kind) => !placed(kind))).toEqual([]);
    expect(Object.keys(POWER).filter((kind) => NO_POWER.includes(kind) || OWN.test(kind))).toEqual([]);
  });

  it('teeth: a kind that nobody has placed is found', () => {
    expect(placed('user.raised')).toBe(false);
  });

  it.each(Object.entries(POWER))(
    '%s is told and an event; what changed nothing, or was refused, is neither',
    (kind, { does, not }) => {
      expect(powerOf(entry(kind, does))).not.toBeNull();
      expect(eventsOf([entry(kind, does)]).map(({ type }) => type)).toEqual([kind]);
      expect(powerOf(entry(kind, does, { outcome: 'refused' }))).toBeNull();
      if (not !== undefined) expect([powerOf(entry(kind, not)), eventsOf([entry(kind, not)])]).toEqual([null, []]);
    },
  );

  it.each(AUDIT_KINDS.filter((kind) => !(kind in POWER)))('%s changes none', (kind) => {
    expect(powerOf(entry(kind, { role: 'admin', changed: true, fields: ['role'] }))).toBeNull();
  });

  it('what an entry does not say clearly counts as a change', () => {
    for (const kind of ['account.edited', 'user.edited', 'user.added', 'user.disabled', 'scope.granted'])
      expect(powerOf(entry(kind))).not.toBeNull();
  });

  it('a ban on resets by phone is an event; only its end is told by mail', () => {
    const edited = (phoneResets: string) => powerOf(entry('account.edited', { fields: ['phone-resets'], phoneResets }));
    expect(edited('forbidden')?.template).toBeNull();
    expect(edited('allowed')?.template).toBe('power-phone-resets');
  });

  it('where a reset reaches at another system is told in its own words; the language of mails is not (B93, B98)', () => {
    const company = powerOf(entry('account.edited', { fields: ['connector'], connector: 'okta' }));
    expect(company).toMatchObject({ template: 'power-connector', values: { connector: 'okta' } });
    const person = powerOf(entry('user.edited', { fields: ['name', 'external'], external: 'okta:00u1' }));
    expect(person).toMatchObject({ template: 'power-external', values: { external: 'okta:00u1' } });
    for (const kind of ['account.edited', 'user.edited'])
      expect(powerOf(entry(kind, { fields: ['language'] }))).toBeNull();
  });

  it('another country of a company is told, because its numbers are dialled in another way (B84, B96)', () => {
    const edited = powerOf(entry('account.edited', { fields: ['name', 'country'], country: 'CH' }));
    expect(edited).toMatchObject({ template: 'power-country', values: { country: 'CH' } });
    expect(powerOf(entry('account.edited', { fields: ['name'] }))).toBeNull();
  });

  it('every message has exactly the words that its text needs', () => {
    const compose = openComposer(
      join(dataFolder, 'messages'),
      { name: 'The desk', language: 'en', languages: [], pagesUrl: null },
      codeMessages,
    );
    const common = { name: 'Ana', who: 'mira', when: 'now' };
    for (const [kind, { does }] of Object.entries(POWER)) {
      for (const detail of [does, {}]) {
        const power = powerOf(entry(kind, detail));
        if (power === null || power.template === null) continue;
        const people = Object.fromEntries(Object.entries(power.values).map(([name, value]) => [name, value || 'Bob']));
        const said = { ...common, ...(power.told === 'company' ? { account: 'Northwind' } : {}), ...people };
        expect(() => compose(power.template ?? '', said), kind).not.toThrow();
      }
    }
  });
});
