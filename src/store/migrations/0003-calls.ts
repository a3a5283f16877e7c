/** Calls on the console, which can be dropped, handed over and resumed. ../schema/calls.ts describes them. */

import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0001-desk.js';
import type { Columns } from './0001-tables.js';

const CALLS: Columns = {
  state: 'text',
  operator_id: 'text',
  opened_by: 'text',
  account_id: 'text?',
  user_id: 'text?',
  action: 'text?',
  ticket: 'text?',
  verification_id: 'text?',
  outcome: 'text?',
  opened_at: 'time',
  updated_at: 'time',
  ended_at: 'time?',
};

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'calls', 'id', CALLS);
  await createIndex(db, 'calls', ['opened_at'], false);
}
