/** Adds the language of companies, people and operators (B98). It chooses the words of mails, so it is tagged like the addresses. */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { notary }: MigrationKeys): Promise<void> {
  for (const name of ['accounts', 'users', 'operators'] as const) {
    await db.schema.alterTable(name).addColumn('language', 'text').execute();
    await tagAnew(db, { traits, tags: notary.rows }, name, ['language']);
  }
}
