/** Moves the plans of jobs to a table of their own. ../schema/resets.ts describes it. */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createTable } from './0001-desk.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'job_plans', 'job_id', { plan: 'text' });
  await sql`insert into job_plans (job_id, plan) select id, plan from jobs`.execute(db);
  await db.schema.alterTable('jobs').dropColumn('plan').execute();
}
