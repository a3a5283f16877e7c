/** What somebody does to the schema of a store: each act is refused and named, whichever table it is about, and nothing stays behind (B86). */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultsOfTables } from '../../../src/store/guard/check-tables.js';
import { GUARDED } from '../../../src/store/guard/guarded-tables.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, NOW } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const OTHERS = ['audit_head', 'audit_entries', 'calls', 'search_words', 'sink_cursors', 'kysely_migration'];
const TABLES = [...Object.keys(GUARDED), ...OTHERS];
const CHANGED = (table: string) => ({
  code: 'store-corrupt',
  message: `the form of the table ${table} was changed: by a trigger, view, index or the like; nothing was changed`,
});
describe.each(engines)('a schema that was altered on %s', (engine) => {
  let place: Founded;
  let store: Store;
  beforeEach(async () => {
    place = await foundedStore(engine);
    ({ store } = place);
    await store.record(entry(), (write) => write.accounts.insert([accountRow('1')]));
  });
  afterEach(() => place.close());

  const raw = async (...texts: readonly string[]) => {
    for (const text of texts) await sql.raw(text).execute(place.engine.db);
  };
  /** An act of a process that has not looked yet. */
  const act = async () => {
    const fresh = openStore(place.engine, place.notary);
    await fresh.record(entry(), async () => undefined);
  };
  const named = async () => (await store.tableFaults()).map(({ table, odd }) => [table, odd]);

  it('B86 a trigger on any table stops every act and is named, until it is gone', async () => {
    const made = "create function hush() returns trigger language plpgsql as 'begin return null; end'";
    if (engine === 'postgres') await raw(made);
    for (const table of TABLES) {
      await raw(
        engine === 'sqlite'
          ? `create trigger hush before insert on ${table} begin select raise(ignore); end`
          : `create trigger hush before insert on ${table} for each row execute function hush()`,
      );
      const fresh = openStore(place.engine, place.notary);
      await expect(fresh.requireWatched()).rejects.toMatchObject(CHANGED(table));
      await expect(act()).rejects.toMatchObject(CHANGED(table));
      expect(await named()).toEqual([[table, 'altered']]);
      await raw(engine === 'sqlite' ? 'drop trigger hush' : `drop trigger hush on ${table}`);
    }
    await act();
    expect(await named()).toEqual([]);
  });

  it('B86 without any one table every act is refused, and a full check names it', async () => {
    for (const table of TABLES) {
      await raw(`alter table ${table} rename to elsewhere`);
      const fresh = openStore(place.engine, place.notary);
      // Without the head nothing else can be compared.
      const says = expect.stringContaining(table === 'audit_head' ? table : `the table ${table} is missing`);
      const missing = { code: 'store-corrupt', message: says };
      await expect(fresh.requireWatched()).rejects.toMatchObject(missing);
      await expect(act()).rejects.toMatchObject(missing);
      if (table === 'audit_head') await expect(store.tableFaults()).rejects.toMatchObject(missing);
      else expect(await named()).toEqual([[table, 'missing']]);
      await raw(`alter table elsewhere rename to ${table}`);
    }
    await act();
  });

  it.each([
    ['dropped', 'drop index operators_by_name_key', 'operators'],
    [
      'not unique any more',
      'drop index operators_by_name_key; create index operators_by_name_key on operators (name_key)',
      'operators',
    ],
    ['for another column', 'drop index jobs_by_plan_hash; create unique index jobs_by_plan_hash on jobs (id)', 'jobs'],
    [
      'for some rows only',
      'drop index devices_by_digest; create unique index devices_by_digest on devices (digest) where created_at < 0',
      'devices',
    ],
    ['of somebody else', 'create unique index one_of_each on grants (operator_id)', 'grants'],
  ])('B86 a unique index that is %s stops every act and is named', async (_what, change, table) => {
    await raw(...change.split('; '));
    await expect(act()).rejects.toMatchObject(CHANGED(table));
    expect(await named()).toEqual([[table, 'altered']]);
  });

  it('B86 a column of the log that no longer shows what the entry says stops every act and is named', async () => {
    if (engine === 'postgres')
      await raw('alter table audit_entries drop column kind', 'alter table audit_entries add column kind text');
    else {
      const { rows } = await sql<{ sql: string }>`select sql from sqlite_schema where name = 'audit_entries'`.execute(
        place.engine.db,
      );
      await raw('alter table audit_entries rename to former', (rows[0]?.sql ?? '').replace("'$.kind'", "'$.kin'"));
      await raw('insert into audit_entries (seq, body, leaf) select seq, body, leaf from former', 'drop table former');
    }
    await expect(act()).rejects.toMatchObject(CHANGED('audit_entries'));
    expect(await named()).toEqual([['audit_entries', 'altered']]);
  });

  it('B86 an index of somebody else that is not unique changes nothing', async () => {
    await raw('create index mine on operators (role)', 'create unique index theirs on sink_cursors (key)');
    await raw('drop index theirs');
    await act();
    expect(await named()).toEqual([]);
  });

  it('B86 a table without one of its columns is named, and whoever needs the column is refused', async () => {
    await raw('alter table accounts drop column sso_issuer', 'alter table calls drop column ticket');
    expect(await named()).toEqual([['accounts', 'altered']]);
    await expect(openStore(place.engine, place.notary).read.accounts.byId('acc_1')).rejects.toMatchObject({
      code: 'store-corrupt',
      message: 'the table accounts has no column sso_issuer',
    });
    await expect(
      act().then(() => store.record(entry(), (write) => write.accounts.insert([accountRow('2')]))),
    ).rejects.toMatchObject({ code: 'store-corrupt', message: expect.stringContaining('sso_issuer') });
    const call = {
      ...{ id: 'call_1', state: 'open', operator_id: 'op_1', opened_by: 'op_1', account_id: null, user_id: null },
      ...{ action: null, ticket: null, verification_id: null, outcome: null, opened_at: NOW, updated_at: NOW },
    };
    const open = store.record(entry(), (write) => write.calls.insert({ ...call, ended_at: null }));
    await expect(open).rejects.toMatchObject({ code: 'store-corrupt', message: expect.stringContaining('ticket') });
  });

  it('B86 a read of a table that is gone is refused, and names it', async () => {
    await raw('drop table calls', 'drop table search_words');
    const { read } = openStore(place.engine, place.notary);
    await expect(read.calls.byId('call_1')).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('calls'),
    });
    await expect(read.search.first('user', [['ana']], 9)).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('search_words'),
    });
  });

  it('teeth: a check of the sums alone sees none of it', async () => {
    const { traits } = place.engine;
    await raw('drop table calls');
    const { book } = await (await import('../../../src/store/head.js')).openHead(place.engine.db, place.notary);
    const checking = { tags: place.notary.rows, sums: place.notary.sums, traits: { ...traits, tricks: blind } };
    expect(await faultsOfTables(place.engine.db, checking, book)).toEqual([]);
  });
});

const blind = () => "select '' as name, '' as odd where 1 = 0";

describe.skipIf(!engines.includes('postgres'))('a schema that was altered on postgres alone', () => {
  it.each([
    ['a rule', 'create rule r as on insert to outbox do instead nothing', 'drop rule r on outbox', 'outbox'],
    [
      'row security',
      'alter table users enable row level security',
      'alter table users disable row level security',
      'users',
    ],
    ['a table that inherits', 'create table kid () inherits (devices)', 'drop table kid', 'devices'],
    [
      'a collation that takes other texts for the same',
      "create collation lax (provider = icu, locale = 'und-u-ks-level1', deterministic = false); alter table one_time_codes alter digest type text collate lax",
      'alter table one_time_codes alter digest type text collate "default"',
      'one_time_codes',
    ],
    [
      'a type of somebody else',
      'create domain word as text; alter table grants alter action type word',
      'alter table grants alter action type text',
      'grants',
    ],
    [
      'a table that a crash of the server would empty',
      'alter table sink_cursors set unlogged',
      'alter table sink_cursors set logged',
      'sink_cursors',
    ],
    [
      'a view in its place',
      'alter table calls rename to calls_; create view calls as select * from calls_',
      'drop view calls; alter table calls_ rename to calls',
      'calls',
    ],
  ])('B86 %s stops every act, and no longer once it is gone', async (_what, change, undo, table) => {
    const place = await foundedStore('postgres');
    const act = () => openStore(place.engine, place.notary).record(entry(), async () => undefined);
    const raw = async (texts: string) => {
      for (const text of texts.split('; ')) await sql.raw(text).execute(place.engine.db);
    };
    await raw(change);
    await expect(act()).rejects.toMatchObject(CHANGED(table));
    await raw(undo);
    await act();
    expect(await place.store.tableFaults()).toEqual([]);
    await place.close();
  });

  it('B86 an operator for rows of the desk stops every act, and no longer once it is gone', async () => {
    const place = await foundedStore('postgres');
    const act = () => openStore(place.engine, place.notary).record(entry(), async () => undefined);
    const raw = (text: string) => sql.raw(text).execute(place.engine.db);
    await raw('create function same(numeric, integer) returns numeric immutable language sql return 1');
    await raw('create operator * (leftarg = numeric, rightarg = integer, function = same)');
    const says = 'the operator *(numeric,integer) was added to the database, and would compare rows of the desk';
    await expect(act()).rejects.toMatchObject({ code: 'store-corrupt', message: `${says}; nothing was changed` });
    expect(await place.store.tableFaults()).toMatchObject([{ odd: 'operator' }]);
    await raw('drop operator * (numeric, integer)');
    await act();
    await place.close();
  });
});

describe('a schema that was altered on sqlite alone', () => {
  it('B86 a constraint that drops rows without a word is noticed', async () => {
    const place = await foundedStore('sqlite');
    const { db } = place.engine;
    const { rows } = await sql<{ sql: string }>`select sql from sqlite_schema where name = 'calls'`.execute(db);
    // However it is written: SQLite keeps the text as it was given.
    for (const words of ['on conflict', 'on  conflict', 'ON\nCONFLICT', 'on/**/conflict']) {
      await sql`drop table calls`.execute(db);
      await sql
        .raw((rows[0]?.sql ?? '').replace(/\)\s*strict$/i, `, unique (state) ${words} ignore) strict`))
        .execute(db);
      const act = openStore(place.engine, place.notary).record(entry(), async () => undefined);
      await expect(act).rejects.toMatchObject(CHANGED('calls'));
    }
    await place.close();
  });
});
