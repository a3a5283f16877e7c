/** Whose phrase was heard on a call, for a second request of the same caller (E15). ../schema/calls.ts describes the table. */
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0008-release.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  const columns = { verification_id: 'text', session: 'text', expires_at: 'time', mac: 'text' } as const;
  await createTable(db, traits, 'hearings', 'id', columns);
}
