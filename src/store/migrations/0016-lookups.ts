/** Indexes for what a large desk looks up often: the admins of a company, the messages and calls about a person, and an operator's calls. */
import type { Db } from '../schema/directory.js';
import { createIndex } from './0008-release.js';

export async function up(db: Db): Promise<void> {
  await createIndex(db, 'users', ['account_id', 'role'], false);
  await createIndex(db, 'outbox', ['user_id', 'kind', 'created_at'], false);
  await createIndex(db, 'calls', ['user_id', 'state'], false);
  await createIndex(db, 'calls', ['operator_id', 'opened_at'], false);
  await createIndex(db, 'calls', ['opened_by', 'opened_at'], false);
}
