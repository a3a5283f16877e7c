/**
 * Indexes with which a large desk finds few rows among many: entries that are not `done`, messages of a state by age, what waits to be sent,
 * resets by an admin or with an objection, and callers who are locked out. Those of rare rows hold nothing else, so they cost a bulk run nothing.
 */
import { sql } from 'kysely';
import type { Db } from '../schema/directory.js';
import { createIndex } from './0008-release.js';

export async function up(db: Db): Promise<void> {
  const some = (table: string, ...columns: readonly string[]) =>
    db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns([...columns]);
  await some('audit_entries', 'outcome', 'seq').where(sql.ref('outcome'), '!=', 'done').execute();
  await db.schema.dropIndex('outbox_by_state_next_attempt_at').execute();
  await createIndex(db, 'outbox', ['state', 'id'], false);
  await createIndex(db, 'approvals', ['requested_at', 'id'], false);
  await createIndex(db, 'jobs', ['created_at', 'id'], false);
  for (const [table, columns] of [
    ['outbox', ['next_attempt_at']],
    ['resets', ['by_user_id', 'at']],
    ['resets', ['objected_at']],
    ['throttles', ['locked_until']],
    ['throttles', ['disabled_at']],
  ] as const)
    await some(table, ...columns)
      .where(sql.ref(columns[0]), 'is not', null)
      .execute();
}
