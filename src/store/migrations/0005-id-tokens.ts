/** ID tokens that have opened a session, so that each opens only one (B35). ../schema/directory.ts describes them. */

import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0001-desk.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'used_id_tokens', 'digest', { expires_at: 'time' });
  await createIndex(db, 'used_id_tokens', ['expires_at'], false);
}
