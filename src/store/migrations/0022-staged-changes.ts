/**
 * What a large import changes stands beside the columns of a row until the import is settled (B90; store/queries/staged.ts). It decides where
 * codes go, so it is tagged.
 */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { notary }: MigrationKeys): Promise<void> {
  for (const name of ['accounts', 'users'] as const) {
    for (const column of ['staged', 'staged_in']) await db.schema.alterTable(name).addColumn(column, 'text').execute();
    await tagAnew(db, { traits, tags: notary.rows }, name, ['staged', 'staged_in']);
    const changed = db.schema.createIndex(`${name}_by_staged_in`).on(name).column('staged_in');
    await changed.where('staged_in', 'is not', null).execute();
  }
}
