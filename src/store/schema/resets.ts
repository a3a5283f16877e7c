/** Rows of resets, bulk jobs, large imports and approvals. directory.ts has the conventions. */
export interface ResetTables {
  /** One bulk run. Its progress is one number, which the transaction of each chunk moves. */
  jobs: {
    id: string;
    operator_id: string;
    /** `unfinished` (running, or interrupted: resumable) or `done`. */
    state: string;
    /** SHA-256 of the plan: one plan is one job. */
    plan_hash: string;
    approval_id: string | null;
    reason: string;
    ticket: string;
    /** Users to reset, in the order of their ids, and how many of them are done. */
    total: number;
    done: number;
    /** Users whom no approval named when the job began. */
    unapproved: number;
    created_at: number;
    updated_at: number;
    ended_at: number | null;
  };
  /** The frozen plan of a job, canonical JSON. A table of its own, so that a chunk does not read and write megabytes with the row of its job. */
  job_plans: { job_id: string; plan: string };
  /** The result of one reset for one user. Undo and objections refer to this row. */
  resets: {
    id: string;
    job_id: string | null;
    /** Line of the input file, if there was one. */
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
    /** `open` until the user has enrolled again; undone, enrolled, superseded; `none` if the reset took nothing. */
    state: string;
    final: number;
    factors: number;
    backup_codes: number;
    devices: number;
    sessions: number;
    enrolments: number;
    at: number;
    objected_at: number | null;
    /** Ids of the customer admins who objected, with a space between two. */
    objected_by: string | null;
    ended_at: number | null;
    ended_by: string | null;
  };
  /** A request for approval by a second operator. `hash` is the SHA-256 of `subject`, the frozen list that was requested. */
  approvals: {
    id: string;
    /** A reason of rules/approval. */
    why: string;
    subject: string;
    hash: string;
    operator_id: string;
    /** How many users the subject names. */
    users: number;
    /** pending, approved, rejected, used. Whether it has expired is decided on each read. */
    state: string;
    requested_at: number;
    expires_at: number;
    decided_by: string | null;
    decided_at: number | null;
    decision_reason: string | null;
    used_at: number | null;
    /** The token that asked; null for a person, and for a request from before 0009. */
    token_id: string | null;
  };
  /** The single row that says whether resets are frozen (B63). It is always there: without it nothing is reset. */
  freezes: {
    id: string;
    /** Null while nothing is frozen. */
    frozen_at: number | null;
    /** When the freeze ends by itself; null if somebody must thaw. */
    frozen_until: number | null;
    by_id: string | null;
    by_name: string | null;
    reason: string | null;
  };
  /** Imports that are being staged, or were left half done. `state`: open, or abandoned once its rows are being removed. */
  imports: {
    id: string;
    operator_id: string;
    state: string;
    /** When it last wrote, ms. */
    seen_at: number;
  };
}
