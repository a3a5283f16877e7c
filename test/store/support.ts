/**
 * Support of the store suites: an empty place on either engine, and an independent check of the log that knows only how
 * to read it (after tessera's fsck). Sample rows are in rows.ts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Migrator, sql } from 'kysely';
import { inject } from 'vitest';
import { openEngine } from '../../src/opening/open-desk.js';
import { appendLeaf, encodeFrontier, type Frontier } from '../../src/rules/audit-tree.js';
import type { Engine } from '../../src/store/engine.js';
import type { Notary } from '../../src/store/head.js';
import { STEPS } from '../../src/store/migrations/index.js';
import { type MigrationKeys, migrate, openStore, SHIPPED_POLICY, type Store } from '../../src/store/store.js';
import { createDatabase } from '../support/postgres.js';
import type { EngineName } from '../support/test-desk.js';
import { keysWith, notaryWith } from './rows.js';

export interface EmptyPlace {
  readonly engine: Engine;
  /** Path or URL; another connection opens it with `connect`. */
  readonly address: string;
  readonly folder: string;
  /** One more connection, as another process would have; closed with the place. */
  connect(): Promise<Engine>;
  close(): Promise<void>;
}

/** An engine on a place without a schema. */
export const emptyPlace = (name: EngineName): Promise<EmptyPlace> => placeWith(name, undefined);

/** What a place begins with: the bytes of a file, or the address of a database that nobody is connected to. */
type Template = Buffer | string;

async function placeWith(name: EngineName, template: Template | undefined): Promise<EmptyPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const file = join(folder, 'desk.db');
  if (template instanceof Buffer) writeFileSync(file, template, { mode: 0o600 });
  const database = typeof template === 'string' ? template : undefined;
  const address = name === 'postgres' ? await createDatabase(inject('postgresUrl'), database) : file;
  const engine = await openEngine(address, true);
  const more: Engine[] = [];
  return {
    engine,
    address,
    folder,
    connect: async () => {
      const connection = await openEngine(address, false);
      more.push(connection);
      return connection;
    },
    close: async () => {
      for (const connection of [...more, engine]) await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The schema of an older release, up to this step. */
export async function schemaUntil(engine: Engine, last: string, keys: MigrationKeys = keysWith()): Promise<void> {
  const up = (step: (typeof STEPS)[number]) => ({
    up: (db: unknown) => step.up(db as Engine['db'], engine.traits, keys, SHIPPED_POLICY),
  });
  const migrations = Object.fromEntries(STEPS.map((step) => [step.name, up(step)]));
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateTo(last);
  if (error !== undefined) throw error;
}

export interface Founded extends EmptyPlace {
  readonly store: Store;
  readonly notary: Notary;
}

/** By engine: migrating costs more than most of what is done with a store. */
const templates = new Map<EngineName, Promise<Template>>();

async function makeTemplate(name: EngineName): Promise<Template> {
  const place = await emptyPlace(name);
  await migrate(place.engine, keysWith(notaryWith()));
  await place.engine.close();
  const template = name === 'postgres' ? place.address : readFileSync(place.address);
  rmSync(place.folder, { recursive: true, force: true });
  return template;
}

/** A store with schema and an empty log: a copy of the first of this process, whose notary is the same. */
export async function foundedStore(name: EngineName): Promise<Founded> {
  const template = templates.get(name) ?? makeTemplate(name);
  templates.set(name, template);
  const place = await placeWith(name, await template);
  const notary = notaryWith();
  return { ...place, notary, store: openStore(place.engine, notary) };
}

/** What is wrong with the log, one line a fault; empty where every entry, the order, the tree and the head fit. */
export async function faultsOfLog(engine: Engine, notary: Notary): Promise<readonly string[]> {
  const faults: string[] = [];
  const rows = await engine.db.selectFrom('audit_entries').select(['seq', 'body', 'leaf']).orderBy('seq').execute();
  let frontier: Frontier = [];
  for (const [index, row] of rows.entries()) {
    const logged = JSON.parse(row.body) as { seq: number };
    if (row.seq !== index || logged.seq !== index)
      faults.push(`entry ${row.seq} stands in place ${index} and says ${logged.seq}`);
    const leaf = notary.tree.leaf(row.body);
    if (!Buffer.from(leaf).equals(row.leaf)) faults.push(`entry ${row.seq} is not what was hashed`);
    frontier = appendLeaf(notary.tree, index, frontier, row.leaf);
  }
  const head = await engine.db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  if (head.size !== rows.length) faults.push(`the head counts ${head.size} entries, there are ${rows.length}`);
  if (head.frontier !== encodeFrontier(frontier)) faults.push('the head is not the head of these entries');
  if (!notary.headFits({ ...head, latestAt: head.latest_at })) faults.push('the head was not made by this desk');
  return faults;
}

/** Sizes that tell whether anything was written. */
export async function countsOf(engine: Engine): Promise<{ accounts: number; entries: number; size: number }> {
  const count = async (table: 'accounts' | 'audit_entries') =>
    (
      await engine.db
        .selectFrom(table)
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n;
  const head = await engine.db.selectFrom('audit_head').select('size').executeTakeFirstOrThrow();
  return { accounts: await count('accounts'), entries: await count('audit_entries'), size: head.size };
}

/** Value of an SQLite setting as the engine's own connection has it. */
export async function pragma(engine: Engine, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(engine.db);
  return Object.values(rows[0] ?? {})[0];
}
