/**
 * Who made, invited, recovered or changed an operator, who made a token, and with which token a request was asked (B81). Nobody knows it
 * of what is there already, so that ties nobody.
 */
import type { SchemaTraits } from '../engine.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';

export async function up(db: Db, traits: SchemaTraits, { former }: MigrationKeys): Promise<void> {
  await createTable(db, traits, 'operator_hands', 'id', {
    operator_id: 'text',
    by_id: 'text',
    what: 'text',
    at: 'time',
    mac: 'text',
  });
  await createIndex(db, 'operator_hands', ['operator_id'], false);
  await createIndex(db, 'operator_hands', ['by_id'], false);
  for (const [table, column] of [
    ['operator_tokens', 'made_by'],
    ['approvals', 'token_id'],
  ] as const) {
    await db.schema.alterTable(table).addColumn(column, 'text').execute();
    await tagAnew(db, { traits, tags: former.rows }, table, [column]);
  }
}
