/**
 * Large imports are staged: the rows of one that is not finished name it and are there for nobody (B90). Which imports those are, and whose a
 * row is, decide who can be found, so both are tagged.
 */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { notary }: MigrationKeys): Promise<void> {
  const columns = { operator_id: 'text', state: 'text', seen_at: 'time', mac: 'text' } as const;
  await createTable(db, traits, 'imports', 'id', columns);
  for (const name of ['accounts', 'users'] as const) {
    await db.schema.alterTable(name).addColumn('import_id', 'text').execute();
    await tagAnew(db, { traits, tags: notary.rows }, name, ['import_id']);
    const staged = db.schema.createIndex(`${name}_by_import`).on(name).column('import_id');
    await staged.where('import_id', 'is not', null).execute();
  }
}
