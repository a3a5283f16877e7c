import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/rules/audit-entry.js';
import type { AuditFilter } from '../../../src/store/queries/audit.js';
import { proven } from '../../support/proven.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, NOW, userRow } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const EVE = proven({ kind: 'user', id: 'usr_acc_1_eve', name: 'Eve' });

const ENTRIES: readonly AuditEntry[] = [
  entry('account.added', { account: 'acc_1' }),
  entry('account.added', { account: 'acc_2', at: NOW + 1 }),
  entry('verification.started', { account: 'acc_1', user: 'usr_acc_1_eve', outcome: 'started', at: NOW + 2 }),
  entry('verification.refused', {
    account: 'acc_1',
    user: 'usr_acc_1_eve',
    outcome: 'refused',
    at: NOW + 3,
    reason: 'not-verified',
  }),
  entry('test.other', { at: NOW + 4 }),
  entry('verification.started', { account: 'acc_2', outcome: 'started', at: NOW + 5, by: EVE }),
  entry('portal.signed-in', {
    account: 'acc_1',
    user: 'usr_acc_1_eve',
    at: NOW + 6,
    by: EVE,
    detail: { kind: 'account.added', account: 'acc_2' },
  }),
  // A clock that was set back: the order of the log is the order of its numbers, never of its times.
  entry('mfa.reset', { account: 'acc_1', user: 'usr_acc_1_eve', at: NOW - 1 }),
];

const FILTERS: readonly AuditFilter[] = [
  {},
  { kind: 'verification' },
  { kind: 'verification.started' },
  { kind: 'verif' },
  { kind: 'account' },
  { kind: "x' or '1'='1" },
  { by: 'usr_acc_1_eve' },
  { by: 'op_1' },
  { account: 'acc_1' },
  { account: 'acc_2' },
  { account: 'acc_' },
  { user: 'usr_acc_1_eve' },
  { outcome: 'refused' },
  { since: NOW + 2 },
  { until: NOW + 2 },
  { since: NOW + 2, until: NOW + 4 },
  { kind: 'verification', account: 'acc_1', outcome: 'started' },
  { kind: 'verification', by: 'usr_acc_1_eve', since: NOW + 5, until: NOW + 6 },
  { account: 'acc_1', user: 'usr_acc_1_eve', outcome: 'done', by: 'op_1' },
];

/** The filter in plain words, over the entries as they were given. */
function fits(made: AuditEntry, filter: AuditFilter): boolean {
  const { kind, by, account, user, outcome, since, until } = filter;
  return (
    (kind === undefined || (kind.includes('.') ? made.kind === kind : made.kind.split('.')[0] === kind)) &&
    (by === undefined || made.by.id === by) &&
    (account === undefined || made.account === account) &&
    (user === undefined || made.user === user) &&
    (outcome === undefined || made.outcome === outcome) &&
    (since === undefined || made.at >= since) &&
    (until === undefined || made.at < until)
  );
}

describe.each(engines)('the audit log, filtered, on %s', (engine) => {
  let place: Founded;
  beforeAll(async () => {
    place = await foundedStore(engine);
    await place.store.record(ENTRIES, async (write) => {
      await write.accounts.insert([accountRow('1'), accountRow('2')]);
      await write.users.insert([userRow('acc_1', 'eve')]);
    });
  });
  afterAll(() => place.close());

  const expected = (filter: AuditFilter) => ENTRIES.flatMap((made, seq) => (fits(made, filter) ? [seq] : []));
  const numbers = (rows: readonly { seq: number }[]) => rows.map((row) => row.seq);

  it.each(FILTERS.map((filter) => [filter]))('%j', async (filter) => {
    const { find, newest } = place.store.read.audit;
    expect(numbers(await find(filter, -1, 100))).toEqual(expected(filter));
    expect(numbers(await newest(filter, 100))).toEqual(expected(filter).reverse());
  });

  it('pages by number, oldest or newest first', async () => {
    const { find, newest } = place.store.read.audit;
    const filter = { account: 'acc_1' };
    expect(numbers(await find(filter, 0, 2))).toEqual([2, 3]);
    expect(numbers(await find(filter, 3, 2))).toEqual([6, 7]);
    expect(numbers(await newest(filter, 2))).toEqual([7, 6]);
  });

  it('gives every entry in order to whoever verifies', async () => {
    expect(numbers(await place.store.read.audit.batch(2, 3))).toEqual([2, 3, 4]);
    expect(numbers(await place.store.read.audit.batch(8, 3))).toEqual([]);
  });
});
