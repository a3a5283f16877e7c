/** Rows of resets, bulk jobs and approvals. Conventions in database.ts. */

/** One bulk run. How far it got is one number, moved in the transaction of each chunk. */
export interface JobsTable {
  id: string;
  operator_id: string;
  /** `unfinished` (running, or interrupted: resumable) or `done`. */
  state: string;
  /** SHA-256 of the plan: one plan is one job. */
  plan_hash: string;
  approval_id: string | null;
  reason: string;
  ticket: string;
  /** Users to reset, in the order of their ids, and how many of them are behind us. */
  total: number;
  done: number;
  created_at: number;
  updated_at: number;
  ended_at: number | null;
}

/** The frozen plan of a job, canonical JSON. Apart from the job, whose row would drag these megabytes along with each chunk. */
export interface JobPlansTable {
  job_id: string;
  plan: string;
}

/** What happened to one user in one reset; the proof that it happened, and the handle to undo it or object to it. */
export interface ResetsTable {
  id: string;
  job_id: string | null;
  /** Line of the input, where there was one. */
  line: number | null;
  account_id: string;
  user_id: string;
  /** Who did it: an operator, or a customer admin in the portal. */
  operator_id: string | null;
  by_user_id: string | null;
  /** The verified caller who asked for it, and the grant used up. */
  caller_id: string | null;
  grant_id: string | null;
  reason: string | null;
  ticket: string | null;
  /** reset, nothing-to-do, sso-only, needs-approval, failed. */
  outcome: string;
  /** `open` until the user has enrolled again; undone, enrolled, superseded; `none` where nothing was taken. */
  state: string;
  final: number;
  factors: number;
  backup_codes: number;
  devices: number;
  sessions: number;
  enrolments: number;
  at: number;
  objected_at: number | null;
  objected_by: string | null;
  ended_at: number | null;
  ended_by: string | null;
}

/** A request for a second operator's yes. `hash` is the SHA-256 of `subject`, the frozen list that was asked for. */
export interface ApprovalsTable {
  id: string;
  /** A reason of rules/approval. */
  why: string;
  subject: string;
  hash: string;
  operator_id: string;
  /** How many users the subject names. */
  users: number;
  /** pending, approved, rejected, used. Whether the time ran out is decided when looked at. */
  state: string;
  requested_at: number;
  expires_at: number;
  decided_by: string | null;
  decided_at: number | null;
  decision_reason: string | null;
  used_at: number | null;
}
