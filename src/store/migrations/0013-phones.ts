/**
 * Adds the country of a company, and each telephone number as it is dialled (B96). Both decide where codes go, so they are tagged. The words
 * of all searches are made anew: by number, as names are spelled, and without the parts of addresses that earlier versions kept (B83).
 */
import type { SchemaTraits } from '../engine.js';
import { GUARDED, type GuardedTable, type Row } from '../guard/guarded-tables.js';
import { fits, pagesOf, setEach, writeTags } from '../guard/tag-rows.js';
import { searchWrites } from '../queries/search.js';
import type { Db, Tx } from '../schema/directory.js';
import { indexOf } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';

export async function readPhones(db: Db, traits: SchemaTraits, { notary, directory }: MigrationKeys): Promise<void> {
  const { phoneOf, wordsOf } = await directory();
  await db.schema.alterTable('accounts').addColumn('country', 'text').execute();
  await db.schema.alterTable('users').addColumn('phone_e164', 'text').execute();
  await indexOf(db, 'users', ['phone_e164']).execute();
  await db.deleteFrom('search_words').execute();
  // So that whether somebody has a word needs one look, and not one at each of their words.
  await db.schema.dropIndex('search_words_by_target_id').execute();
  await indexOf(db, 'search_words', ['target_id', 'word']).execute();
  for (const [name, added] of [
    ['accounts', 'country'],
    ['users', 'phone_e164'],
  ] as const) {
    const whole = GUARDED[name] as GuardedTable;
    for await (const rows of pagesOf(db, name)) {
      // Without those of later steps.
      const table = { ...whole, columns: whole.columns.filter((column) => column in (rows[0] ?? {})) };
      const before = { ...table, columns: table.columns.filter((column) => column !== added) };
      await searchWrites(db as Tx, traits).insert(rows.map((row) => wordsOf(name, row)));
      // A row that was changed outside countersign keeps its tag, and stays refused.
      const ours = rows.filter((row) => [before, table].some((one) => fits(notary.rows, name, one, row)));
      const read = ours.map((row): Row => (name === 'users' ? { ...row, phone_e164: phoneOf(row) } : row));
      const numbers = read.flatMap((row) =>
        typeof row['phone_e164'] === 'string' ? [[String(row['id']), row['phone_e164']] as const] : [],
      );
      await setEach(db, traits, { table: name, key: table.key, column: 'phone_e164' }, numbers);
      await writeTags(db, name, read, { traits, tags: notary.rows });
    }
  }
}
