/**
 * Who made, invited, recovered or changed an operator, who made a token, and with which token a request was asked (B81). Nobody knows it
 * of what is there already, so that ties nobody.
 */
import type { SchemaTraits } from '../engine.js';
import type { RowTags } from '../guard/guarded-tables.js';
import { tagAnew } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import { createIndex, createTable } from './0001-desk.js';

export async function up(db: Db, traits: SchemaTraits, tags: RowTags): Promise<void> {
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
    await tagAnew(db, { traits, tags }, table, [column]);
  }
}
