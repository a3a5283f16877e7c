/** Rows that the sum sees and the decision does not, or the other way round (B86): triggers, views, indexes, a time that was set back. */
import Driver from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hours } from '../../../src/rules/duration.js';
import { migrate, openStore, type Store } from '../../../src/store/store.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, keysWith, NOW } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const OPERATOR = {
  ...{ id: 'op_1', name: 'Olga', name_key: 'olga', role: 'admin', verifier: null, totp: null, totp_last_step: null },
  ...{ also_user_id: null, disabled_at: null, created_at: NOW },
};
const CORRUPT = { code: 'store-corrupt' };

describe.each(engines)('behind the sum on %s', (engine) => {
  let place: Founded;
  let store: Store;
  beforeEach(async () => {
    place = await foundedStore(engine);
    ({ store } = place);
    await store.record(entry(), (write) => write.operators.insert(OPERATOR));
  });
  afterEach(() => place.close());

  const raw = (text: string) => sql.raw(text).execute(place.engine.db);
  const byNewProcess = async () => openStore(await place.connect(), place.notary);

  it('B86 a trigger that changes rows between the look and the decision is refused, and named', async () => {
    await (engine === 'sqlite'
      ? raw('create trigger flip after insert on audit_entries begin delete from operator_hands; end')
      : raw("create function flip() returns trigger language plpgsql as 'begin return new; end'").then(() =>
          raw('create trigger flip before insert on audit_entries for each row execute function flip()'),
        ));
    const fresh = await byNewProcess();
    await expect(fresh.record(entry(), (write) => write.accounts.insert([accountRow('9')]))).rejects.toMatchObject(
      CORRUPT,
    );
    expect(await fresh.tableFaults()).toHaveLength(1);
  });

  it('B86 B87 rows made after the time was set back are still compared', async () => {
    await store.record(entry('account.added', { at: NOW + hours(1_000) }), (write) =>
      write.accounts.insert([accountRow('1')]),
    );
    await store.record(entry('store.clock-set-back', { at: NOW }), async (write) => write.sums.renew());
    const session = {
      ...{ id: 'ses_1', operator_id: 'op_1', person: 'uid:1', digest: 'd', created_at: NOW, last_seen_at: NOW },
      ...{ expires_at: NOW + hours(12), code_at: null, ended_at: null },
    };
    await store.record(entry('account.added', { at: NOW + 1 }), (write) => write.operators.insertSession(session));
    const { rows } = await sql<{ mac: string }>`select mac from operator_sessions`.execute(place.engine.db);
    await store.record(entry('account.added', { at: NOW + 2 }), (write) =>
      write.operators.endSessionsOf('op_1', NOW + 2),
    );
    await sql`update operator_sessions set ended_at = null, mac = ${rows[0]?.mac}`.execute(place.engine.db);
    const read = (await byNewProcess()).record(entry(), (write) => write.operators.sessionById('ses_1'));
    await expect(read).rejects.toMatchObject(CORRUPT);
  });

  it('B86 a store that has its sums takes a later step that makes a table', async () => {
    // Without a row of those tables whose rows the last step tags anew.
    const own = await foundedStore(engine);
    onTestFinished(() => own.close());
    await own.store.record(entry(), (write) => write.meta.put('created-at', '1'));
    const undo = [
      'drop table hearings',
      'drop index users_by_account_id_role',
      'drop index outbox_by_user_id_kind_created_at',
      ...['user_id_state', 'operator_id_opened_at', 'opened_by_opened_at'].map(
        (columns) => `drop index calls_by_${columns}`,
      ),
      ...['accounts', 'users', 'operators'].map((table) => `alter table ${table} drop column language`),
      'alter table accounts drop column connector',
      'drop index users_by_external',
      'alter table users drop column external',
      'drop index users_by_contact_changed_at',
      ...['accounts', 'users'].flatMap((table) => [
        `drop index ${table}_by_staged_in`,
        `alter table ${table} drop column staged_in`,
        `alter table ${table} drop column staged`,
        `drop index ${table}_by_import`,
        `alter table ${table} drop column import_id`,
      ]),
      'drop table imports',
      'alter table jobs drop column unapproved',
      'alter table users drop column signed_in_at',
      'drop index audit_entries_by_outcome_seq',
      'drop index outbox_by_next_attempt_at',
      'drop index outbox_by_state_id',
      'drop index approvals_by_requested_at_id',
      'drop index jobs_by_created_at_id',
      'create index outbox_by_state_next_attempt_at on outbox (state, next_attempt_at)',
      'drop index resets_by_by_user_id_at',
      'alter table operator_tokens drop column name',
      "alter table operator_tokens add column label text not null default ''",
      'drop index resets_by_objected_at',
      'drop index throttles_by_locked_until',
      'drop index throttles_by_disabled_at',
      "delete from kysely_migration where name >= '0015'",
    ];
    for (const text of undo) await sql.raw(text).execute(own.engine.db);
    expect(await migrate(own.engine, keysWith(own.notary))).toEqual([
      '0015-hearings',
      '0016-lookups',
      '0017-languages',
      '0018-connectors',
      '0019-last-sign-in',
      '0020-large-desks',
      '0021-staged-imports',
      '0022-staged-changes',
      '0023-unapproved-users',
      '0024-token-names',
      '0025-external-ids',
    ]);
  });

  it('B86 a failed statement that a change goes on from counts nothing', async () => {
    await store.record(entry(), async (write) => {
      if (engine === 'sqlite') await write.operators.insert(OPERATOR).catch(() => undefined);
      await write.accounts.insert([accountRow('1')]);
    });
    expect(await store.tableFaults()).toEqual([]);
  });
});

describe('behind the sum on sqlite', () => {
  it('B86 an index that hides an older row from the sum is noticed', async () => {
    const place = await foundedStore('sqlite');
    const { store } = place;
    await store.record(entry(), (write) => write.operators.insert(OPERATOR));
    const older = await sql<{ mac: string }>`select mac from operators`.execute(place.engine.db);
    await store.record(entry(), (write) => write.operators.update('op_1', { role: 'agent', disabled_at: NOW }));
    const inSchema = (work: (file: Driver.Database) => void) => {
      const file = new Driver(place.address);
      file.unsafeMode(true);
      file.pragma('writable_schema = on');
      work(file);
      file.pragma(`schema_version = ${Number(file.pragma('schema_version', { simple: true })) + 1}`);
      file.close();
    };
    let kept: unknown;
    inSchema((file) => {
      file.exec('create index small on operators(mac)');
      kept = file.prepare("select * from sqlite_schema where name = 'small'").get();
      file.exec("delete from sqlite_schema where name = 'small'");
    });
    inSchema((file) => {
      file.prepare("update operators set role = 'admin', disabled_at = null, mac = ?").run(older.rows[0]?.mac);
    });
    inSchema((file) => {
      file.prepare('insert into sqlite_schema values (@type, @name, @tbl_name, @rootpage, @sql)').run(kept);
    });
    const fresh = openStore(await place.connect(), place.notary);
    await expect(fresh.requireWatched()).rejects.toMatchObject(CORRUPT);
    await place.close();
  });
});
