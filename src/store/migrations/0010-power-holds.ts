/** Adds until when new power waits (B84). The column decides, so it is tagged: each row's tag is checked as it was, and made anew. */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { RowTags } from '../guard/guarded-tables.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';

export async function up(db: Db, traits: SchemaTraits, tags: RowTags): Promise<void> {
  const time = sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  await db.schema.alterTable('users').addColumn('power_held_until', time).execute();
  await tagAnew(db, { traits, tags }, 'users', ['power_held_until']);
}
