/** Adds a tag to each guarded row (../guard/guarded-tables.ts). Existing rows are tagged as they are. */

import type { SchemaTraits } from '../engine.js';
import { tagUntagged } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import type { MigrationKeys } from './migration-keys.js';

const TABLES = [
  'accounts',
  'users',
  'factors',
  'devices',
  'throttles',
  'operators',
  'operator_sessions',
  'operator_tokens',
  'portal_sessions',
  'grants',
  'approvals',
];

export async function up(db: Db, traits: SchemaTraits, { former }: MigrationKeys): Promise<void> {
  for (const table of TABLES) await db.schema.alterTable(table).addColumn('mac', 'text').execute();
  await tagUntagged(db, { traits, tags: former.rows }, TABLES);
}
