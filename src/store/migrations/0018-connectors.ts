/** Adds the connector of companies, and who their people are at the system behind it (B93). Both decide whose login is reset, so they are tagged. */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { notary }: MigrationKeys): Promise<void> {
  for (const [name, column] of [
    ['accounts', 'connector'],
    ['users', 'external'],
  ] as const) {
    await db.schema.alterTable(name).addColumn(column, 'text').execute();
    await tagAnew(db, { traits, tags: notary.rows }, name, [column]);
  }
}
