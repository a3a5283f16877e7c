/** Adds until when new power waits (B84). The column decides, so it is tagged: each row's tag is checked as it was, and made anew. */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { GuardedTable, RowTags } from '../guard/guarded-tables.js';
import { retagAll } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';

const BEFORE: GuardedTable = {
  key: 'id',
  columns:
    'account_id login login_key name email email_key phone phone_digits role scopes sign_in authority_version contact_changed_at former_contacts disabled_at created_at'.split(
      ' ',
    ),
};

export async function up(db: Db, traits: SchemaTraits, tags: RowTags): Promise<void> {
  const time = sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  await db.schema.alterTable('users').addColumn('power_held_until', time).execute();
  await retagAll(db, { traits, tags }, 'users', BEFORE);
}
