/** Adds when a person last signed in to the pages, as admins of their company see it (B91). Nothing is decided on it, so it is not tagged. */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  const time = sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  await db.schema.alterTable('users').addColumn('signed_in_at', time).execute();
}
