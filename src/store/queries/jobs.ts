/** Bulk runs: the frozen plan and its progress (B60). */
import { sql } from 'kysely';
import { changesOne, inserting, rowBy, rowOf, updating } from '../guard/statements.js';
import type { Db, TableRow, Tx } from '../schema/directory.js';

/** A job without its plan, which may be megabytes. */
export type JobHead = TableRow<'jobs'>;
export type JobRow = JobHead & { readonly plan: string };

export const jobReads = (db: Db) => ({
  async byId(id: string): Promise<JobRow | undefined> {
    const head = await this.head(id);
    const plan = await rowOf(db, 'job_plans', 'job_id', id);
    return head && plan && { ...head, plan: plan.plan };
  },
  head: rowBy(db, 'jobs', 'id'),
  /** The job that carries out this plan, if there is one. */
  ofPlan: rowBy(db, 'jobs', 'plan_hash'),
  /** Users whom nobody approved, in jobs begun since a time: of one operator, and of all. */
  async unapprovedSince(operatorId: string, since: number) {
    const rows = await db.selectFrom('jobs').selectAll().where('created_at', '>', since).execute();
    const sum = (some: typeof rows) => some.reduce((all, { unapproved }) => all + unapproved, 0);
    return { ofOperator: sum(rows.filter((row) => row.operator_id === operatorId)), ofDesk: sum(rows) };
  },
  /** Newest first. */
  list: async (limit: number) =>
    db.selectFrom('jobs').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute(),
});

export const jobWrites = (tx: Tx) => ({
  async insert({ plan, ...head }: JobRow): Promise<void> {
    await inserting(tx, 'jobs')(head);
    await inserting(tx, 'job_plans')({ job_id: head.id, plan });
  },
  /** Another approval for what is left. */
  approve: (id: string, approvalId: string, at: number) =>
    updating(tx, 'jobs')(id, { approval_id: approvalId, updated_at: at }),
  /** Compare-and-set of the progress: true for exactly one of several processes that run the same chunk. */
  advance(id: string, from: number, to: number, at: number): Promise<boolean> {
    const job = tx.updateTable('jobs').where('id', '=', id).where('done', '=', from);
    const advanced = job.set((e) => ({
      done: to,
      updated_at: at,
      state: e.case().when('total', '<=', to).then('done').else('unfinished').end(),
      // Bound, or each chunk is a statement of its own.
      ended_at: e.case().when('total', '<=', to).then(sql<number>`cast(${at} as bigint)`).end(),
    }));
    return changesOne(advanced);
  },
});
