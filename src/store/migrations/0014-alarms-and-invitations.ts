/** Alarms over many callers (B95), and the key to which an invitation's code opens the owner's copy (B85). ../schema describes both. */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { notary }: MigrationKeys): Promise<void> {
  const times = { since: 'time', until: 'time', counting: 'time' } as const;
  await createTable(db, traits, 'alarms', 'id', { ...times, misses: 'count', bound: 'count', mac: 'text' });
  await db.schema.alterTable('one_time_codes').addColumn('copy_key', 'text').execute();
  await tagAnew(db, { traits, tags: notary.rows }, 'one_time_codes', ['copy_key']);
}
