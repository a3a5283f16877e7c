/** Which audit entries are the desk's own events, and what is said of them: ids and our own words, never what a person typed. */
import { describe, expect, it } from 'vitest';
import { type AuditEntry, SYSTEM } from '../../src/rules/audit-entry.js';
import { eventsOf } from '../../src/rules/desk-events.js';

const entry = (kind: AuditEntry['kind'], more: Partial<AuditEntry> = {}) =>
  ({
    kind,
    outcome: 'done',
    at: Date.UTC(2026, 10, 22),
    by: SYSTEM,
    ...more,
  }) as AuditEntry;
const types = (...entries: AuditEntry[]) => eventsOf(entries).map(({ type }) => type);

describe('events of the desk', () => {
  it('resets, their undoing, objections (B62), the brake (B63), ended jobs, approvals (B81), locks (B72) and ended alarms (B95)', () => {
    for (const kind of [
      'mfa.reset',
      'mfa.reset-undone',
      'mfa.objected',
      'mfa.frozen',
      'mfa.thawed',
      'desk.resumed',
      'job.ended',
      'approval.requested',
      'approval.approved',
      'approval.rejected',
    ] as const)
      expect(types(entry(kind))).toEqual([kind]);
    const refused = (reason: string) => types(entry('verification.refused', { outcome: 'refused', reason }));
    expect(refused('locked')).toEqual(['verification.locked']);
  });

  it('nothing else: not what was refused, what found nothing to do, a plain "not verified", a delivery', () => {
    expect(types(entry('mfa.objected', { outcome: 'refused' }))).toEqual([]);
    expect(types(entry('mfa.reset', { detail: { result: 'nothing-to-do' } }))).toEqual([]);
    expect(types(entry('verification.refused', { outcome: 'refused', reason: 'not-verified' }))).toEqual([]);
    expect(types(entry('delivery.attempted'), entry('portal.signed-in'))).toEqual([]);
  });

  it('of one transaction one a person, so that they arrive in order; of one person together, small enough for a webhook', () => {
    const resets = Array.from({ length: 250 }, (_, n) =>
      entry('mfa.reset', {
        account: 'acc_0000000000000000000000000',
        user: `usr_${String(n % 2).padStart(26, '0')}`,
        ticket: 'T'.repeat(60),
        detail: { reset: `rst_${String(n).padStart(26, '0')}`, job: `job_${'0'.repeat(26)}`, result: 'reset' },
      }),
    );
    const events = eventsOf([...resets, entry('job.ended')]);
    expect(events.flatMap(({ items }) => items)).toHaveLength(251);
    expect(events.length).toBeLessThan(10);
    for (const { items } of events) expect(new Set(items.map(({ user }) => user)).size).toBe(1);
    for (const { items } of events) expect(JSON.stringify({ items }).length).toBeLessThan(19_000);
  });

  it('the reason a person typed and unknown details stay out', () => {
    const [event] = eventsOf([
      entry('mfa.reset', { reason: 'Ana lost her phone', detail: { reset: 'rst_1', phone: '+44', result: 'reset' } }),
    ]);
    expect(event?.items).toEqual([
      {
        at: '2026-11-22T00:00:00.000Z',
        by: 'system',
        byKind: 'system',
        account: null,
        user: null,
        ticket: null,
        reset: 'rst_1',
        result: 'reset',
      },
    ]);
  });
});
