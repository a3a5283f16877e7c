/** Which audit entries mean a change of credentials or the end of sessions, in the words of OpenID CAEP 1.0. */
import { describe, expect, it } from 'vitest';
import { factorKind } from '../../src/factors/registry.js';
import type { AuditEntry } from '../../src/rules/audit-entry.js';
import { securityEventsOf } from '../../src/rules/security-events.js';
import { proven } from '../support/proven.js';

const OPERATOR = proven({ kind: 'operator', id: 'op_1', name: 'mira' });
const entry = (kind: AuditEntry['kind'], more: Partial<AuditEntry> = {}) =>
  ({
    kind,
    outcome: 'done',
    at: Date.UTC(2026, 10, 22),
    by: OPERATOR,
    account: 'acc_1',
    user: 'usr_1',
    ...more,
  }) as AuditEntry;
const eventsOf = (entries: readonly AuditEntry[]) => securityEventsOf(entries, (kind) => factorKind(kind).credential);
const told = (kind: AuditEntry['kind'], detail: NonNullable<AuditEntry['detail']> = {}) =>
  eventsOf([entry(kind, { detail })]).map(({ type, claims }) =>
    [type, claims['credential_type'], claims['change_type']].filter((word) => word !== undefined).join(' '),
  );

describe('security events', () => {
  it('a reset revokes the second factor and every session; one that found nothing tells nothing', () => {
    const counts = { factors: 1, backupCodes: 0, devices: 0, sessions: 0, enrolments: 0 };
    expect(told('mfa.reset', { result: 'reset', ...counts })).toEqual([
      'credential-change mfa revoke',
      'session-revoked',
    ]);
    expect(told('mfa.reset', { result: 'sso-only', ...counts })).toHaveLength(2);
    expect(told('mfa.reset', { result: 'sso-only', ...counts, factors: 0 })).toEqual([]);
    expect(told('mfa.reset', { result: 'nothing-to-do', ...counts, factors: 0 })).toEqual([]);
    expect(told('mfa.reset-undone', { result: 'undone' })).toEqual(['credential-change mfa create', 'session-revoked']);
  });

  it.each([
    ['factor.added', { kind: 'totp' }, ['credential-change app create']],
    ['factor.added', { kind: 'sms' }, ['credential-change phone-sms create']],
    ['factor.removed', { kind: 'email', state: 'active' }, ['credential-change email delete']],
    ['factor.removed', { kind: 'email', state: 'pending' }, []],
    ['backup-codes.made', { earlierDied: 0 }, ['credential-change backup-codes create']],
    ['backup-codes.made', { earlierDied: 3 }, ['credential-change backup-codes update']],
    ['portal.activated', {}, ['credential-change password create']],
    ['portal.password-reset', {}, ['credential-change password update', 'session-revoked']],
    ['application-password.changed', {}, ['credential-change password update']],
    ['user.disabled', { changed: true }, ['session-revoked']],
    ['user.disabled', { changed: false }, []],
    ['verification.verified', {}, []],
  ] as const)('%s %j', (kind, detail, expected) => {
    expect(told(kind, detail)).toEqual(expected);
  });

  it('what was refused or only begun is no event', () => {
    for (const outcome of ['refused', 'started', 'failed'] as const) {
      expect(eventsOf([entry('portal.signed-out', { outcome, detail: { session: 'ses_1' } })])).toEqual([]);
    }
  });

  it('names the session that ended, the account as a whole, and who began it; no reason that a person typed', () => {
    const [out] = eventsOf([
      entry('portal.signed-out', {
        by: proven({ kind: 'user', id: 'usr_1', name: 'ana' }),
        detail: { session: 'ses_1' },
      }),
    ]);
    expect(out?.about).toEqual({ account: 'acc_1', user: 'usr_1', session: 'ses_1' });
    expect(out?.claims['initiating_entity']).toBe('user');
    const { user: _user, ...ofAccount } = entry('account.disabled', { reason: 'unpaid', detail: { changed: true } });
    const [all] = eventsOf([ofAccount]);
    expect(all?.about).toEqual({ account: 'acc_1', user: null, session: null });
    expect(all?.claims).toEqual({ initiating_entity: 'admin' });
    expect(JSON.stringify(all)).not.toContain('unpaid');
    const byAdmin = entry('mfa.objected', { by: proven({ kind: 'user', id: 'usr_2', name: 'ben' }) });
    expect(eventsOf([byAdmin])[0]?.claims['initiating_entity']).toBe('admin');
  });
});
