/**
 * PostgreSQL: for desks that outgrow one machine. Loaded only for a postgres URL. This file contains everything that is particular to
 * it: number parsing, the lock on the audit head, and the words for its errors.
 */
import { type DatabaseIntrospector, Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { type ErrorCode, Refusal } from '../../errors.js';
import type { Engine, SchemaTraits } from '../engine.js';
import { guardingWrites } from '../guard/guarded-writes.js';
import type { Database, Db } from '../schema/directory.js';
import { firstPool, readAddress, withoutCredentials } from './postgres-hosts.js';

const traits: SchemaTraits = {
  bytes: 'bytea',
  keyCollation: '"C"',
  tableEnd: '',
  bodyColumn: (path, type) => {
    const steps = path.split('.').join(',');
    const value = `(body::jsonb #>> '{${steps}}')`;
    return sql.raw(`generated always as (${type === 'integer' ? `${value}::bigint` : value}) stored`);
  },
  serverTime: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::float8`,
  asHex: (column) => sql<string>`encode(${sql.ref(column)}, 'hex')`,
  // Not relhasrules and relhassubclass: they stay true after the rule or the other table is gone.
  tricks: (uniques) => `select t.name, case when c.oid is null then 'missing' else 'altered' end as odd
    from jsonb_each_text('${JSON.stringify(uniques)}') t(name, made)
    left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(t.name)
    where c.oid is null or c.relkind <> 'r' or c.relrowsecurity
      or exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid)
      or exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid)
      or exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal)
      or t.made <> coalesce((
        select string_agg(case when i.indisvalid then '' else 'invalid ' end ||
          replace(replace(lower(pg_get_indexdef(i.indexrelid)), ' using btree', ''),
          lower(c.relnamespace::regnamespace::text) || '.', ''), ';') from pg_catalog.pg_index i
        where i.indrelid = c.oid and not i.indisprimary and (i.indisunique or i.indisexclusion)), '')`,
  joined: (expression) => `string_agg(${expression}, ',')`,
  pairs: (json) => sql`jsonb_each_text(${json}::jsonb) as j(k, v)`,
};

const INT8 = 20;
const NUMERIC = 1700;
const LOCK_TIMEOUT_MS = 30_000;
const MOST_PREPARED = 300;
/** Longer ones list values and do not come again. */
const MOST_PREPARED_TEXT = 8_000;
/** Password, user, privilege, database: another server would refuse them too. */
const REFUSED = new Set(['28P01', '28000', '42501', '3D000']);

/** Statements name only what the migrations have made, and those make no checks: so somebody has changed the schema. */
const NOT_OUR_SCHEMA = new Set('42P01 42703 42804 42809 42883 42P10 42P07 42701 42710 23514'.split(' '));

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Opens a pool and checks that the server answers. Never shows `url`, which may contain a password. */
export async function openPostgres(url: string): Promise<Engine> {
  const address = readAddress(url);
  const { default: pg } = await import('pg');
  const place = withoutCredentials(url);
  const open = (config: PoolConfig): Pool => {
    const made = new pg.Pool({
      ...config,
      max: 4,
      keepAlive: true,
      // A server whose client vanished may keep its lock for long.
      lock_timeout: LOCK_TIMEOUT_MS,
      idleTimeoutMillis: 1_000,
      allowExitOnIdle: true,
      types: {
        getTypeParser: (oid, format) =>
          oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format),
      },
    });
    // The next query notices a connection that broke. One in use reports it here too, and would end the process (T27).
    made.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined));
    return made;
  };
  const final = (error: unknown) => REFUSED.has(codeOf(error));
  let stale = false;
  const prepared = new PreparedStatements();
  const refusalOf = (error: unknown) => {
    const refusal = wordError(error, place);
    stale ||= refusal?.code === 'store-unreachable';
    return refusal;
  };
  try {
    let pool = await firstPool(address, open, final);
    const db = new Kysely<Database>({
      dialect: guardingWrites(
        new OwnTables({
          pool: {
            connect: async () => {
              // After a fail-over another server of the address takes the writes.
              if (stale && address.urls.length > 1) {
                const next = await firstPool(address, open, final);
                void pool.end();
                pool = next;
              }
              stale = false;
              return lent(await pool.connect(), prepared);
            },
            end: () => pool.end(),
          },
        }),
        traits,
      ),
    });
    return { ...engineOn(db, place, refusalOf), schemaStays: (stays) => prepared.allow(stays) };
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

const VISIBLE = sql<{
  name: string;
}>`select relname as name from pg_catalog.pg_class where pg_catalog.pg_table_is_visible(oid)`;

/** Sees only the tables that a statement reaches by their names alone: another schema may have some of the same names. */
class OwnTables extends PostgresDialect {
  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    const all = super.createIntrospector(db);
    const getTables: DatabaseIntrospector['getTables'] = async (options) => {
      const own = new Set((await VISIBLE.execute(db)).rows.map(({ name }) => name));
      return (await all.getTables(options)).filter(({ name }) => own.has(name));
    };
    return Object.create(all, { getTables: { value: getTables } });
  }
}

/**
 * A connection on which a query met the end of the server: what follows, such as the rollback, fails with the same error instead of waiting
 * behind that query, and the pool throws the connection away.
 */
function lent(client: PoolClient, prepared: PreparedStatements): PostgresPoolClient {
  let broken: Error | undefined;
  const query = async (text: string, values: unknown[]) => {
    if (broken !== undefined) throw broken;
    try {
      return await client.query({ ...prepared.named(text), text, values });
    } catch (error) {
      if (isGone(error)) broken = error;
      throw error;
    }
  };
  return { query, release: () => client.release(broken) } as unknown as PostgresPoolClient;
}

/**
 * Names for statements that come again, so that the server plans them once on each connection. While a schema can change, a prepared
 * `select *` could return other columns, which the server refuses.
 */
class PreparedStatements {
  readonly #names = new Map<string, string>();
  #allowed = false;
  #made = 0;

  allow(stays: boolean): void {
    this.#allowed = stays;
    if (!stays) this.#names.clear();
  }

  named(text: string): { name?: string } {
    // A server plans these alone.
    if (!this.#allowed || text.length > MOST_PREPARED_TEXT || !/^(select|insert|update|delete)\b/.test(text)) return {};
    const name = this.#names.get(text);
    if (name === undefined && this.#names.size < MOST_PREPARED) this.#names.set(text, `cs${this.#made++}`);
    return name === undefined ? {} : { name };
  }
}

function engineOn(db: Db, place: string, refusalOf: Engine['refusalOf']): Engine {
  return {
    name: 'postgres',
    db,
    traits,
    // The lock of a table takes no snapshot yet, so the transaction sees what the writer before it has committed.
    lock: async (tx) => void (await sql`lock table audit_head in exclusive mode`.execute(tx)),
    place,
    refusalOf,
    lookAgainMs: [200, 500, 1_000, 2_000, 4_000],
    forgetDeleted: async () => undefined,
    backup: async () => {
      throw new Refusal('usage', 'countersign cannot back up a PostgreSQL store: PostgreSQL has its own tools', {
        hint: 'Run pg_dump on the database. The dump contains only sealed secrets; keep the key file apart from it.',
      });
    },
    bytesFree: () => null,
    bytes: async () => {
      const { rows } = await sql<{ n: number }>`select pg_database_size(current_database()) as n`.execute(db);
      return rows[0]?.n ?? 0;
    },
    close: () => db.destroy(),
  };
}

const UNREACHABLE = new Set(
  'ECONNREFUSED ENOTFOUND ETIMEDOUT ECONNRESET EHOSTUNREACH ENOENT EAI_AGAIN EPIPE'.split(' '),
);

const isGone = (error: unknown): error is Error => {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : '';
  return (
    UNREACHABLE.has(code) ||
    code.startsWith('08') ||
    code.startsWith('57P') ||
    // Read-only: a standby, also one that was the primary a moment ago. The rest is about certificates.
    code === '25006' ||
    /^ERR_TLS|CERT|SIGNATURE|SSL/.test(code) ||
    /timeout|terminated|Connection|does not support SSL/i.test(text)
  );
};

function wordError(error: unknown, place: string): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  const text = error.message;
  const worded = (kind: ErrorCode, message: string, hint?: string) =>
    new Refusal(kind, message, { hint, cause: error });
  if (code === '40001' || code === '40P01' || code === '55P03') {
    return worded('busy', `the store ${place} is busy`, 'Try again in a moment.');
  }
  // A prepared statement whose table has other columns now.
  if (code === '0A000') {
    const hint = 'Install the newer version on this machine. Nothing was changed.';
    return worded('config', `the store ${place} was changed by a newer version of countersign`, hint);
  }
  if (REFUSED.has(code)) {
    const hint = 'Check user, password and database name in --store or COUNTERSIGN_STORE.';
    return worded('store-unreachable', `PostgreSQL at ${place} refused access: ${text}`, hint);
  }
  if (NOT_OUR_SCHEMA.has(code)) {
    const hint = 'Keep the store as it is and tell your lead. To look at every table: countersign doctor';
    return worded('store-corrupt', `the tables of ${place} are not those that countersign made: ${text}`, hint);
  }
  if (isGone(error)) {
    const hint = 'Check that the server runs and that the address is right.';
    return worded('store-unreachable', `PostgreSQL at ${place} cannot be reached (${code || text})`, hint);
  }
  if (code === '22021') {
    return worded('invalid-input', 'the input contains a NUL character, which PostgreSQL cannot store');
  }
  if (code === '53100' || code === '53200') {
    return worded('store-unreachable', `PostgreSQL at ${place} has no disk space or memory left: ${text}`);
  }
  return undefined;
}
