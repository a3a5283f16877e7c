/** Indexes for what a large desk looks up often: the admins of a company, and the messages about a person. */
import type { Db } from '../schema/directory.js';
import { createIndex } from './0008-release.js';

export async function up(db: Db): Promise<void> {
  await createIndex(db, 'users', ['account_id', 'role'], false);
  await createIndex(db, 'outbox', ['user_id', 'kind', 'created_at'], false);
}
