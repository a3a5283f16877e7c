/** Which person of its identity provider a login is: pinned at the first sign-on (B35). ../schema/directory.ts describes the table. */
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0008-release.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  const columns = { account_id: 'text', issuer: 'text', subject: 'text', pinned_at: 'time', mac: 'text' } as const;
  await createTable(db, traits, 'sso_subjects', 'id', columns);
  await createIndex(db, 'sso_subjects', ['account_id', 'subject'], false);
}
