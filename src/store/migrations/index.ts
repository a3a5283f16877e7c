/**
 * The list of migrations, in order, and the one function that applies them. A store's version is the name of its newest
 * migration; a store with a name that is not in this list was made by a newer countersign.
 */
import { Migrator, sql } from 'kysely';
import { Refusal } from '../../errors.js';
import type { Engine, SchemaTraits } from '../engine.js';
import type { RowTags } from '../guard/guarded-tables.js';
import type { Db } from '../schema/directory.js';
import * as desk from './0001-desk.js';
import * as resets from './0002-resets.js';
import * as calls from './0003-calls.js';
import * as rowTags from './0004-row-tags.js';
import * as idTokens from './0005-id-tokens.js';
import * as jobPlans from './0006-job-plans.js';
import * as operators from './0007-operators.js';
import * as persons from './0008-persons.js';
import * as twoPersons from './0009-two-persons.js';
import * as powerHolds from './0010-power-holds.js';
import * as ssoSubjects from './0012-sso-subjects.js';

/** The pin of the policy that comes with countersign. A desk that has accepted it follows its updates. */
export const SHIPPED_POLICY = 'countersign';

interface Step {
  readonly name: string;
  readonly up: (db: Db, traits: SchemaTraits, tags: RowTags, pinned: string) => Promise<void>;
}

const STEPS: readonly Step[] = [
  { name: '0001-desk', up: desk.up },
  { name: '0002-resets', up: resets.up },
  { name: '0003-calls', up: calls.up },
  { name: '0004-row-tags', up: rowTags.up },
  { name: '0005-id-tokens', up: idTokens.up },
  { name: '0006-job-plans', up: jobPlans.up },
  { name: '0007-operators', up: operators.up },
  { name: '0008-persons', up: persons.up },
  { name: '0009-two-persons', up: twoPersons.up },
  { name: '0010-power-holds', up: powerHolds.up },
  { name: '0012-sso-subjects', up: ssoSubjects.up },
];

/** Name of the newest migration that this build knows. */
export const NEWEST = STEPS[STEPS.length - 1]?.name ?? '';

/**
 * Applies the missing migrations, all or nothing, and returns their names in order. Refusal `config` for a newer store. `tags` tags the
 * rows of stores that had no tags yet; `pinned` is the policy in force, for stores that had accepted none.
 */
export async function migrate(
  engine: Engine,
  tags: RowTags,
  pinned: string = SHIPPED_POLICY,
): Promise<readonly string[]> {
  if ((await schemaState(engine)) === 'newer') throw newerStore(engine);
  const migrations = Object.fromEntries(
    STEPS.map((step) => [step.name, { up: async (db: unknown) => step.up(db as Db, engine.traits, tags, pinned) }]),
  );
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((result) => result.migrationName);
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
  throw new Refusal('store-unreachable', `there is no desk in ${engine.place}`, {
    hint: 'Create one with: countersign init',
  });
}

function newerStore(engine: Engine): Refusal {
  return new Refusal('config', `the store ${engine.place} was made by a newer version of countersign`, {
    hint: 'Install the newer version on this machine. Nothing was changed.',
  });
}
