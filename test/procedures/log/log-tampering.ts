/**
 * What somebody with write access to the store can do to the log, one at a time, on a desk of the test's own: with the
 * store alone, and with the desk's key as well. verify-audit-log.test.ts says which of them `audit verify` finds by itself and
 * which need a checkpoint kept elsewhere.
 */
import type { Kysely } from 'kysely';
import type { Desk } from '../../../src/desk.js';
import type { LoggedEntry } from '../../../src/rules/audit-entry.js';
import { appendLeaf, encodeFrontier, type Frontier } from '../../../src/rules/audit-tree.js';
import type { Database } from '../../../src/store/schema/directory.js';

export type Db = Kysely<Database>;

export interface Row {
  readonly seq: number;
  readonly body: string;
  readonly leaf: Buffer;
}

/** Everything the log consists of. */
export interface LogCopy {
  readonly rows: readonly Row[];
  readonly head: {
    readonly size: number;
    readonly frontier: string;
    readonly latest_at: number;
    readonly sums: string;
    readonly mac: string;
  };
}

export async function copyLog(db: Db): Promise<LogCopy> {
  const rows = await db.selectFrom('audit_entries').select(['seq', 'body', 'leaf']).orderBy('seq').execute();
  const { id: _id, ...head } = await db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  return { rows: rows.map(({ seq, body, leaf }) => ({ seq, body, leaf: Buffer.from(leaf) })), head };
}

/** Puts a log in the place of the one that stands there, whatever it says. */
export async function writeLog(db: Db, { rows, head }: LogCopy): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('audit_entries').execute();
    if (rows.length > 0)
      await tx
        .insertInto('audit_entries')
        .values([...rows])
        .execute();
    await tx.deleteFrom('audit_head').execute();
    await tx
      .insertInto('audit_head')
      .values({ id: 1, ...head })
      .execute();
  });
}

/** One change to a copy, and what the verifier should say about it. */
export interface Tampering {
  readonly what: string;
  readonly change: (log: LogCopy, desk: Desk) => LogCopy;
  readonly names: RegExp;
}

const leafOf = (desk: Desk, body: string): Buffer => Buffer.from(desk.notary.tree.leaf(body));

/** The head that fits the rows; `mac` only where the desk's key is at hand. */
function headOf(
  desk: Desk,
  log: LogCopy,
  rows: readonly Row[],
  key: 'with the key' | 'without the key',
): LogCopy['head'] {
  let frontier: Frontier = [];
  for (const [size, row] of rows.entries()) frontier = appendLeaf(desk.notary.tree, size, frontier, row.leaf);
  const encoded = encodeFrontier(frontier);
  const latest = Math.max(0, ...rows.map((row) => (JSON.parse(row.body) as LoggedEntry).at));
  const { sums } = log.head;
  const head = { size: rows.length, frontier: encoded, latestAt: latest, sums };
  const mac = key === 'with the key' ? desk.notary.headMac(head) : log.head.mac;
  return { size: rows.length, frontier: encoded, latest_at: latest, sums, mac };
}

const withRows = (log: LogCopy, rows: readonly Row[]): LogCopy => ({ ...log, rows });

function edited(log: LogCopy, seq: number, change: (row: Row) => Row): LogCopy {
  return withRows(
    log,
    log.rows.map((row) => (row.seq === seq ? change(row) : row)),
  );
}

/** Another value of the same type, so that the row still fits its columns on both engines. */
function other(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return value === '' ? 'x' : `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
  if (typeof value !== 'object' || value === null) return value === true ? false : 'x';
  const [key = 'x', ...rest] = Object.keys(value);
  const members = value as Record<string, unknown>;
  return { [key]: other(members[key]), ...Object.fromEntries(rest.map((name) => [name, members[name]])) };
}

/** Each member of an entry changed, and nothing else. */
export function memberChanges(log: LogCopy, desk: Desk, seq: number): readonly Tampering[] {
  const entry = JSON.parse(log.rows[seq]?.body ?? '{}') as Record<string, unknown>;
  return Object.keys(entry).map((member) => ({
    what: `entry ${seq}: ${member}`,
    names: new RegExp(`entry ${seq} is not what was hashed`),
    change: (before) =>
      edited(before, seq, (row) => ({
        ...row,
        body: desk.notary.canonical({ ...entry, [member]: other(entry[member]) }),
      })),
  }));
}

function forged(desk: Desk, row: Row): Row {
  const body = desk.notary.canonical({ ...(JSON.parse(row.body) as object), reason: 'forged' });
  return { ...row, body, leaf: leafOf(desk, body) };
}

const exchanged = (rows: readonly Row[], a: number, b: number): Row[] =>
  rows.map((row) => {
    const source = rows[row.seq === a ? b : row.seq === b ? a : row.seq] ?? row;
    return { ...source, seq: row.seq };
  });

/** With the store alone. `size` is the number of entries in the log. */
export function withoutTheKey(size: number): readonly Tampering[] {
  const last = size - 1;
  const cut = (log: LogCopy, keep: number) => log.rows.slice(0, keep);
  return [
    ...[0, 7, last].map((seq) => ({
      what: `entry ${seq}: its hash`,
      change: (log: LogCopy) => edited(log, seq, (row) => ({ ...row, leaf: Buffer.alloc(32, seq) })),
      names: new RegExp(`entry ${seq} is not what was hashed`),
    })),
    {
      what: 'an entry and its hash together',
      change: (log, desk) => edited(log, 3, (row) => forged(desk, row)),
      names: /one of the entries 0 to \d+ was changed together with its hash/,
    },
    ...[0, 7, last].map((seq) => ({
      what: `entry ${seq} deleted`,
      change: (log: LogCopy) =>
        withRows(
          log,
          log.rows.filter((row) => row.seq !== seq),
        ),
      names: new RegExp(`entry ${seq} is missing`),
    })),
    {
      what: 'entries 4 to 6 deleted',
      change: (log) =>
        withRows(
          log,
          log.rows.filter((row) => row.seq < 4 || row.seq > 6),
        ),
      names: /entries 4 to 6 are missing/,
    },
    {
      what: 'an entry deleted and the rest moved up',
      change: (log) =>
        withRows(
          log,
          log.rows.filter((row) => row.seq !== 5).map((row, seq) => ({ ...row, seq })),
        ),
      names: /entry 5 says that it is entry 6/,
    },
    {
      what: 'two entries swapped',
      change: (log) => withRows(log, exchanged(log.rows, 2, 9)),
      names: /entry 2 says that it is entry 9/,
    },
    {
      what: 'two texts swapped, their hashes left',
      change: (log) =>
        withRows(
          log,
          exchanged(log.rows, 2, 9).map((row) => ({ ...row, leaf: log.rows[row.seq]?.leaf ?? row.leaf })),
        ),
      names: /entry 2 is not what was hashed/,
    },
    {
      what: 'an entry moved to a number far away',
      change: (log) =>
        withRows(
          log,
          log.rows.map((row) => (row.seq === 7 ? { ...row, seq: 7_000 } : row)),
        ),
      names: /entry 7 is missing/,
    },
    {
      what: 'an entry put before the first',
      change: (log, desk) => withRows(log, [{ ...forged(desk, log.rows[0] as Row), seq: -1 }, ...log.rows]),
      names: /entry -1/,
    },
    {
      what: 'an entry put after the last',
      change: (log, desk) => withRows(log, [...log.rows, { ...forged(desk, log.rows[0] as Row), seq: size }]),
      names: new RegExp(`entry ${size} is not known to the head`),
    },
    { what: 'the tail cut', change: (log) => withRows(log, cut(log, 8)), names: /entries 8 to \d+ are missing/ },
    {
      what: 'the tail cut and the head made to fit',
      change: (log, desk) => ({ rows: cut(log, 8), head: headOf(desk, log, cut(log, 8), 'without the key') }),
      names: /head of the log was not written by this desk/,
    },
    { what: 'every entry deleted', change: (log) => withRows(log, []), names: /entries 0 to \d+ are missing/ },
    {
      what: 'every entry deleted and the head made to fit',
      change: (log, desk) => ({ rows: [], head: headOf(desk, log, [], 'without the key') }),
      names: /head of the log was not written by this desk/,
    },
    ...(['size', 'latest_at', 'frontier', 'sums', 'mac'] as const).map((column) => ({
      what: `the head: ${column}`,
      change: (log: LogCopy) => ({ ...log, head: { ...log.head, [column]: other(log.head[column]) } }) as LogCopy,
      names: /head of the log was not written by this desk/,
    })),
  ];
}

/** With the key as well, or with an older copy: whole in itself, so that only a checkpoint of before shows it. */
export function withTheKeyOrAnOlderCopy(older: LogCopy): readonly Tampering[] {
  const resealed = (log: LogCopy, desk: Desk, rows: readonly Row[]) => ({
    rows,
    head: headOf(desk, log, rows, 'with the key'),
  });
  return [
    { what: 'an older copy of the store put back', change: () => older, names: /entries 10 to \d+ are missing here/ },
    {
      what: 'the tail cut, the head signed again',
      change: (log, desk) => resealed(log, desk, log.rows.slice(0, 8)),
      names: /entries 8 to \d+ are missing here/,
    },
    {
      what: 'cut to zero, the head signed again',
      change: (log, desk) => resealed(log, desk, []),
      names: /entries 0 to \d+ are missing here/,
    },
    {
      what: 'an entry changed, everything signed again',
      change: (log, desk) =>
        resealed(
          log,
          desk,
          log.rows.map((row) => (row.seq === 3 ? forged(desk, row) : row)),
        ),
      names: /are not those of the checkpoint: the log was written anew/,
    },
    {
      what: 'a fork that grew longer than the checkpoint',
      change: (log, desk) => {
        const more = Array.from({ length: 9 }, (_, i) => forgedAs(desk, log, log.rows.length + i));
        return resealed(log, desk, [...log.rows.map((row) => (row.seq === 6 ? forged(desk, row) : row)), ...more]);
      },
      names: /are not those of the checkpoint: the log was written anew/,
    },
  ];
}

function forgedAs(desk: Desk, log: LogCopy, seq: number): Row {
  const body = desk.notary.canonical({ ...(JSON.parse(log.rows[0]?.body ?? '{}') as object), seq });
  return { seq, body, leaf: leafOf(desk, body) };
}
