/** Rows of verifications, grants, calls, lock-outs, alarms and messages. directory.ts has the conventions. */
export interface CallTables {
  /** A phrase that was heard right on a call; `id` is the call's. Goes when the call changes hands, ends, or another phrase on it is wrong. */
  hearings: {
    id: string;
    verification_id: string;
    /** The session, or token, of the operator who heard it. */
    session: string;
    expires_at: number;
  };
  /** One attempt to verify a caller; written before the phrase is checked (B72). */
  verifications: {
    id: string;
    operator_id: string;
    account_id: string;
    user_id: string | null;
    /** Keyed digest of account and caller as typed, so that unknown callers count too. */
    caller_key: string;
    action: string;
    ticket: string | null;
    outcome: string;
    reason: string | null;
    started_at: number;
    decided_at: number | null;
  };
  grants: {
    id: string;
    verification_id: string;
    operator_id: string;
    account_id: string;
    user_id: string;
    action: string;
    authority_version: number;
    created_at: number;
    expires_at: number;
    used_at: number | null;
    revoked_at: number | null;
  };
  /** A call on the console. `state`: open, handed-over, ended. `outcome`: its latest result, as a stable word. */
  calls: {
    id: string;
    state: string;
    /** The operator who has it now. */
    operator_id: string;
    opened_by: string;
    account_id: string | null;
    user_id: string | null;
    action: string | null;
    ticket: string | null;
    verification_id: string | null;
    outcome: string | null;
    opened_at: number;
    updated_at: number;
    ended_at: number | null;
  };
  /** Lock-out states, one row for each subject: `caller:…`, `account:…`, `operator:…`, `portal:…`, `sign-in:…`. */
  throttles: {
    subject: string;
    failures: number;
    reserved: number;
    locked_until: number | null;
    disabled_at: number | null;
    updated_at: number;
  };
  /** Alarms that have sounded (B95): `desk`, or the id of a company or an operator. One is on until its time. */
  alarms: {
    id: string;
    since: number;
    until: number;
    /** In the row of the desk: when a lead ended the alarms; misses from before do not count. */
    counting: number;
    misses: number;
    bound: number;
  };
  /** Queued and sent messages. `address` and `content` are sealed; content is destroyed after delivery. */
  outbox: {
    id: string;
    channel: string;
    kind: string;
    account_id: string | null;
    user_id: string | null;
    address: string;
    content: string | null;
    state: string;
    attempts: number;
    next_attempt_at: number | null;
    last_error: string | null;
    reference: string | null;
    created_at: number;
    delivered_at: number | null;
  };
}
