import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../../src/store/engines/sqlite.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { accountRow, entry, userRow } from '../rows.js';
import { type Founded, faultsOfLog, foundedStore, pragma } from '../support.js';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('connection settings on sqlite', () => {
  let place: Founded;
  beforeEach(async () => {
    place = await foundedStore('sqlite');
  });
  afterEach(() => place.close());

  /** Closes the connection that made the file; what opens it next is in the place of every later process (T1). */
  const reopened = async () => {
    await place.engine.close();
    return place.connect();
  };

  it('a backup takes the place of the rows only while nobody else has written (S17)', async () => {
    const copy = join(place.folder, 'copy.db');
    await place.store.record(entry(), (write) => write.accounts.insert([accountRow('1')]));
    await place.store.backup(copy);
    await place.store.record(entry(), (write) => write.accounts.insert([accountRow('2')]));
    const head = async () => (await place.store.read.audit.head())?.mac ?? '';
    const judged = await head();
    const other = await place.connect();
    await openStore(other, place.notary).record(entry(), (write) => write.accounts.insert([accountRow('3')]));
    expect(await place.store.replaceBy(copy, judged)).toBe(false);
    expect(await place.store.read.accounts.byId('acc_3')).toBeDefined();
    expect(await place.store.replaceBy(copy, await head())).toBe(true);
    expect(await place.store.read.accounts.byId('acc_1')).toBeDefined();
    expect(await place.store.read.accounts.byId('acc_2')).toBeUndefined();
    expect(await place.store.tableFaults()).toEqual([]);
    // Both go on with the log of the backup, also the one that had another before its eyes.
    await openStore(other, place.notary).record(entry(), async () => undefined);
    await place.store.record(entry(), async () => undefined);
    expect((await place.store.read.audit.head())?.size).toBe(3);
  });

  it.each([
    ['synchronous', 2],
    ['journal_mode', 'wal'],
    ['busy_timeout', 10_000],
    ['foreign_keys', 1],
    ['trusted_schema', 0],
    ['cell_size_check', 1],
    ['secure_delete', 1],
    ['mmap_size', 0],
    ['application_id', 0x6373676e],
  ])('T1 a re-opened file has %s = %s', async (name, value) => {
    expect(await pragma(await reopened(), name)).toBe(value);
  });

  it('T1 teeth: a plain open of the same re-opened file has synchronous = 1', async () => {
    await place.engine.close();
    const plain = new SQLite(place.address);
    expect(plain.pragma('synchronous', { simple: true })).toBe(1);
    plain.close();
  });

  it('foreign keys hold', async () => {
    const orphan = place.store.record(entry(), (write) => write.users.insert([userRow('acc_none', 'ana')]));
    await expect(orphan).rejects.toThrow(/FOREIGN KEY/);
  });
});

describe('files of an sqlite store', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-files-'));
    path = join(folder, 'made', 'desk.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const make = async () => {
    const engine = await openSqlite({ path, create: true });
    await pragma(engine, 'user_version = 0');
    await engine.close();
  };
  const open = () => openSqlite({ path, create: false });

  it('are private: folder 0700, file, WAL and shared memory 0600', async () => {
    const engine = await openSqlite({ path, create: true });
    await pragma(engine, 'user_version = 1');
    expect(modeOf(join(folder, 'made'))).toBe('700');
    expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual(['600', '600', '600']);
    await engine.close();
  });

  it.each([0o660, 0o606, 0o622])('a file others can write (%o) is refused', async (mode) => {
    await make();
    chmodSync(path, mode);
    await expect(open()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`other users can write to ${path}`),
      hint: expect.stringContaining('chmod go-w'),
    });
  });

  it.each([0o770, 0o707])('a folder others can write (%o) is refused', async (mode) => {
    await make();
    chmodSync(join(folder, 'made'), mode);
    await expect(open()).rejects.toMatchObject({ code: 'config' });
  });

  it('a link is judged by the file it leads to', async () => {
    await make();
    chmodSync(path, 0o660);
    const link = join(folder, 'link.db');
    symlinkSync(path, link);
    await expect(openSqlite({ path: link, create: false })).rejects.toMatchObject({ code: 'config' });
  });

  it('a sticky folder such as /tmp is accepted: others cannot replace the file in it', async () => {
    await make();
    chmodSync(join(folder, 'made'), 0o1777);
    await (await open()).close();
  });

  it('a missing file is refused and not made', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'store-unreachable',
      hint: expect.stringContaining('countersign init'),
    });
    expect(existsSync(path)).toBe(false);
  });

  it.each([true, false])('a file that is no database is refused and left as it was (create: %s)', async (create) => {
    mkdirSync(join(folder, 'made'), { mode: 0o700 });
    writeFileSync(path, 'Dear diary, '.repeat(200), { mode: 0o600 });
    const before = readFileSync(path);
    await expect(openSqlite({ path, create })).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  describe.each([
    ['with an application id', 'pragma application_id = 42; create table notes (text)'],
    ['without one', 'create table notes (text)'],
  ])('a database of another program %s', (_what, made) => {
    it.each([true, false])('is refused and left as it was (create: %s)', async (create) => {
      mkdirSync(join(folder, 'made'), { mode: 0o700 });
      const other = new SQLite(path);
      other.exec(made);
      other.close();
      chmodSync(path, 0o640);
      const before = readFileSync(path);
      await expect(openSqlite({ path, create })).rejects.toMatchObject({
        code: 'store-corrupt',
        message: expect.stringContaining('another program'),
      });
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(modeOf(path)).toBe('640');
    });
  });
});

describe('the write lock on sqlite', () => {
  it('is waited for without holding up the process, however long another has it', async () => {
    const place = await foundedStore('sqlite');
    const other = new SQLite(place.address);
    other.exec('begin immediate');
    const written = place.store.record(entry(), (write) => write.accounts.insert([accountRow('1')]));
    // Only a process that is not held up gets here before the wait is over.
    await new Promise((resolve) => setImmediate(resolve));
    other.exec('rollback');
    other.close();
    await written;
    expect(await place.store.read.accounts.count()).toBe(1);
    await place.close();
  });
});

describe('a bulk job on sqlite', () => {
  it('moves on without its plan being written again, however long that is', async () => {
    const place = await foundedStore('sqlite');
    const plan = 'x'.repeat(4_000_000);
    const head = {
      id: 'job_1',
      operator_id: 'op_1',
      state: 'unfinished',
      plan_hash: 'h',
      approval_id: null,
      reason: 'r',
    };
    const rest = { ticket: 't', total: 9, done: 0, unapproved: 9, created_at: 1, updated_at: 1, ended_at: null };
    await place.store.record(entry(), (write) =>
      write.operators.insert({
        id: 'op_1',
        name: 'a',
        name_key: 'a',
        role: 'lead',
        verifier: null,
        totp: null,
        totp_last_step: null,
        also_user_id: null,
        disabled_at: null,
        created_at: 1,
      }),
    );
    await place.store.record(entry(), (write) => write.jobs.insert({ ...head, ...rest, plan }));
    await place.store.forgetDeleted();
    const before = await place.store.bytes();
    await place.store.record(entry(), (write) => write.jobs.advance('job_1', 0, 1, 2));
    expect((await place.store.bytes()) - before).toBeLessThan(500_000);
    expect(await place.store.read.jobs.byId('job_1')).toMatchObject({ done: 1, plan });
    await place.close();
  });
});

describe('secure delete on sqlite', () => {
  const CANARY = 'canary-7f3a91c2-purple-turtle';
  let place: Founded;
  beforeEach(async () => {
    place = await foundedStore('sqlite');
    await place.store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      await write.users.insert([userRow('acc_1', 'ana')]);
      await write.secrets.putPassphrase({
        user_id: 'usr_acc_1_ana',
        verifier: CANARY,
        form_version: 1,
        owner_copy: CANARY.repeat(400),
        set_by: 'op_1',
        set_at: 1,
        setup_at: 1,
      });
    });
  });
  afterEach(() => place.close());

  const hits = () =>
    [place.address, `${place.address}-wal`].filter((file) => existsSync(file) && readFileSync(file).includes(CANARY));
  const destroy = () =>
    place.store.record(entry('test.destroyed'), (write) =>
      write.secrets.updatePassphrase('usr_acc_1_ana', { verifier: null, owner_copy: null }),
    );

  it('T9 leaves no byte of a destroyed secret in the file or its WAL', async () => {
    await place.store.forgetDeleted();
    expect(hits()).toEqual([place.address]);
    await destroy();
    await place.store.forgetDeleted();
    expect(hits()).toEqual([]);
    expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
  });

  it('T25 a disk that does not take the forgetting makes no finished act look failed; a bug still shows', async () => {
    const failing = (error: Error) => {
      const engine = { ...place.engine, forgetDeleted: () => Promise.reject(error) };
      return openStore(engine, place.notary).forgetDeleted();
    };
    await expect(failing(new SQLite.SqliteError('disk is full', 'SQLITE_FULL'))).resolves.toBeUndefined();
    await expect(failing(new TypeError('a bug'))).rejects.toThrow('a bug');
  });

  it('T9 teeth: without forgetting, the WAL still has it', async () => {
    await destroy();
    expect(hits()).not.toEqual([]);
  });

  it('T9 teeth: without secure_delete, the file still has it', async () => {
    await place.store.forgetDeleted();
    await pragma(place.engine, 'secure_delete = OFF');
    await destroy();
    await place.store.forgetDeleted();
    expect(hits()).toEqual([place.address]);
  });
});

describe('backup on sqlite', () => {
  it('is private, whole and open to the same key, also when made between writes', async () => {
    const place = await foundedStore('sqlite');
    const copy = join(place.folder, 'copy.db');
    const add = (number: string) => place.store.record(entry(), (write) => write.accounts.insert([accountRow(number)]));
    await add('1');
    await Promise.all([place.store.backup(copy), add('2'), add('3')]);
    expect(modeOf(copy)).toBe('600');
    const engine = await openSqlite({ path: copy, create: false });
    expect(await faultsOfLog(engine, place.notary)).toEqual([]);
    const head = await openStore(engine, place.notary).read.audit.head();
    expect(head?.size).toBe(await openStore(engine, place.notary).read.accounts.count());
    await engine.close();
    await place.close();
  });

  it('ends beside a working desk, out of one moment of it', async () => {
    const place = await foundedStore('sqlite');
    const other = openStore(await place.connect(), place.notary);
    let n = 0;
    const add = (store: Store) => {
      n += 1;
      return store.record(entry(), (write) => write.accounts.insert([accountRow(String(n))]));
    };
    await sql`create table ballast as with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000)
      select randomblob(1000) as b from c`.execute(place.engine.db);
    const copy = join(place.folder, 'copy.db');
    let done = false;
    const beside = async () => {
      for (; !done; await new Promise((over) => void setImmediate(over))) await add(other);
    };
    const ended = place.store.backup(copy).finally(() => {
      done = true;
    });
    await Promise.all([ended, beside()]);
    expect(n, 'writes of another connection came in between').toBeGreaterThan(3);
    const engine = await openSqlite({ path: copy, create: false });
    expect(await faultsOfLog(engine, place.notary)).toEqual([]);
    const restored = openStore(engine, place.notary);
    expect((await restored.read.audit.head())?.size).toBe(await restored.read.accounts.count());
    await engine.close();

    // Teeth: the driver's own way begins anew at each write of another process.
    const raw = new SQLite(place.address);
    let steps = 0;
    const restarted = raw.backup(join(place.folder, 'never.db'), {
      progress: ({ totalPages }) => {
        const writer = new SQLite(place.address);
        writer.exec('pragma user_version = 7');
        writer.close();
        steps += 1;
        if (steps > (3 * totalPages) / 10) throw new Error('it does not end');
        return 10;
      },
    });
    await expect(restarted).rejects.toThrow('it does not end');
    raw.close();
    await place.close();
  });

  it('a name with blanks at its ends is refused: the driver would take them off and write over another file', async () => {
    const place = await foundedStore('sqlite');
    for (const name of ['other.db ', 'other.db\u2028']) {
      await expect(place.store.backup(join(place.folder, name))).rejects.toMatchObject({ code: 'invalid-input' });
    }
    expect(existsSync(join(place.folder, 'other.db'))).toBe(false);
    await place.close();
  });
});
