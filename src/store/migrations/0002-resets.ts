/** Resets that can be undone, bulk jobs that can be resumed, and approvals (B51, B56, B60–B62). ../schema/resets.ts describes them. */

import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0001-desk.js';
import type { Columns } from './0001-tables.js';

const TABLES: Readonly<Record<string, Columns>> = {
  jobs: {
    operator_id: 'text',
    state: 'text',
    plan: 'text',
    plan_hash: 'text',
    approval_id: 'text?',
    reason: 'text',
    ticket: 'text',
    total: 'count',
    done: 'count',
    created_at: 'time',
    updated_at: 'time',
    ended_at: 'time?',
  },
  resets: {
    job_id: 'text?',
    line: 'time?',
    account_id: 'text',
    user_id: 'text',
    operator_id: 'text?',
    by_user_id: 'text?',
    caller_id: 'text?',
    grant_id: 'text?',
    reason: 'text?',
    ticket: 'text?',
    outcome: 'text',
    state: 'text',
    final: 'count',
    factors: 'count',
    backup_codes: 'count',
    devices: 'count',
    sessions: 'count',
    enrolments: 'count',
    at: 'time',
    objected_at: 'time?',
    objected_by: 'text?',
    ended_at: 'time?',
    ended_by: 'text?',
  },
  approvals: {
    why: 'text',
    subject: 'text',
    hash: 'text',
    operator_id: 'text',
    users: 'count',
    state: 'text',
    requested_at: 'time',
    expires_at: 'time',
    decided_by: 'text?',
    decided_at: 'time?',
    decision_reason: 'text?',
    used_at: 'time?',
  },
};

const INDEXES: readonly (readonly [string, readonly string[]])[] = [
  ['jobs', ['state', 'created_at']],
  ['resets', ['user_id', 'state']],
  ['resets', ['job_id', 'line']],
  ['resets', ['state', 'at']],
  ['resets', ['operator_id', 'at']],
  ['approvals', ['hash']],
  ['approvals', ['state', 'requested_at']],
];

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  for (const [name, columns] of Object.entries(TABLES)) await createTable(db, traits, name, 'id', columns);
  await createIndex(db, 'jobs', ['plan_hash'], true);
  for (const [table, columns] of INDEXES) await createIndex(db, table, columns, false);
}
