/**
 * PostgreSQL: for desks that outgrow one machine. Loaded only for a postgres URL. What is particular to it: number parsing, the lock
 * on the audit head, which errors mean what (postgres-errors.json); its SQL is in postgres-dialect.ts.
 */
import { Kysely, sql } from 'kysely';
import type { Pool, PoolConfig } from 'pg';
import { type ErrorCode, Refusal } from '../../errors.js';
import type { Engine } from '../engine.js';
import { guardingWrites } from '../guard/guarded-writes.js';
import type { Database, Db } from '../schema/directory.js';
import { greet, lent, OwnTables, PreparedStatements, traits } from './postgres-dialect.js';
import meanings from './postgres-errors.json' with { type: 'json' };
import { firstPool, readAddress, withoutCredentials } from './postgres-hosts.js';

const INT8 = 20;
const NUMERIC = 1700;
/** Password, user, privilege, database: another server would refuse them too. */
const REFUSED = new Set(['28P01', '28000', '42501', '3D000']);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Opens a pool and checks that the server answers. Never shows `url`, which may contain a password. */
export async function openPostgres(url: string, create = false): Promise<Engine> {
  const address = readAddress(url);
  const { default: pg } = await import('pg');
  const place = withoutCredentials(url);
  const open = (config: PoolConfig): Pool => {
    const made = new pg.Pool({
      ...config,
      max: 4,
      keepAlive: true,
      onConnect: (client) => greet(client, place, create),
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
  const final = (error: unknown) => error instanceof Refusal || REFUSED.has(codeOf(error));
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
              return lent(await pool.connect(), prepared, isGone);
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

/** What an error means for a desk, by its code. C: the code. P: the place of the store. T: the words of PostgreSQL. */
const MEANINGS: readonly { codes: string; kind: string; what: string; next?: string }[] = meanings;
const NEXT = 'Check that the server runs and that the address is right.';
const GONE = { kind: 'store-unreachable', what: 'PostgreSQL at P cannot be reached (C)', next: NEXT };

function wordError(error: unknown, place: string): Refusal | undefined {
  if (!(error instanceof Error) || error instanceof Refusal) return error instanceof Refusal ? error : undefined;
  // The driver has no code for it.
  const denied = /^SASL/.test(error.message);
  const code = denied ? '28P01' : codeOf(error);
  const text = denied && /must be a string/.test(error.message) ? 'no password was given' : error.message;
  const { kind, what, next } = MEANINGS.find(({ codes }) => codes.split(' ').includes(code)) ?? GONE;
  if (what === GONE.what && !isGone(error)) return undefined;
  const message = what.replace(/\b[CPT]\b/g, (letter) => ({ C: code || text, P: place })[letter] ?? text);
  return new Refusal(kind as ErrorCode, message, { hint: next, cause: error });
}
