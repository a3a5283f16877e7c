/** `audit export`: rows that can be hashed again, and cells that no spreadsheet computes. */
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { commands } from '../../../src/commands/log/audit.js';
import { canonicalJson } from '../../../src/crypto/canonical.js';
import { treeHasher } from '../../../src/crypto/digests.js';
import { openEngine } from '../../../src/opening/open-desk.js';
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

  async function exported(format: 'csv' | 'ndjson', json = false): Promise<string> {
    const auditor = await made.operator('auditor');
    let text = '';
    const context = {
      options: { json },
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      desk: async () => made.desk,
      operator: () => auditor,
      signal: new AbortController().signal,
      notice: () => undefined,
      write: async (piece: string) => {
        text += piece;
      },
    } as unknown as Context;
    const spec = commands.find(({ path }) => path === 'audit export');
    await spec?.run(context, { format, kind: 'call' } as never);
    return text;
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
    } as unknown as Context;
    const spec = commands.find(({ path }) => path === 'audit list');
    const listing = spec?.run(context, { limit: 5 } as never);
    await expect(listing).rejects.toMatchObject({ code: 'audit-broken' });
    expect(rows).toHaveLength(5);
    await put(row?.body ?? '');
    await close();
  });

  it('--json and CSV at once is a usage error', async () => {
    await expect(exported('csv', true)).rejects.toMatchObject({ code: 'usage' });
  });
});
