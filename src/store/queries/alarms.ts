/** Alarms over many callers (B95), and the misses that sound them. */
import { sql } from 'kysely';
import type { AlarmScope } from '../../rules/alarms.js';
import { again, putting } from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';

export const alarmReads = (db: Db) => ({
  byIds: async (ids: readonly string[]) =>
    again(db, `${ids.length} alarms`, ids, () => db.selectFrom('alarms').selectAll().where('id', 'in', ids)),
  /** Those that are on, the oldest first. */
  on: async (now: number) =>
    db.selectFrom('alarms').selectAll().where('until', '>', now).orderBy('since').orderBy('id').execute(),
  /** Misses of the last hour (from `recent`) and after `from`, without those put right within `span` ms; an operator's by callers. `atWork`: operators who took calls. */
  async misses(
    ids: Readonly<Record<AlarmScope, string>>,
    { from, recent, span }: { readonly from: number; readonly recent: number; readonly span: number },
  ): Promise<Readonly<Record<AlarmScope | 'atWork', number>>> {
    const { rows } = await sql<Record<AlarmScope | 'atWork', number>>`
      select count(*) as "desk",
        count(case when v.account_id = ${ids.company} then 1 end) as "company",
        count(distinct case when v.operator_id = ${ids.operator} then v.caller_key end) as "operator",
        (select count(distinct operator_id) from verifications where started_at > ${recent}) as "atWork"
      from verifications v
      where v.started_at > ${Math.max(from, recent)} and v.reason = 'not-verified' and not exists (
        select 1 from verifications r where r.caller_key = v.caller_key and r.operator_id = v.operator_id
          and r.started_at between v.started_at and v.started_at + ${span}
          and (r.outcome = 'verified' or r.reason in ('not-privileged', 'held')))`.execute(db);
    return rows[0] as (typeof rows)[number];
  },
});

export const alarmWrites = (tx: Tx) => ({ put: putting(tx, 'alarms') });
