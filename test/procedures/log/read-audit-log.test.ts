/** Reading the log: filters as people type them, pages, names. The filters of the store itself are in test/store/queries/audit.test.ts. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import {
  entriesAfter,
  newestEntries,
  peopleOf,
  readFilter,
  requireGenuine,
} from '../../../src/procedures/log/read-audit-log.js';
import { days } from '../../../src/rules/duration.js';
import { accountRow, userRow } from '../../store/rows.js';
import { proven } from '../../support/proven.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('the log as people read it on %s', (engine) => {
  let made: TestDesk;
  let desk: Desk;
  beforeAll(async () => {
    made = await testDesk(engine);
    desk = made.desk;
    const lead = await made.operator('lead');
    await desk.store.record(
      { kind: 'account.added', outcome: 'done', at: desk.now(), by: proven(lead.actor), account: 'acc_1' },
      async (write) => {
        await write.accounts.insert([accountRow('1')]);
        await write.users.insert([userRow('acc_1', 'ana')]);
      },
    );
    made.clock.advance(days(2));
    const entry = {
      kind: 'mfa.reset',
      outcome: 'done',
      by: proven(lead.actor),
      account: 'acc_1',
      user: 'usr_acc_1_ana',
    } as const;
    await desk.store.record({ ...entry, at: desk.now() }, async () => undefined);
  });
  afterAll(() => made.close());

  const kinds = async (query: Parameters<typeof readFilter>[1]) =>
    (await newestEntries(desk, await readFilter(desk, query), 50)).entries.map((entry) => entry.kind);

  it('B74 by operator name, account number, user, kind, outcome and time', async () => {
    expect(await kinds({ by: 'Lead-of-Test' })).toEqual(['operator.added', 'account.added', 'mfa.reset']);
    expect(await kinds({ account: '1' })).toEqual(['account.added', 'mfa.reset']);
    expect(await kinds({ user: '1/ana' })).toEqual(['mfa.reset']);
    expect(await kinds({ kind: 'mfa' })).toEqual(['mfa.reset']);
    expect(await kinds({ outcome: 'refused' })).toEqual([]);
    expect(await kinds({ since: '24h' })).toEqual(['mfa.reset']);
    expect(await kinds({ until: '24h' })).toEqual(['operator.added', 'account.added']);
  });

  it.each([
    [{ by: 'nobody' }, 'not-found'],
    [{ account: '2' }, 'not-found'],
    [{ since: 'soon' }, 'invalid-input'],
  ] as const)('refuses %j', async (query, code) => {
    await expect(readFilter(desk, query)).rejects.toMatchObject({ code });
  });

  it('hands out a long log in pages, each entry once and in order', async () => {
    const by = proven((await made.operator('lead')).actor);
    const many = Array.from(
      { length: 2_345 },
      () => ({ kind: 'call.general', outcome: 'done', at: desk.now(), by }) as const,
    );
    await desk.store.record(many, async () => undefined);
    const seen: number[] = [];
    for await (const page of entriesAfter(desk, { kind: 'call' }, -1)) seen.push(...page.map((entry) => entry.seq));
    expect(seen).toHaveLength(2_345);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it.each([
    ['a number beyond the log', (seq: number) => `replace(body, '"seq":${seq}', '"seq":9007199254740991')`],
    ['a number before it', (seq: number) => `replace(body, '"seq":${seq}', '"seq":0')`],
    ['no entry', () => "'null'"],
  ])('T20 an entry at the end of a page that was changed to say %s hides nothing behind it', async (_what, body) => {
    const all = await desk.store.read.audit.find({ kind: 'call' }, -1, 500);
    const bent = all.at(-1) ?? { seq: -1, body: '' };
    const engineOf = await openEngine(made.settings.store, false);
    const put = (value: string) =>
      sql.raw(`update audit_entries set body = ${value} where seq = ${bent.seq}`).execute(engineOf.db);
    await put(body(bent.seq));
    const reading = async () => {
      for await (const page of entriesAfter(desk, {}, -1)) expect(page.length).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toMatchObject({
      code: 'audit-broken',
      because: { facts: { seq: bent.seq } },
    });
    await put(`'${bent.body.replaceAll("'", "''")}'`);
    await engineOf.close();
    await reading();
  });

  it('T20 where the hashes in the log are none, its entries are not those of the desk', async () => {
    const other = await openEngine(made.settings.store, false);
    const { entries } = await newestEntries(desk, {}, 3);
    const { rows } = await sql<{ seq: number; leaf: Buffer }>`select seq, leaf from audit_entries`.execute(other.db);
    await sql`update audit_entries set leaf = ${Buffer.alloc(0)}`.execute(other.db);
    const shown = await newestEntries(desk, {}, 3);
    expect(() => requireGenuine(shown)).toThrow(expect.objectContaining({ code: 'audit-broken' }));
    for (const { seq, leaf } of rows)
      await sql`update audit_entries set leaf = ${leaf} where seq = ${seq}`.execute(other.db);
    await other.close();
    requireGenuine(await newestEntries(desk, {}, 3));
    expect(entries).toHaveLength(3);
  });

  it('B71 an auditor sees ids; who may read the directory sees names', async () => {
    const { entries } = await newestEntries(desk, { kind: 'mfa' }, 5);
    expect(await peopleOf(desk, await made.operator('auditor'), entries)).toEqual(new Map());
    expect(await peopleOf(desk, await made.operator('admin'), entries)).toEqual(
      new Map([
        ['acc_1', '1'],
        ['usr_acc_1_ana', '1/ana'],
      ]),
    );
  });
});
