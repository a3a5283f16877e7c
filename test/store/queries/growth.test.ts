/** Lists of a large desk: complete and in order across the borders of pages, and read by an index instead of the whole table. */
import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk, NewReset, ResetRow } from '../../../src/desk.js';
import { inPages, userPages } from '../../../src/procedures/directory/export-directory.js';
import type { Reads } from '../../../src/store/queries/queries.js';
import { readsOf } from '../../../src/store/queries/queries.js';
import { listOf } from '../../support/pages.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, NOW, userRow } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

/** Users of each company: the border of a page lies inside one, between two, and more than once in one. */
const COMPANIES = { '10': 450, '2': 1_100, '30': 50, '4': 1 };
const OPEN = 1_300;

const padded = (n: number) => String(n).padStart(5, '0');
const USERS = Object.entries(COMPANIES).flatMap(([number, count]) =>
  Array.from({ length: count }, (_, n) => userRow(`acc_${number}`, `user${padded((n * 7) % count)}`)),
);

/** Forty at each time; every hundredth has an objection, and one in seven is not open any more. */
const RESETS: readonly NewReset[] = Array.from({ length: OPEN }, (_, n) => ({
  ...{
    id: `rst_${padded((n * 11) % OPEN)}`,
    job_id: null,
    line: null,
    account_id: 'acc_2',
    user_id: USERS[n]?.id ?? '',
  },
  ...{ operator_id: null, by_user_id: null, caller_id: null, grant_id: null, reason: null, ticket: null },
  ...{ outcome: 'reset', state: n % 7 === 0 ? 'enrolled' : 'open', final: 0 },
  ...{ factors: 1, backup_codes: 0, devices: 0, sessions: 0, enrolments: 0, at: NOW + Math.floor(n / 40) },
  ...{ objected_at: n % 100 === 1 ? NOW : null, objected_by: null, ended_at: null, ended_by: null },
}));

describe.each(engines)('a large desk on %s', (engine) => {
  let place: Founded;
  let desk: Desk;
  beforeAll(async () => {
    place = await foundedStore(engine);
    desk = { store: place.store } as Desk;
    await place.store.record(entry(), async (write) => {
      await write.accounts.insert(Object.keys(COMPANIES).map((number) => accountRow(number)));
      await write.users.insert(USERS);
      await write.resets.insert(RESETS);
    });
  });
  afterAll(() => place.close());

  const named = (pages: ReturnType<typeof userPages>) =>
    listOf(pages).then((found) => found.map(({ account, user }) => `${account.number}/${user.login}`));
  const inOrder = Object.entries(COMPANIES)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([number, count]) => Array.from({ length: count }, (_, n) => `${number}/user${padded(n)}`));

  it('everybody is listed once, by number and login', async () => {
    expect(await named(userPages(desk))).toEqual(inOrder);
  });

  it.each([1, 450, 499, 500, 501, 1_550, 1_551, 5_000])(
    'no more than %i are listed, if so many are asked for',
    async (most) => {
      expect(await named(userPages(desk, undefined, most))).toEqual(inOrder.slice(0, most));
    },
  );

  it('of one company, too', async () => {
    const only = await place.store.read.accounts.byNumber('2');
    expect(await named(userPages(desk, only))).toEqual(inOrder.filter((name) => name.startsWith('2/')));
    expect(await named(userPages(desk, only, 501))).toHaveLength(501);
  });

  it.each([true, false])(
    'open resets come newest first, of many at one time (with an objection: %s)',
    async (objected) => {
      const pages = inPages<ResetRow>((last, limit) => place.store.read.resets.open(objected, limit, undefined, last));
      const all = RESETS.filter((row) => row.state === 'open' && (row.objected_at !== null) === objected);
      const wanted = all.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
      expect((await listOf(pages)).map(({ id }) => id)).toEqual(wanted);
    },
  );

  it('a row that another hand changed is refused on whatever page it stands', async () => {
    const change = (name: string) => sql`update users set name = ${name} where id = 'usr_acc_30_user00049'`;
    await change('Eve').execute(place.engine.db);
    const seen: string[] = [];
    const read = async () => {
      for await (const page of userPages(desk)) seen.push(...page.map(({ user }) => user.id));
    };
    await expect(read()).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(seen).toHaveLength(1_500);
    await change('user00049').execute(place.engine.db);
  });
});

/** What each list asks, without its rows; without statistics, as on a desk. */
const BOUNDED: Readonly<Record<string, (read: Reads) => Promise<unknown>>> = {
  'the newest refusals': (read) => read.audit.newest({ outcome: 'refused' }, 20),
  'the newest entries': (read) => read.audit.newest({}, 20),
  'a page of entries of many kinds': (read) => read.audit.find({ kind: 'mfa' }, 100, 1_000),
  'all logins': (read) => read.users.afterAccount('2', 20),
  'logins of one company': (read) => read.users.afterLogin('acc_2', 'u', 20),
  'messages of a state': (read) => read.outbox.list(20, 'delivered'),
  'all messages': (read) => read.outbox.list(20),
  'messages that are due': (read) => read.outbox.due(NOW, 20, ['email', 'sms']),
  'messages that wait for a person': (read) => read.outbox.queuedOf(['usr_1', 'usr_2'], ['email']),
  jobs: (read) => read.jobs.list(20),
  approvals: (read) => read.approvals.list(20),
  'approvals that wait': (read) => read.approvals.pending(NOW, 20),
  calls: (read) => read.calls.ofOperator('op_1', 20),
  'open resets': (read) => read.resets.open(false, 20, undefined, { at: NOW, id: 'rst_1' }),
  'resets with an objection': (read) => read.resets.open(true, 20),
  'resets by an admin': (read) => read.resets.takenInPortalBy('usr_1', NOW),
  'resets of some days': (read) => read.figures.resetsByTime(NOW, { width: 1_000, first: 0 }),
  'locked callers': (read) => read.figures.lockedCallers(NOW),
};
/** The few that are left are sorted. */
const SORTED = [
  'approvals that wait',
  'resets with an objection',
  'resets of some days',
  'messages that wait for a person',
];

describe('on sqlite an index finds', () => {
  let place: Founded;
  beforeAll(async () => {
    place = await foundedStore('sqlite');
  });
  afterAll(() => place.close());

  it.each(Object.keys(BOUNDED))('%s', async (name) => {
    const { db, traits } = place.engine;
    const asked: CompiledQuery[] = [];
    const listening = db.withPlugin({
      transformQuery: ({ node, queryId }) => {
        asked.push(db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await BOUNDED[name]?.(readsOf(listening, traits));
    expect(asked.length).toBeGreaterThan(0);
    const steps: string[] = [];
    for (const { sql: text, parameters } of asked) {
      const plan = CompiledQuery.raw(`explain query plan ${text}`, [...parameters]);
      steps.push(...(await db.executeQuery<{ detail: string }>(plan)).rows.map(({ detail }) => detail));
    }
    // In the order of an index the first rows are read, and no more.
    const whole = /^SCAN (?!audit_entries$|imports$|.* USING INDEX (sqlite_autoindex|\w+_at_id$))/;
    const sorting = SORTED.includes(name) ? /^$/ : /TEMP B-TREE FOR ORDER BY/;
    expect(steps.filter((step) => whole.test(step) || sorting.test(step))).toEqual([]);
    if (SORTED.includes(name)) expect(steps.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });
});
