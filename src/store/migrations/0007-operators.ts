/** The life cycle of operators: addresses, start codes and recovery codes (B80). ../schema/operators.ts describes the tables. */

import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0001-desk.js';
import type { Columns } from './0001-tables.js';

const CONTACTS: Columns = { email: 'text', changed_at: 'time', mac: 'text' };

const STARTS: Columns = {
  digest: 'text',
  reason: 'text',
  created_at: 'time',
  valid_from: 'time',
  expires_at: 'time',
  totp: 'text?',
  used_at: 'time?',
  signed_in_at: 'time?',
  mac: 'text',
};

const RECOVERY_CODES: Columns = {
  operator_id: 'text',
  slot: 'count',
  verifier: 'text',
  created_at: 'time',
  used_at: 'time?',
  mac: 'text',
};

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'operator_contacts', 'id', CONTACTS);
  await createTable(db, traits, 'operator_starts', 'id', STARTS);
  await createTable(db, traits, 'operator_recovery_codes', 'id', RECOVERY_CODES);
  await createIndex(db, 'operator_recovery_codes', ['operator_id'], false);
}
