/**
 * The list of migrations, in order, and the one function that applies them. A store's version is the name of its newest
 * migration; a store with a name that is not in this list was made by a newer countersign.
 */
import { Migrator, sql } from 'kysely';
import { Refusal } from '../../errors.js';
import { tableFault } from '../../rules/table-fault.js';
import type { Engine, SchemaTraits } from '../engine.js';
import { faultsOfTables } from '../guard/check-tables.js';
import { openHead, sealTables } from '../head.js';
import { auditReads } from '../queries/audit.js';
import type { Db, Tx } from '../schema/directory.js';
import { createRelease } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';
import { BOUND, SINCE_RELEASE } from './since-release.js';

/** Makes the whole schema of the first release. The steps that led to it are only names: its stores have them, and logs list them. */
export const RELEASE = '0008-persons';
const BEFORE = '0001-desk 0002-resets 0003-calls 0004-row-tags 0005-id-tokens 0006-job-plans 0007-operators'.split(' ');
/** The pin of the policy that comes with countersign. A desk that has accepted it follows its updates. */
export const SHIPPED_POLICY = 'countersign';

interface Step {
  readonly name: string;
  readonly up: (db: Db, traits: SchemaTraits, keys: MigrationKeys, pinned: string) => Promise<void>;
}

export const STEPS: readonly Step[] = [
  ...BEFORE.map((name) => ({ name, up: async () => undefined })),
  { name: RELEASE, up: createRelease },
  ...Object.entries(SINCE_RELEASE).map(([name, up]) => ({ name, up })),
];

/** Name of the newest migration that this build knows. */
export const NEWEST = STEPS[STEPS.length - 1]?.name ?? '';

/**
 * Applies the missing migrations, all or nothing, and returns their names in order. Refusals: `config` for a newer store, `store-corrupt` for
 * one that others have written to. Afterwards the sums of all tables are sealed anew. `pinned` is the policy that a new desk accepts.
 */
export async function migrate(
  engine: Engine,
  keys: MigrationKeys,
  pinned: string = SHIPPED_POLICY,
): Promise<readonly string[]> {
  if ((await schemaState(engine)) === 'newer') throw newerStore(engine);
  engine.schemaStays?.(false);
  const applied = await appliedTo(engine.db);
  const missing = STEPS.filter(({ name }) => !applied.includes(name));
  if (missing.length === 0) return [];
  const [first, last] = [missing[0]?.name, missing.at(-1)?.name];
  const run = (step: Step) => async (plain: unknown) => {
    const db = plain as Tx;
    if (step.name === first && applied.length > 0) await requireOurs(db, engine, keys, applied.includes(BOUND));
    await step.up(db, engine.traits, keys, pinned);
    if (step.name === last) await sealTables(db, keys.notary);
  };
  const migrations = Object.fromEntries(STEPS.map((step) => [step.name, { up: run(step) }]));
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((result) => result.migrationName);
}

/** Steps write below the guard, so what they find must be what countersign wrote. */
async function requireOurs(db: Tx, engine: Engine, keys: MigrationKeys, summed: boolean): Promise<void> {
  await engine.lock(db);
  const { notary } = keys;
  if (!summed) return keys.verify(auditReads(db, engine.traits));
  const { book } = await openHead(db, notary);
  const checking = { traits: engine.traits, tags: notary.rows, sums: notary.sums };
  const [fault] = await faultsOfTables(db, checking, book, undefined, true);
  if (fault !== undefined) throw new Refusal('store-corrupt', `the store was not migrated: ${tableFault(fault)}`);
}

/** `none` (no schema here), `old` (migrate), `current` or `newer`. One cheap read. */
export async function schemaState(engine: Engine): Promise<'none' | 'old' | 'current' | 'newer'> {
  const applied = await appliedTo(engine.db);
  const known = new Set(STEPS.map((step) => step.name));
  if (applied.some((name) => !known.has(name))) return 'newer';
  if (applied.length === 0) return 'none';
  return applied.length === STEPS.length ? 'current' : 'old';
}

async function appliedTo(db: Db): Promise<readonly string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
    return rows.map((row) => row.name);
  } catch (error) {
    if (error instanceof Error && /no such table|does not exist/.test(error.message)) return [];
    throw error;
  }
}

/** Names of the migrations that are missing from the store's own list. */
export async function missingSteps(engine: Engine): Promise<readonly string[]> {
  const applied = await appliedTo(engine.db);
  return STEPS.map((step) => step.name).filter((name) => !applied.includes(name));
}

/** Refuses a store whose schema is older or newer than this build. */
export async function requireCurrent(engine: Engine): Promise<void> {
  const state = await schemaState(engine);
  if (state === 'current') return;
  if (state === 'newer') throw newerStore(engine);
  if (state === 'old') {
    throw new Refusal('config', `the store ${engine.place} was made by an older version of countersign`, {
      hint: 'Make a backup, then run: countersign store migrate',
    });
  }
  // Without its list of steps, a desk looks like a place where there is none.
  if ((await engine.db.introspection.getTables()).some(({ name }) => name === 'audit_head'))
    throw new Refusal('store-corrupt', 'the table kysely_migration is missing');
  throw new Refusal('store-unreachable', `there is no desk in ${engine.place}`, {
    hint: 'Create one with: countersign init',
  });
}

function newerStore(engine: Engine): Refusal {
  return new Refusal('config', `the store ${engine.place} was made by a newer version of countersign`, {
    hint: 'Install the newer version on this machine. Nothing was changed.',
  });
}
