/** B86: the sealed sums of the guarded tables follow every kind of write, and nothing else. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sumOfTags } from '../../../src/crypto/tag.js';
import { GUARDED } from '../../../src/store/guard/guarded-tables.js';
import { guardRows } from '../../../src/store/guard/row-guard.js';
import { Delta, emptyBook, folded, openBook, sealBook, sumFor } from '../../../src/store/guard/table-sums.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, NOW, notaryWith, userRow } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const HOUR = 3_600_000;
const tag = () => `0123456789abcdef.${randomBytes(16).toString('base64url')}`;
const session = (n: number, expiresAt: number) => ({
  id: `ses_${n}`,
  operator_id: 'op_1',
  person: 'uid:1',
  digest: `d${n}`,
  created_at: NOW,
  last_seen_at: NOW,
  expires_at: expiresAt,
  code_at: null,
  ended_at: null,
});
const OPERATOR = {
  id: 'op_1',
  name: 'Olga',
  name_key: 'olga',
  role: 'agent',
  verifier: null,
  totp: null,
  totp_last_step: null,
  also_user_id: null,
  disabled_at: null,
  created_at: NOW,
};

describe('a sum of rows', () => {
  it('does not depend on their order, and a row that is there twice counts twice', () => {
    const [key, tags] = [randomBytes(32), [tag(), tag(), tag()]];
    expect(sumOfTags(key, tags)).toBe(sumOfTags(key, tags.toReversed()));
    const [first = ''] = tags;
    expect(sumOfTags(key, [first, first])).toBe(2n * sumOfTags(key, [first]));
    expect(sumOfTags(key, tags)).not.toBe(sumOfTags(randomBytes(32), tags));
    expect(sumOfTags(key, [])).toBe(0n);
  });

  it('goes into the head and comes out of it, for this store and size only', () => {
    const { sums } = notaryWith();
    const delta = new Delta();
    for (const row of [{ expires_at: NOW }, { expires_at: NOW + 2 * HOUR }]) delta.came('grants', row, tag());
    delta.came('users', {}, tag());
    const book = folded(sums, emptyBook(sums, 0), delta, NOW);
    const sealed = sealBook(sums, 7, book);
    expect(openBook(sums, 7, sealed)).toEqual(book);
    expect(() => openBook(sums, 8, sealed)).toThrow(/does not open/);
    // What is past is added up, and a clock that goes back does not take it apart again.
    const later = folded(sums, book, new Delta(), NOW + 2 * HOUR);
    expect([...later.parts.keys()].filter((part) => part.startsWith('grants')).length).toBe(2);
    expect(sumFor(later, 'grants')).toEqual(sumFor(book, 'grants'));
    expect(folded(sums, later, new Delta(), NOW).parts).toEqual(later.parts);
  });
});

describe.each(engines)('the sums of a store on %s', (name) => {
  let place: Founded;
  beforeEach(async () => {
    place = await foundedStore(name);
  });
  afterEach(() => place.close());
  const faults = () => place.store.tableFaults();

  it('follow insert, update, computed update, upsert, "do nothing", delete, and rows that pass away', async () => {
    const { store } = place;
    await store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      await write.users.insert([userRow('acc_1', 'ana'), userRow('acc_1', 'ben')]);
      await write.operators.insert(OPERATOR);
      for (const n of [1, 2, 3]) await write.operators.insertSession(session(n, NOW + n * 24 * HOUR));
    });
    expect(await faults()).toEqual([]);
    await store.record(entry(), async (write) => {
      await write.users.update('usr_acc_1_ana', { name: 'Ana' });
      await write.users.bumpAuthority('usr_acc_1_ben');
      for (const failures of [1, 2])
        await write.throttles.put({
          subject: 'portal:usr_acc_1_ana',
          failures,
          reserved: 0,
          locked_until: null,
          disabled_at: null,
          updated_at: NOW,
        });
      const token = { digest: 'd', expiresAt: NOW + HOUR, forgetBefore: NOW };
      expect([await write.idTokens.use(token), await write.idTokens.use(token)]).toEqual([true, false]);
      await write.meta.put('created-at', '1');
      await write.meta.put('created-at', '2');
      await write.meta.delete('created-at');
      await write.operators.endSessionsOf('op_1', NOW);
      await write.trust.endEverything();
    });
    await store.record(entry('account.added', { at: NOW + 48 * HOUR }), async () => undefined);
    await store.record(entry('account.added', { at: NOW + 480 * HOUR }), (write) =>
      write.operators.updateSession('ses_1', { last_seen_at: NOW + 1 }),
    );
    expect(await faults()).toEqual([]);
    await store.requireWatched();
  });

  it('name the table, and how many rows are too many or too few', async () => {
    await place.store.record(entry(), (write) => write.accounts.insert([accountRow('1'), accountRow('2')]));
    await sql`delete from accounts where id = 'acc_2'`.execute(place.engine.db);
    expect(await faults()).toEqual([{ table: 'accounts', surplus: -1, changed: [] }]);
    await sql`update accounts set name = 'x'`.execute(place.engine.db);
    expect(await faults()).toEqual([{ table: 'accounts', surplus: -1, changed: ['acc_1'] }]);
  });

  it('a guarded row is written inside the door only', async () => {
    const db = guardRows(place.engine.db, place.notary.rows);
    const outside = /outside the write door/;
    await expect(db.deleteFrom('accounts').execute()).rejects.toThrow(outside);
    await expect(db.updateTable('accounts').set({ name: 'x' }).execute()).rejects.toThrow(outside);
    await expect(db.insertInto('accounts').values(accountRow('1')).execute()).rejects.toThrow(outside);
  });

  it('a change that is undone changes no sum', async () => {
    const failing = place.store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await faults()).toEqual([]);
  });

  it('no row goes by itself: no foreign key cascades', async () => {
    const actions =
      name === 'sqlite'
        ? sql<{
            action: string;
          }>`select distinct f.on_delete || f.on_update as action from sqlite_schema m, pragma_foreign_key_list(m.name) f where m.type = 'table'`
        : sql<{
            action: string;
          }>`select distinct confdeltype::text || confupdtype::text as action from pg_constraint where contype = 'f'`;
    const { rows } = await actions.execute(place.engine.db);
    expect(rows).toEqual([{ action: name === 'sqlite' ? 'NO ACTIONNO ACTION' : 'aa' }]);
  });

  it('no table is left out but those on which nothing is decided', async () => {
    const tables = (await place.engine.db.introspection.getTables()).map((table) => table.name);
    const free = ['audit_entries', 'audit_head', 'calls', 'search_words', 'sink_cursors'];
    const named = tables.filter((table) => !table.startsWith('kysely_') && !free.includes(table));
    expect(new Set(named)).toEqual(new Set(Object.keys(GUARDED)));
  });
});
