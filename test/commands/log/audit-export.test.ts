/** `audit export`: rows that can be hashed again, and cells that no spreadsheet computes. */
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { commands } from '../../../src/commands/log/audit.js';
import { canonicalJson } from '../../../src/crypto/canonical.js';
import { treeHasher } from '../../../src/crypto/digests.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { newestEntries, peopleOf } from '../../../src/procedures/log/read-audit-log.js';
import type { Engine } from '../../../src/store/engine.js';
import { accountRow, userRow } from '../../store/rows.js';
import { proven } from '../../support/proven.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

const HOSTILE = [
  '=HYPERLINK("http://x")',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  'a"b',
  'a,b',
  'a\nb',
  'x\u202ey',
  '\u009b2J',
  '\u001b[2J',
];

describe.each(engines)('audit export on %s', (engine) => {
  let made: TestDesk;
  beforeAll(async () => {
    made = await testDesk(engine);
    for (const [at, reason] of HOSTILE.entries()) {
      const by = proven({ kind: 'operator', id: `op_${at}`, name: reason });
      await made.desk.store.record(
        {
          kind: 'call.general',
          outcome: 'done',
          at: made.desk.now(),
          by,
          reason,
          ticket: reason,
          detail: { text: reason },
        },
        async () => undefined,
      );
    }
  });
  afterAll(() => made.close());

  let text = '';
  let unread = false;
  async function exported(format: 'csv' | 'ndjson', json = false, filter: object = { kind: 'call' }): Promise<string> {
    const auditor = await made.operator('auditor');
    text = '';
    const context = {
      options: { json },
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      desk: async () => made.desk,
      operator: () => auditor,
      signal: new AbortController().signal,
      unread: () => unread,
      notice: () => undefined,
      write: async (piece: string) => {
        text += piece;
      },
    } as unknown as Context;
    const spec = commands.find(({ path }) => path === 'audit export');
    await spec?.run(context, { format, ...filter } as never);
    return text;
  }

  /** Lists, or follows until a line is written or the refusal comes. */
  async function listed(given: object, stop = new AbortController()): Promise<readonly { seq: number }[]> {
    const rows: { seq: number }[] = [];
    const auditor = await made.operator('auditor');
    const context = {
      options: { json: true },
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      desk: async () => made.desk,
      operator: () => auditor,
      signal: stop.signal,
      unread: () => false,
      print: async () => undefined,
      row: async (row: { seq: number }) => void rows.push(row),
    } as unknown as Context;
    await commands.find(({ path }) => path === 'audit list')?.run(context, { limit: 50, ...given } as never);
    return rows;
  }

  /** Does something to the rows of the log without the desk, and afterwards puts them back as they were. */
  async function tampered(
    change: (raw: Engine, seq: number) => Promise<unknown>,
    look: (seq: number) => Promise<void>,
  ) {
    const { close, ...raw } = await openEngine(made.settings.store, false);
    const { audit } = made.desk.store.read;
    const rows = (await raw.db.selectFrom('audit_entries').select(['seq', 'body', 'leaf']).execute()).map((row) => row);
    const [row] = await audit.newest({ kind: 'call' }, 1);
    await change(raw as Engine, row?.seq ?? -1);
    try {
      await look(row?.seq ?? -1);
    } finally {
      const kept = rows.map(({ seq }) => seq);
      await raw.db.deleteFrom('audit_entries').where('seq', 'in', kept).execute();
      await raw.db.deleteFrom('audit_entries').where('seq', '>', 100_000).execute();
      await raw.db.insertInto('audit_entries').values(rows).execute();
      await close();
    }
  }

  it('B74 NDJSON: each line gives the leaf of its entry, and holds no character that could steer a terminal', async () => {
    const text = await exported('ndjson');
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(HOSTILE.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const line of lines) {
      const entry = JSON.parse(line) as { seq: number };
      const [row] = await made.desk.store.read.audit.batch(entry.seq, 1);
      expect(Buffer.from(treeHasher.leaf(canonicalJson(entry))).toString('hex')).toBe(row?.leaf);
    }
  });

  it('CSV: RFC 4180, and no cell begins like a formula', async () => {
    const rows = parse(await exported('csv')) as string[][];
    expect(rows).toHaveLength(HOSTILE.length + 1);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([13]));
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    expect(rows[1]?.[10]).toBe(`'${HOSTILE[0]}`);
  });

  it('an export is itself an entry, written before the first line', async () => {
    await exported('csv');
    const [newest] = await made.desk.store.read.audit.newest({ kind: 'audit.exported' }, 1);
    expect(JSON.parse(newest?.body ?? '{}')).toMatchObject({
      outcome: 'done',
      detail: { format: 'csv', filter: { kind: 'call' } },
    });
  });

  it('T20 audit list --json beside an entry that was changed: rows alone, then the refusal', async () => {
    const [row] = await made.desk.store.read.audit.newest({ kind: 'call' }, 1);
    const { db, close } = await openEngine(made.settings.store, false);
    const put = (text: string) => sql`update audit_entries set body = ${text} where seq = ${row?.seq}`.execute(db);
    await put(row?.body.replace('call.general', 'call.dropped') ?? '');
    const rows: unknown[] = [];
    const auditor = await made.operator('auditor');
    const context = {
      options: { json: true },
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      desk: async () => made.desk,
      operator: () => auditor,
      row: async (value: unknown) => void rows.push(value),
      write: () => Promise.reject(new Error('not a row')),
      print: async () => undefined,
    } as unknown as Context;
    const spec = commands.find(({ path }) => path === 'audit list');
    const listing = spec?.run(context, { limit: 5 } as never);
    await expect(listing).rejects.toMatchObject({ code: 'audit-broken' });
    expect(rows).toHaveLength(5);
    await put(row?.body ?? '');
    await close();
  });

  const mallory = (body: string) => body.replace('call.general', 'call.dropped');
  const leafOf = (body: string) => Buffer.from(treeHasher.leaf(body));
  const change =
    (also: (body: string) => object) =>
    async ({ db }: Engine, seq: number) => {
      const one = db.selectFrom('audit_entries').select('body').where('seq', '=', seq);
      const { body } = await one.executeTakeFirstOrThrow();
      const row = { body: mallory(body), ...also(mallory(body)) };
      await db.updateTable('audit_entries').set(row).where('seq', '=', seq).execute();
    };
  const beyond = async ({ db }: Engine) => {
    const body = canonicalJson({ v: 1, seq: 900_000, kind: 'call.general', outcome: 'done', at: 4e12, by: {} });
    await db
      .insertInto('audit_entries')
      .values({ seq: 900_000, body, leaf: leafOf(body) })
      .execute();
  };
  const removed = ({ db }: Engine, seq: number) => db.deleteFrom('audit_entries').where('seq', '=', seq).execute();
  const ACTS: readonly [string, (raw: Engine, seq: number) => Promise<unknown>, 'both' | 'whole'][] = [
    ['an entry was changed', change(() => ({})), 'both'],
    ['an entry and its hash were changed', change((body) => ({ leaf: leafOf(body) })), 'both'],
    ['an entry was put beyond the end', beyond, 'both'],
    ['an entry was deleted', removed, 'whole'],
  ];

  it.each(ACTS)(
    'T20 B75 where %s, an export ends with audit-broken and shows nothing of it',
    async (_what, act, which) => {
      for (const format of ['ndjson', 'csv'] as const) {
        for (const filter of [{}, { kind: 'call' }, { since: '2000-01-01' }].slice(0, which === 'both' ? 3 : 1)) {
          await tampered(act, async () => {
            await expect(exported(format, false, filter)).rejects.toMatchObject({ code: 'audit-broken' });
            expect(text).not.toMatch(/call\.dropped|900000/);
          });
          await exported(format, false, filter);
        }
      }
    },
  );

  it('T20 a list without a filter names an entry that is missing, also the newest', async () => {
    const missing = (seq: number) => ({ code: 'audit-broken', because: { reason: 'entry-missing', facts: { seq } } });
    await tampered(removed, async (seq) => {
      await expect(listed({})).rejects.toMatchObject(missing(seq));
      expect((await listed({ limit: 1 }))[0]?.seq).toBeGreaterThan(seq);
    });
    const size = (await made.desk.store.read.audit.head())?.size ?? 0;
    await tampered(
      ({ db }) =>
        db
          .deleteFrom('audit_entries')
          .where('seq', '=', size - 1)
          .execute(),
      async () => await expect(listed({ limit: 5 })).rejects.toMatchObject(missing(size - 1)),
    );
    await listed({});
  });

  it.each([{}, { kind: 'call' }])('T20 following with %j refuses a row that was put in by hand', async (filter) => {
    const [beginning, stop] = [await listed(filter), new AbortController()];
    const following = listed({ ...filter, follow: true }, stop);
    const ended = expect(following).rejects.toMatchObject({ code: 'audit-broken' });
    await tampered(beyond, () => ended);
    stop.abort('SIGINT');
    expect(beginning.length).toBeGreaterThan(0);
  });

  it('a user of an entry without a company is named with their company', async () => {
    const by = proven((await made.operator('admin')).actor);
    await made.desk.store.record(
      { kind: 'call.general', outcome: 'done', at: made.desk.now(), by, user: 'usr_acc_1_ana' },
      async (write) => {
        await write.accounts.insert([accountRow('1')]);
        await write.users.insert([userRow('acc_1', 'ana')]);
      },
    );
    const { entries } = await newestEntries(made.desk, { kind: 'call' }, 1);
    expect((await peopleOf(made.desk, await made.operator('admin'), entries)).get('usr_acc_1_ana')).toBe('1/ana');
  });

  it('--json and CSV at once is a usage error', async () => {
    await expect(exported('csv', true)).rejects.toMatchObject({ code: 'usage' });
  });

  it('is read no further once nobody reads it', async () => {
    unread = true;
    try {
      expect((await exported('csv')).split('\r\n')).toHaveLength(2);
    } finally {
      unread = false;
    }
  });
});
