/** Adds a tag to each guarded row (../guard/guarded-tables.ts). Existing rows are tagged as they are. */

import type { SchemaTraits } from '../engine.js';
import type { RowTags } from '../guard/guarded-tables.js';
import { tagUntagged } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';

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

export async function up(db: Db, traits: SchemaTraits, tags: RowTags): Promise<void> {
  for (const table of TABLES) await db.schema.alterTable(table).addColumn('mac', 'text').execute();
  await tagUntagged(db, { traits, tags }, TABLES);
}
