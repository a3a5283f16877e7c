/**
 * SQLite: the embedded default. This file contains everything that is particular to it: connection settings (T1, T9, T11, T13),
 * permissions of the file, and the words for its errors. Its SQL and the write lock are in sqlite-dialect.ts.
 */
import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type SQLite from 'better-sqlite3';
import { Kysely } from 'kysely';
import { type ErrorCode, Refusal } from '../../errors.js';
import { isThere, makeFolder } from '../../make-folder.js';
import type { Engine } from '../engine.js';
import { guardingWrites } from '../guard/guarded-writes.js';
import type { Database } from '../schema/directory.js';
import { copyRows, freeAt, refuseIfOthersCanWrite, requirePlainName } from './sqlite-copy.js';
import { BUSY_TIMEOUT_MS, immediateSqliteDialect, traits } from './sqlite-dialect.js';

/** "csgn" in ASCII, so that `file` and other tools can tell what the file is. */
const APPLICATION_ID = 0x6373676e;

export interface SqliteOptions {
  /** Path of the file. With `create` its folder is created too, 0700. */
  readonly path: string;
  /** Creates a missing file; without it, a missing file is a refusal. */
  readonly create: boolean;
}

/** Opens the file, asserts every setting, and returns the engine. */
export async function openSqlite(options: SqliteOptions): Promise<Engine> {
  const path = resolve(options.path);
  if (options.create) makeFolder(dirname(path));
  else if (!isThere(path)) {
    throw new Refusal('store-unreachable', `there is no store at ${path}`, {
      hint: 'Create one with: countersign init   (or name another store with --store)',
    });
  }
  refuseIfOthersCanWrite(dirname(path));
  if (isThere(path)) refuseIfOthersCanWrite(path);
  const file = await openFile(path, options.create);
  const db = new Kysely<Database>({ dialect: guardingWrites(immediateSqliteDialect(file), traits) });
  const dataVersion = file.prepare('pragma data_version').pluck();
  return {
    name: 'sqlite',
    db,
    traits,
    lock: async () => undefined,
    changedBy: () => Number(dataVersion.get()),
    place: path,
    refusalOf: (error) => wordError(error, path),
    lookAgainMs: [],
    // Waits for its turn, because other code of this process may be inside a transaction on the same connection.
    forgetDeleted: () => db.connection().execute(async () => void file.pragma('wal_checkpoint(TRUNCATE)')),
    backup: async (target) => {
      requirePlainName(target);
      return copyRows(await openFile(path, false), target, (error) => wordError(error, target) ?? error);
    },
    replaceBy: async (backup, head) => {
      const file = await openFile(path, false);
      try {
        return replaceRows(file, backup, head);
      } catch (error) {
        throw wordError(error, path) ?? error;
      } finally {
        file.close();
      }
    },
    bytesFree: () => freeAt(dirname(path)),
    bytes: async () => sizeOf(path) + sizeOf(`${path}-wal`),
    close: () => db.destroy(),
  };
}

/** Version of the compiled library; throws if it does not load. */
export async function sqliteVersion(): Promise<string> {
  const memory = await drive(':memory:');
  try {
    return String(memory.prepare('select sqlite_version()').pluck().get());
  } finally {
    memory.close();
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** The driver, once it is loaded. */
let loaded: typeof SQLite | undefined;

/** Refusal `config` where another Node has come since the driver was compiled, or npm was not allowed to compile it. */
async function drive(path: string, options?: SQLite.Options): Promise<SQLite.Database> {
  const { default: Driver } = await import('better-sqlite3');
  loaded = Driver;
  try {
    return new Driver(path, options);
  } catch (cause) {
    if (!/DLOPEN|better_sqlite3\.node/.test(`${Object(cause).code} ${cause}`)) throw cause;
    const hint = 'Install countersign again with this Node, or run in its folder: npm rebuild';
    throw new Refusal('config', 'this Node cannot load the SQLite driver that was installed', { hint, cause });
  }
}

async function openFile(path: string, create: boolean): Promise<SQLite.Database> {
  let file: SQLite.Database | undefined;
  try {
    file = await drive(path, { fileMustExist: !create, timeout: BUSY_TIMEOUT_MS });
    requireOwnFile(file, path, create);
    if (create) chmodSync(path, 0o600);
    setAndAssert(file, path);
    return file;
  } catch (error) {
    file?.close();
    throw wordError(error, path) ?? error;
  }
}

/**
 * Never changes a file of another program. Most programs set no application id, so a file without one may be marked as ours only while it
 * is empty.
 */
function requireOwnFile(file: SQLite.Database, path: string, create: boolean): void {
  const owner = file.pragma('application_id', { simple: true });
  if (owner === APPLICATION_ID) return;
  const tables = file.prepare('select count(*) from sqlite_schema').pluck().get();
  if (owner !== 0 || tables !== 0) {
    throw new Refusal('store-corrupt', `${path} is an SQLite file of another program`, {
      hint: 'Name the store of the desk with --store. Nothing was changed.',
    });
  }
  if (create) file.pragma(`application_id = ${APPLICATION_ID}`);
}

/** Sets up the connection and reads every setting back. Refuses if SQLite did not accept a setting (T1). */
function setAndAssert(file: SQLite.Database, path: string): void {
  const settings: readonly (readonly [string, string | number, string | number])[] = [
    ['journal_mode', 'WAL', 'wal'],
    ['synchronous', 'FULL', 2],
    ['busy_timeout', BUSY_TIMEOUT_MS, BUSY_TIMEOUT_MS],
    ['foreign_keys', 'ON', 1],
    ['trusted_schema', 'OFF', 0],
    ['cell_size_check', 'ON', 1],
    ['secure_delete', 'ON', 1],
    ['mmap_size', 0, 0],
  ];
  for (const [name, value, expected] of settings) {
    file.pragma(`${name} = ${value}`);
    const seen = file.pragma(name, { simple: true });
    if (seen !== expected && !(name === 'mmap_size' && seen === undefined)) {
      throw new Refusal('config', `SQLite did not accept ${name} = ${value} for ${path} (it says ${String(seen)})`);
    }
  }
}

const TABLES = `select name from main.sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`;

/** Only if the head of the log still has this tag. False if another process wrote meanwhile; nothing is changed then. Both have the same schema. */
function replaceRows(store: SQLite.Database, backup: string, head: string): boolean {
  const textsOf = (query: string, ...values: string[]) => store.prepare(query).pluck().all(values) as string[];
  store.exec('pragma foreign_keys = OFF');
  store.exec(`attach database '${backup.replaceAll("'", "''")}' as backup`);
  const replace = store.transaction(() => {
    if (textsOf('select mac from main.audit_head')[0] !== head) return false;
    for (const table of textsOf(TABLES)) {
      const columns = textsOf('select name from pragma_table_info(?)', table).map((name) => `"${name}"`);
      store.exec(`delete from main."${table}"`);
      store.exec(`insert into main."${table}" (${columns}) select ${columns} from backup."${table}"`);
    }
    return true;
  });
  return replace.immediate();
}

function wordError(error: unknown, path: string): Refusal | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const { code } = error;
  const worded = (kind: ErrorCode, message: string, hint: string) => new Refusal(kind, message, { hint, cause: error });
  if (code.startsWith('SQLITE_BUSY')) return worded('busy', `the store ${path} is busy`, 'Try again in a moment.');
  if (code === 'SQLITE_CANTOPEN' || code.startsWith('SQLITE_READONLY')) {
    const hint = 'Check that the folder exists and that you may write to it.';
    return worded('store-unreachable', `the store ${path} cannot be opened (${code})`, hint);
  }
  // Statements name only what the migrations have made, so somebody has changed the schema.
  const lost =
    code === 'SQLITE_ERROR' &&
    /no such (table|column)|no column named|ON CONFLICT|duplicate column|already exists/.test(error.message);
  const damaged = code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR') || (damaged && !isDamaged(path))) {
    const hint = 'Free some space or repair the disk.';
    return worded('store-unreachable', `the disk could not read or write ${path} (${code})`, hint);
  }
  // Rows that break a rule of the schema: a bug of ours, unless the file is not what was written (S40).
  const odd = /^SQLITE_(MISMATCH|CONSTRAINT_(FOREIGNKEY|NOTNULL|DATATYPE|CHECK))/.test(code) && isDamaged(path);
  if (damaged || lost || odd) {
    const what = lost ? error.message : code;
    const hint = 'Keep the file as it is. Restore a backup with: countersign store restore FILE';
    return worded('store-corrupt', `the file ${path} is damaged or not a countersign store (${what})`, hint);
  }
  return undefined;
}

/** A disk that cannot read takes the look of damage in SQLite: so what it calls damaged is read and checked once more (S36). */
function isDamaged(path: string): boolean {
  try {
    const bytes = Buffer.alloc(1024 * 1024);
    for (const place of [path, `${path}-wal`].filter((one) => existsSync(one))) {
      const handle = openSync(place, 'r');
      try {
        while (readSync(handle, bytes) > 0);
      } finally {
        closeSync(handle);
      }
    }
    if (loaded === undefined) return true;
    const file = new loaded(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      return file.pragma('integrity_check(1)', { simple: true }) !== 'ok';
    } finally {
      file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code.startsWith('SQLITE_') && !code.startsWith('SQLITE_IOERR');
  }
}
