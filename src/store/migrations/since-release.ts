/**
 * The steps since the first release, in order. None changes after its release; each new column is a new step. A column that decides is tagged:
 * each row's tag is checked as it was, and made anew.
 */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import { tableOf } from '../guard/guarded-tables.js';
import { fits, pagesOf, type Tagging, tagAnew, writeTags } from '../guard/tag-rows.js';
import type { Db } from '../schema/directory.js';
import { createTable, indexOf, integer } from './0008-release.js';
import { bindToKeys } from './0011-sums.js';
import { readPhones } from './0013-phones.js';
import type { MigrationKeys } from './migration-keys.js';

/** From this step on the store is bound to its keys, and the head seals the sums of all tables. */
export const BOUND = '0011-sums';

async function addTagged(db: Db, table: string, columns: readonly string[], tagging: Tagging): Promise<void> {
  for (const column of columns) await db.schema.alterTable(table).addColumn(column, 'text').execute();
  await tagAnew(db, tagging, table, columns);
}

/** Indexes of rare rows hold nothing else, so they cost a bulk run nothing. */
const RARE: readonly (readonly [table: string, first: string, ...more: readonly string[]])[] = [
  ['outbox', 'next_attempt_at'],
  ['resets', 'by_user_id', 'at'],
  ['resets', 'objected_at'],
  ['throttles', 'locked_until'],
  ['throttles', 'disabled_at'],
];

export const SINCE_RELEASE: Readonly<
  Record<string, (db: Db, traits: SchemaTraits, keys: MigrationKeys) => Promise<void>>
> = {
  /**
   * Who made, invited, recovered or changed an operator, who made a token, and with which token a request was asked (B81). Nobody knows it
   * of what is there already, so that ties nobody.
   */
  '0009-two-persons': async (db, traits, { former }) => {
    const columns = { operator_id: 'text', by_id: 'text', what: 'text', at: 'time', mac: 'text' } as const;
    await createTable(db, traits, 'operator_hands', 'id', columns);
    await indexOf(db, 'operator_hands', ['operator_id']).execute();
    await indexOf(db, 'operator_hands', ['by_id']).execute();
    await addTagged(db, 'operator_tokens', ['made_by'], { traits, tags: former.rows });
    await addTagged(db, 'approvals', ['token_id'], { traits, tags: former.rows });
  },
  /** Until when new power waits (B84). */
  '0010-power-holds': async (db, traits, { former }) => {
    await db.schema.alterTable('users').addColumn('power_held_until', integer(traits)).execute();
    await tagAnew(db, { traits, tags: former.rows }, 'users', ['power_held_until']);
  },
  [BOUND]: bindToKeys,
  /** Which person of its identity provider a login is: pinned at the first sign-on (B35). */
  '0012-sso-subjects': async (db, traits) => {
    const columns = { account_id: 'text', issuer: 'text', subject: 'text', pinned_at: 'time', mac: 'text' } as const;
    await createTable(db, traits, 'sso_subjects', 'id', columns);
    await indexOf(db, 'sso_subjects', ['account_id', 'subject']).execute();
  },
  '0013-phones': readPhones,
  /** Alarms over many callers (B95), and the key to which an invitation's code opens the owner's copy (B85). */
  '0014-alarms-and-invitations': async (db, traits, { notary }) => {
    const times = { since: 'time', until: 'time', counting: 'time' } as const;
    await createTable(db, traits, 'alarms', 'id', { ...times, misses: 'count', bound: 'count', mac: 'text' });
    await addTagged(db, 'one_time_codes', ['copy_key'], { traits, tags: notary.rows });
  },
  /** Whose phrase was heard on a call, for a second request of the same caller (E15). */
  '0015-hearings': async (db, traits) => {
    const columns = { verification_id: 'text', session: 'text', expires_at: 'time', mac: 'text' } as const;
    await createTable(db, traits, 'hearings', 'id', columns);
  },
  /** Indexes for what a large desk looks up often: the admins of a company, the messages and calls about a person, and an operator's calls. */
  '0016-lookups': async (db) => {
    await indexOf(db, 'users', ['account_id', 'role']).execute();
    await indexOf(db, 'outbox', ['user_id', 'kind', 'created_at']).execute();
    await indexOf(db, 'calls', ['user_id', 'state']).execute();
    await indexOf(db, 'calls', ['operator_id', 'opened_at']).execute();
    await indexOf(db, 'calls', ['opened_by', 'opened_at']).execute();
  },
  /** The language of companies, people and operators (B98). It chooses the words of mails, so it is tagged like the addresses. */
  '0017-languages': async (db, traits, { notary }) => {
    for (const name of ['accounts', 'users', 'operators'])
      await addTagged(db, name, ['language'], { traits, tags: notary.rows });
  },
  /** The connector of companies, and who their people are at the system behind it (B93). Both decide whose login is reset. */
  '0018-connectors': async (db, traits, { notary }) => {
    await addTagged(db, 'accounts', ['connector'], { traits, tags: notary.rows });
    await addTagged(db, 'users', ['external'], { traits, tags: notary.rows });
  },
  /**
   * When a person last signed in to the pages, as admins of their company see it (B91). Nothing is decided on it, so it is not tagged. And an
   * index of contacts that were changed, so that an import can count those of a day without reading everybody (B56).
   */
  '0019-last-sign-in': async (db, traits) => {
    await db.schema.alterTable('users').addColumn('signed_in_at', integer(traits)).execute();
    const moved = indexOf(db, 'users', ['contact_changed_at']);
    await moved.where(sql.ref('contact_changed_at'), '!=', sql.ref('created_at')).execute();
  },
  /**
   * Indexes with which a large desk finds few rows among many: entries that are not `done`, messages of a state by age, what waits to be sent,
   * resets by an admin or with an objection, and callers who are locked out.
   */
  '0020-large-desks': async (db) => {
    await indexOf(db, 'audit_entries', ['outcome', 'seq']).where(sql.ref('outcome'), '!=', 'done').execute();
    await db.schema.dropIndex('outbox_by_state_next_attempt_at').execute();
    await indexOf(db, 'outbox', ['state', 'id']).execute();
    await indexOf(db, 'approvals', ['requested_at', 'id']).execute();
    await indexOf(db, 'jobs', ['created_at', 'id']).execute();
    for (const [table, first, ...more] of RARE) {
      const index = indexOf(db, table, [first, ...more]);
      await index.where(sql.ref(first), 'is not', null).execute();
    }
  },
  /**
   * Large imports are staged: the rows of one that is not finished name it and are there for nobody (B90). Which imports those are, and whose a
   * row is, decide who can be found.
   */
  '0021-staged-imports': async (db, traits, { notary }) => {
    const columns = { operator_id: 'text', state: 'text', seen_at: 'time', mac: 'text' } as const;
    await createTable(db, traits, 'imports', 'id', columns);
    for (const name of ['accounts', 'users']) {
      await addTagged(db, name, ['import_id'], { traits, tags: notary.rows });
      const staged = db.schema.createIndex(`${name}_by_import`).on(name).column('import_id');
      await staged.where('import_id', 'is not', null).execute();
    }
  },
  /**
   * What a large import changes stands beside the columns of a row until the import is settled (B90; store/queries/imports.ts). It decides where
   * codes go.
   */
  '0022-staged-changes': async (db, traits, { notary }) => {
    for (const name of ['accounts', 'users']) {
      await addTagged(db, name, ['staged', 'staged_in'], { traits, tags: notary.rows });
      await indexOf(db, name, ['staged_in']).where('staged_in', 'is not', null).execute();
    }
  },
  /** Users of a job whom its approval did not name: the limits of a day count them (B81). */
  '0023-unapproved-users': async (db, traits, { notary }) => {
    await db.schema.alterTable('jobs').addColumn('unapproved', integer(traits)).execute();
    const named = sql`coalesce((select users from approvals where id = approval_id), 0)`;
    await sql`update jobs set unapproved = total - ${named}`.execute(db);
    await tagAnew(db, { traits, tags: notary.rows }, 'jobs', ['unapproved']);
  },
  /** What a token is called is shown in the log and to the second operator, so it is tagged: as a new column, which no earlier tag covers. */
  '0024-token-names': async (db, traits, { notary }) => {
    const tagging = { traits, tags: notary.rows };
    await addTagged(db, 'operator_tokens', ['name'], tagging);
    for await (const all of pagesOf(db, 'operator_tokens')) {
      const good = all.filter((row) => fits(notary.rows, 'operator_tokens', tableOf('operator_tokens'), row));
      const named = good.map((row) => ({ ...row, name: row['label'] }));
      await writeTags(db, 'operator_tokens', named, tagging);
    }
    await sql`update operator_tokens set name = label`.execute(db);
    await db.schema.alterTable('operator_tokens').dropColumn('label').execute();
  },
  /** An index with which somebody else with the same id at another system is found: one id is one person's (B55). */
  '0025-external-ids': async (db) => {
    const ids = db.schema.createIndex('users_by_external').on('users').expression(sql`lower(external)`);
    await ids.where(sql.ref('external'), 'is not', null).execute();
  },
};
