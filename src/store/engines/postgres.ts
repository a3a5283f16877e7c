/**
 * PostgreSQL: for desks that outgrow one machine. Loaded only for a postgres URL. This file contains everything that is particular to
 * it: number parsing, the row lock on the audit head, and the words for its errors.
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Refusal } from '../../errors.js';
import type { Engine, SchemaTraits } from '../engine.js';
import { guardingUpdates } from '../guard/guarded-updates.js';
import type { Database } from '../schema/directory.js';

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
  pairs: (json) => sql`jsonb_each_text(${json}::jsonb) as j(k, v)`,
  setEach: (table, key, column) =>
    `update "${table}" set "${column}" = j.value from jsonb_each_text($1::jsonb) j where "${table}"."${key}" = j.key`,
};

const INT8 = 20;
const NUMERIC = 1700;

/** Opens a pool and checks that the server answers. Never shows `url`, which may contain a password. */
export async function openPostgres(url: string): Promise<Engine> {
  const { default: pg } = await import('pg');
  const place = withoutCredentials(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 1_000,
    allowExitOnIdle: true,
    types: {
      getTypeParser: (oid, format) => (oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format)),
    },
  });
  pool.on('error', () => undefined); // the next query notices an idle connection that broke
  const db = new Kysely<Database>({ dialect: guardingUpdates(new PostgresDialect({ pool }), traits) });
  const refusalOf = (error: unknown) => wordError(error, place);
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    await db.destroy();
    throw refusalOf(error) ?? error;
  }
  return {
    name: 'postgres',
    db,
    traits,
    headLock: 'for update',
    place,
    refusalOf,
    forgetDeleted: async () => undefined,
    backup: async () => {
      throw new Refusal('usage', 'countersign cannot back up a PostgreSQL store: PostgreSQL has its own tools', {
        hint: 'Run pg_dump on the database. The dump contains only sealed secrets; keep the key file apart from it.',
      });
    },
    bytes: async () => {
      const { rows } = await sql<{ n: number }>`select pg_database_size(current_database()) as n`.execute(db);
      return rows[0]?.n ?? 0;
    },
    close: () => db.destroy(),
  };
}

/** The address for messages: scheme, host, port and database, no user or password. */
export function withoutCredentials(url: string): string {
  try {
    const parts = new URL(url);
    return `${parts.protocol}//${parts.host}${parts.pathname}`;
  } catch {
    return 'postgres://…';
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOENT',
  'EAI_AGAIN',
  'EPIPE',
]);

function wordError(error: unknown, place: string): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = error.message;
  if (code === 'ERR_INVALID_URL') {
    // Without its cause, which contains the address as typed.
    return new Refusal('config', 'the address of the PostgreSQL store is not valid', {
      hint: 'Write postgres://user:password@host:port/database. Inside a password write / # @ : % as %2F %23 %40 %3A %25.',
    });
  }
  if (code === '40001' || code === '40P01' || code === '55P03') {
    return new Refusal('busy', `the store ${place} is busy`, { hint: 'Try again in a moment.', cause: error });
  }
  if (code === '28P01' || code === '28000' || code === '42501' || code === '3D000') {
    return new Refusal('store-unreachable', `PostgreSQL at ${place} refused access: ${text}`, {
      hint: 'Check user, password and database name in --store or COUNTERSIGN_STORE.',
      cause: error,
    });
  }
  if (
    UNREACHABLE.has(code) ||
    code.startsWith('08') ||
    code.startsWith('57P') ||
    /timeout|terminated|Connection/i.test(text)
  ) {
    return new Refusal('store-unreachable', `PostgreSQL at ${place} cannot be reached (${code || text})`, {
      hint: 'Check that the server runs and that the address is right. Nothing was changed.',
      cause: error,
    });
  }
  if (code === '22021') {
    return new Refusal('invalid-input', 'the input contains a NUL character, which PostgreSQL cannot store', {
      cause: error,
    });
  }
  if (code === '53100' || code === '53200') {
    return new Refusal('store-unreachable', `PostgreSQL at ${place} has no disk space or memory left: ${text}`, {
      cause: error,
    });
  }
  return undefined;
}
