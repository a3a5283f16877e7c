import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openPostgres } from '../../../src/store/engines/postgres.js';
import { readAddress, withoutCredentials } from '../../../src/store/engines/postgres-hosts.js';
import { migrate, openStore, requireCurrent } from '../../../src/store/store.js';
import { createDatabase, onServer, type PostgresServer, startServer } from '../../support/postgres.js';
import { accountRow, entry, keysWith, notaryWith } from '../rows.js';
import { faultsOfLog, foundedStore } from '../support.js';

const SECRET = 'hunter2-plum';
/** As the driver reads an address. */
const { parse } = createRequire(createRequire(import.meta.url).resolve('pg'))('pg-connection-string') as {
  parse(url: string): { host: string; port: string; database: string; ssl: unknown };
};

/** The refusal as a person, a log or a script could ever see it. */
async function refusalOf(attempt: Promise<unknown>): Promise<{ code: string; text: string }> {
  const error: unknown = await attempt.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error) || !('code' in error) || !('hint' in error)) throw error;
  const cause = error.cause instanceof Error ? error.cause.stack : '';
  return { code: String(error.code), text: [error.message, error.hint, error.stack, cause].join('\n') };
}

describe('a PostgreSQL store that cannot be opened is refused without its credentials', () => {
  it('nothing listens on the port', async () => {
    const port = await closedPort();
    const refusal = await refusalOf(openPostgres(`postgres://ana:${SECRET}@127.0.0.1:${port}/desk`));
    expect(refusal.code).toBe('store-unreachable');
    expect(refusal.text).toContain(`postgres://127.0.0.1:${port}/desk`);
    expect(refusal.text).not.toContain(SECRET);
  });

  it('no host has that name', async () => {
    const refusal = await refusalOf(openPostgres(`postgres://ana:${SECRET}@desk.invalid/desk`));
    expect(refusal.code).toBe('store-unreachable');
    expect(refusal.text).not.toContain(SECRET);
  });

  it.each([`postgres://ana:${SECRET}@127.0.0.1:port/desk`, `postgres://ana:${SECRET}/with/slashes@[::/desk`])(
    'the address is no address: %s',
    async (url) => {
      const refusal = await refusalOf(openPostgres(url));
      expect(refusal.code).toBe('config');
      expect(refusal.text).not.toContain(SECRET);
    },
  );

  it('teeth: the address as typed would show them', () => {
    expect(`postgres://ana:${SECRET}@127.0.0.1/desk`).toContain(SECRET);
    expect(withoutCredentials(`postgres://ana:${SECRET}@127.0.0.1/desk?password=${SECRET}`)).toBe(
      'postgres://127.0.0.1/desk',
    );
  });
});

describe('S20 addresses as libpq reads them', () => {
  const hostsOf = (url: string) =>
    readAddress(url).urls.map((one) => {
      const { host, port } = parse(one);
      return `${host}:${port}`;
    });

  it.each([
    ['postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write', ['h1:5432', 'h2:5433']],
    ['postgresql://u@h1,h2/db', ['h1:', 'h2:']],
    ['postgres://u:p@/db?host=h1,h2&port=5432', ['h1:5432', 'h2:5432']],
    ['postgres://u:p@/db?host=h1,h2&port=5432,6432', ['h1:5432', 'h2:6432']],
    ['postgres:///db?host=/var/run/postgresql', ['/var/run/postgresql:']],
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/db', ['/var/run/postgresql:']],
    ['postgres://u@[::1]:5432,[fd00::2]/db', ['::1:5432', 'fd00::2:']],
    ['postgres:///db', ['localhost:']],
  ])('%s', (url, hosts) => {
    expect(hostsOf(url)).toEqual(hosts);
    expect(readAddress(url).urls.map((one) => parse(one).database)).toEqual(hosts.map(() => 'db'));
  });

  it('sslmode: what checks certificates goes on checking them; prefer and allow try both', () => {
    const ssl = (more: string) => readAddress(`postgres://u@h/db?${more}`).urls.map((one) => parse(one).ssl);
    expect(ssl('sslmode=require')).toEqual([{}]);
    expect(ssl('sslmode=verify-full')).toEqual([{}]);
    expect(ssl('sslmode=disable')).toEqual([false]);
    expect(ssl('sslmode=prefer')).toEqual([{ rejectUnauthorized: false }, false]);
    expect(ssl('sslmode=allow')).toEqual([false, { rejectUnauthorized: false }]);
  });

  it.each([
    'postgres://u@h/db?target_session_attrs=standby',
    'postgres://u@h/db?sslmode=perhaps',
    'postgres://u@h1,h2,h3/db?port=1,2',
    `postgres://u:${SECRET}@h:1x/db`,
    `postgres://u:${SECRET}@h%/db`,
  ])('refuses %s without showing it', async (url) => {
    const refusal = await refusalOf(openPostgres(url));
    expect(refusal.code).toBe('config');
    expect(refusal.text).not.toContain(SECRET);
  });

  it('messages name the hosts and nothing else', () => {
    expect(withoutCredentials(`postgres://ana:${SECRET}@h1:1,h2/db?sslpassword=${SECRET}`)).toBe(
      'postgres://h1:1,h2/db',
    );
    expect(withoutCredentials(`postgres://ana:${SECRET}@/db?host=h1,h2`)).toBe('postgres://h1,h2/db');
    expect(withoutCredentials(`postgres://ana:1/${SECRET}@h/db`)).not.toContain(SECRET);
  });
});

describe.skipIf(inject('postgresUrl') === '')('a PostgreSQL server that answers', () => {
  it('S20 is found behind a dead one, in either form; a wrong password stops the search', async () => {
    const url = await createDatabase(inject('postgresUrl'));
    const { port, username, password, pathname } = new URL(url);
    const dead = await closedPort();
    for (const address of [
      `postgres://${username}:${password}@127.0.0.1:${dead},127.0.0.1:${port}${pathname}?target_session_attrs=read-write`,
      `postgres://${username}:${password}@${pathname}?host=127.0.0.1,127.0.0.1&port=${dead},${port}`,
      `postgres://${username}:${password}@127.0.0.1:${port}${pathname}?sslmode=prefer&connect_timeout=3`,
    ]) {
      const engine = await openPostgres(address);
      await migrate(engine, keysWith());
      await engine.close();
    }
    const wrong = `postgres://${username}:${SECRET}@127.0.0.1:${port},127.0.0.1:${dead}${pathname}`;
    expect((await refusalOf(openPostgres(wrong))).text).toContain('refused access');
    const secure = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}?sslmode=require`;
    expect((await refusalOf(openPostgres(secure))).code).toBe('store-unreachable');
  });

  it.each([
    ['a wrong password', (url: URL) => Object.assign(url, { password: SECRET })],
    ['a database that is not there', (url: URL) => Object.assign(url, { pathname: '/nowhere' })],
  ])('but refuses %s: store-unreachable, credentials never shown', async (_what, change) => {
    const url = new URL(inject('postgresUrl'));
    const { password } = url;
    const refusal = await refusalOf(openPostgres(change(url).href));
    expect(refusal.code).toBe('store-unreachable');
    expect(refusal.text).not.toContain(SECRET);
    expect(refusal.text).not.toContain(password);
  });

  it('sorts by language, so that a range of keys that forgets its collation would be seen', async () => {
    const place = await foundedStore('postgres');
    const { rows } = await (await import('kysely')).sql<{ before: boolean }>`select 'a' < 'B' as before`.execute(
      place.engine.db,
    );
    expect(rows).toEqual([{ before: true }]);
    await place.close();
  });

  it('another schema of the database may have tables of the same names', async () => {
    const address = await createDatabase(inject('postgresUrl'));
    const engine = await openPostgres(address);
    const theirs = ['kysely_migration', 'kysely_migration_lock', 'audit_head'];
    await sql`create schema theirs`.execute(engine.db);
    for (const name of theirs) await sql.raw(`create table theirs.${name} (name text)`).execute(engine.db);
    await expect(requireCurrent(engine)).rejects.toMatchObject({
      code: 'store-unreachable',
      message: `there is no desk in ${engine.place}`,
    });
    expect((await migrate(engine, keysWith(notaryWith()))).length).toBeGreaterThan(20);
    await requireCurrent(engine);
    await engine.close();
  });

  /** A role of its own with a database of its own, and these settings. */
  async function deskOf(settings: readonly string[], database = ''): Promise<string> {
    const server = inject('postgresUrl');
    const url = new URL(await createDatabase(server));
    const [name, role] = [url.pathname.slice(1), `role_${url.pathname.slice(1)}`];
    await onServer(server, async (client) => {
      await client.query(`create role ${role} login password 'x'`);
      await client.query(`drop database ${name}`);
      await client.query(`create database ${name} owner ${role} ${database}`);
      for (const setting of settings) await client.query(`alter role ${role} set ${setting}`);
    });
    onTestFinished(() =>
      onServer(server, async (client) => {
        await client.query(`drop database ${name} with (force)`);
        await client.query(`drop role ${role}`);
      }),
    );
    return Object.assign(url, { username: role, password: 'x' }).href;
  }

  it('a pooler is asked for nothing at the start of a connection; locks are waited for 30 s in each transaction', async () => {
    const engine = await openPostgres(await deskOf(["lock_timeout = '7s'"]));
    onTestFinished(() => engine.close());
    const limit = sql<{
      setting: string;
      reset_val: string;
    }>`select setting, reset_val from pg_settings where name = 'lock_timeout'`;
    // What is asked for at the start is also what a reset goes back to.
    const found = [{ setting: '30000', reset_val: '7000' }];
    expect((await limit.execute(engine.db)).rows).toEqual(found);
    await engine.db.connection().execute(async (db) => {
      await sql`set lock_timeout = '1s'`.execute(db);
      const inside = await db.transaction().execute((tx) => limit.execute(tx));
      expect(inside.rows).toEqual(found);
    });
  });

  it('settings of the role change nothing', async () => {
    const settings = [
      'quote_all_identifiers = on',
      "bytea_output = 'escape'",
      'standard_conforming_strings = off',
      "client_encoding = 'LATIN1'",
      'extra_float_digits = -15',
      "timezone = 'Asia/Kathmandu'",
      "default_transaction_isolation = 'serializable'",
    ];
    const engine = await openPostgres(await deskOf(settings));
    const notary = notaryWith();
    await migrate(engine, keysWith(notary));
    const store = openStore(engine, notary);
    await store.record(entry(), (write) => write.accounts.insert([accountRow('1')]));
    await store.requireWatched();
    expect(await store.tableFaults()).toEqual([]);
    expect(await faultsOfLog(engine, notary)).toEqual([]);
    await store.close();
  });

  it.each([
    ['takes no writes', ['default_transaction_read_only = on'], '', 'default_transaction_read_only'],
    ['canceling statement due to statement timeout', ['statement_timeout = 1'], '', 'statement_timeout = 0'],
    ['search_path', ['search_path = public, pg_catalog'], '', 'pg_catalog'],
    [
      'LATIN1',
      [],
      "template template0 encoding 'LATIN1' locale 'C' locale_provider libc",
      "create database NAME template template0 encoding 'UTF8'",
    ],
  ])('a role or database whose store %s is refused with what to change', async (says, settings, database, next) => {
    const url = await deskOf(settings, database);
    const use = async () => {
      const engine = await openPostgres(url, true);
      onTestFinished(() => engine.close());
      await migrate(engine, keysWith(notaryWith())).catch((error: unknown) => {
        throw engine.refusalOf(error) ?? error;
      });
    };
    const { text } = await refusalOf(use());
    expect(text).toContain(says);
    expect(text).toContain(next);
  });

  it('a desk that stands in a database of another encoding goes on, and is told which characters that lacks', async () => {
    const url = await deskOf([], "template template0 encoding 'LATIN1' locale 'C' locale_provider libc");
    const engine = await openPostgres(url);
    onTestFinished(() => engine.close());
    const asked = sql`select ${'Ωmega'}::text`.execute(engine.db).catch((error: unknown) => {
      throw engine.refusalOf(error) ?? error;
    });
    const { code, text } = await refusalOf(asked);
    expect(code).toBe('invalid-input');
    expect(text).toContain('cannot keep these characters');
  });

  it('an address without a password is refused in words', async () => {
    const url = Object.assign(new URL(inject('postgresUrl')), { password: '' });
    expect((await refusalOf(openPostgres(url.href))).text).toContain('refused access: no password was given');
  });

  it('counts arrive as numbers, and a backup is left to its own tools', async () => {
    const place = await foundedStore('postgres');
    expect(await place.store.read.accounts.count()).toBe(0);
    await expect(place.store.backup('x')).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('pg_dump'),
    });
    await place.close();
  });
});

describe.skipIf(inject('postgresUrl') === '')('a PostgreSQL server that crashes under an open store', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ durable: true });
  }, 60_000);
  afterAll(() => server.stop());

  it('keeps what was recorded, refuses while it is down, and works again when it is back', {
    timeout: 60_000,
  }, async () => {
    const notary = notaryWith();
    const engine = await openPostgres(await createDatabase(server.url));
    await migrate(engine, keysWith(notary));
    const store = openStore(engine, notary);
    const add = (number: string) => store.record(entry(), (write) => write.accounts.insert([accountRow(number)]));
    await add('1');
    await server.crash();
    await expect(add('2')).rejects.toMatchObject({ code: 'store-unreachable' });
    await expect(store.read.accounts.count()).rejects.toMatchObject({ code: 'store-unreachable' });
    await server.restart();
    await add('3');
    expect((await store.read.accounts.page('', 9)).map((account) => account.number)).toEqual(['1', '3']);
    expect(await faultsOfLog(engine, notary)).toEqual([]);
    await store.close();
  });
});

/** A port that was free a moment ago. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 1));
    });
  });
}
