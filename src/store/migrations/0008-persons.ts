/**
 * Binds sessions to persons (T16), and pins the policy that the desk has accepted. Nobody knows whose the present sessions are, so they end:
 * everybody signs in again. The policy in force is pinned, because until now every policy counted.
 */
import type { SchemaTraits } from '../engine.js';
import { GUARDED, rowText, TAG_COLUMN } from '../guard/guarded-tables.js';
import { PIN_ID } from '../queries/policy-pins.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0001-desk.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { former }: MigrationKeys, pinned: string): Promise<void> {
  for (const table of ['operator_sessions', 'portal_sessions'] as const) {
    await db.deleteFrom(table).execute();
    await db.schema
      .alterTable(table)
      .addColumn('person', 'text', (c) => c.notNull().defaultTo(''))
      .execute();
  }
  await createTable(db, traits, 'policy_pins', 'id', { pinned: 'text', accepted_at: 'time', [TAG_COLUMN]: 'text?' });
  const row = { id: PIN_ID, pinned, accepted_at: 0 };
  const guarded = GUARDED['policy_pins'];
  if (guarded === undefined) throw new Error('the pin of the policy must be guarded');
  const tagged = { ...row, [TAG_COLUMN]: former.rows.make(rowText('policy_pins', guarded, row)) };
  await db.insertInto('policy_pins').values(tagged).execute();
}
