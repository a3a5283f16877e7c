/** Alarms over many callers (B95). ../schema/calls.ts describes the table. */
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0001-desk.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  const columns = {
    since: 'time',
    until: 'time',
    counting: 'time',
    misses: 'count',
    bound: 'count',
    mac: 'text',
  } as const;
  await createTable(db, traits, 'alarms', 'id', columns);
}
