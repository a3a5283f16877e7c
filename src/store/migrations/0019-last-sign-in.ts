/**
 * Adds when a person last signed in to the pages, as admins of their company see it (B91). Nothing is decided on it, so it is not tagged. And an
 * index of contacts that were changed, so that an import can count those of a day without reading everybody (B56).
 */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  const time = sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  await db.schema.alterTable('users').addColumn('signed_in_at', time).execute();
  const moved = db.schema.createIndex('users_by_contact_changed_at').on('users').column('contact_changed_at');
  await moved.where(sql.ref('contact_changed_at'), '!=', sql.ref('created_at')).execute();
}
