/** Kysely's SQLite dialect as the desk needs it: an immediate write lock that waits, cached statements, DDL that can be rolled back. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
  sql,
  type TransactionSettings,
} from 'kysely';
import type { Computed, SchemaTraits } from '../engine.js';

/** How long a statement waits for another process before it fails (T11). */
export const BUSY_TIMEOUT_MS = 10_000;

/** How an index was made, however its names are written. */
const MADE = `lower(replace(sql, '"', ''))`;

/** A condition that a table's text makes one of these columns otherwise. */
const otherwise = (derived: Computed): string =>
  derived
    .map(([name, made]) => `"${name}" ${made.includes('cast(') ? 'integer' : 'text'} ${made}`.replaceAll("'", "''"))
    .map((text) => `instr(sql, '${text}') = 0`)
    .join(' or ');

export const traits: SchemaTraits = {
  bytes: 'blob',
  keyCollation: 'binary',
  tableEnd: 'strict',
  bodyColumn: (path, type) => {
    const value = `json_extract(body, '$.${path}')`;
    const typed = type === 'integer' ? `cast(${value} as integer)` : value;
    return `generated always as (case when json_valid(body) then ${typed} end) virtual`;
  },
  serverTime: sql<null>`null`,
  asHex: (column) => sql<string>`lower(hex(${sql.ref(column)}))`,
  // A constraint with "on conflict", whatever stands between the words, drops or replaces rows in silence.
  tricks: (uniques, derived) => `with own as (select key, value from json_each('${JSON.stringify(uniques)}'))
    select tbl_name as name, 'altered' as odd from sqlite_schema where type in ('trigger', 'view')
      or (type = 'table' and (sql like '%conflict%' or name = 'audit_entries' and (${otherwise(derived)}))) or (sql like 'create unique%'
        and tbl_name in (select key from own) and ${MADE} not in (select value from own))
    union all select key, 'altered' from own where value <> ''
      and value not in (select ${MADE} from sqlite_schema where sql like 'create unique%')
    union all select key, 'missing' from own where key not in (select name from sqlite_schema where type = 'table')`,
  indexCheck: (table) => `select '${table}' as t, integrity_check as fault from pragma_integrity_check('${table}')`,
  joined: (expression) => `group_concat(${expression}, ',')`,
  pairs: (json) => sql`(select key as k, value as v from json_each(${json})) as j`,
};

/** What the dialect needs from the driver's connection. */
interface SqliteFile {
  prepare(text: string): SqliteStatement;
  close(): unknown;
}

/**
 * Kysely's own driver begins DEFERRED, upgrades its lock later and fails under load; ours begins IMMEDIATE.
 *
 * It waits for the lock itself. SQLite's own wait stops the whole process, timers and signals too, and tries less and less often, in
 * the end every 100 ms; but a bulk run releases the lock for only 2 ms at a time.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: StatementSource;

  constructor(database: StatementSource) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    // A snapshot to read takes no lock from anybody.
    if (settings?.accessMode === 'read only') return void (await connection.executeQuery(CompiledQuery.raw('begin')));
    this.#database.waitAtMost(0);
    try {
      // Counts tries, not time, as SQLite does: a machine whose timers are slow waits longer.
      for (let looks = 1; !(await begins(connection, looks >= BUSY_TIMEOUT_MS)); looks += 1) await oneMillisecond();
    } finally {
      this.#database.waitAtMost(BUSY_TIMEOUT_MS);
    }
  }

  /** On a full disk SQLite rolls back on its own. Report that error, not the one of the second rollback. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch((error: Error) => {
      if (!error.message.includes('no transaction is active')) throw error;
    });
  }
}

/** SQLite can roll back DDL. Kysely's own adapter does not use that, so an interrupted migration would leave half a schema. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** False if another process is writing. On the last try that is an error. */
async function begins(connection: DatabaseConnection, last: boolean): Promise<boolean> {
  try {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    return true;
  } catch (error) {
    if (last || !isBusy(error)) throw error;
    return false;
  }
}

const oneMillisecond = (): Promise<void> => new Promise((over) => void setTimeout(over, 1));

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');

type StatementSource = ReturnType<typeof withCachedStatements>;

export function immediateSqliteDialect(file: SqliteFile): Dialect {
  const database = withCachedStatements(file);
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => new ImmediateSqliteDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function withCachedStatements(file: SqliteFile) {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(text: string): SqliteStatement {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const made = file.prepare(text);
      if (statements.size < 500) statements.set(text, made);
      return made;
    },
    /** For how long SQLite itself waits. It takes this on when the words are prepared, so keeping them would not make it quicker. */
    waitAtMost: (ms: number) => void file.prepare(`pragma busy_timeout = ${ms}`),
    close: () => void file.close(),
  };
}
