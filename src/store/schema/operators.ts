/** Rows of operators and of their life cycle (B80). Each belongs to the operator whose id it has or names. directory.ts has the conventions. */
export interface OperatorTables {
  operators: {
    id: string;
    name: string;
    name_key: string;
    role: string;
    verifier: string | null;
    totp: string | null;
    totp_last_step: number | null;
    /** The user who is the same person as this operator, so that operators cannot reset themselves (B55). */
    also_user_id: string | null;
    disabled_at: number | null;
    created_at: number;
    /** As of users. */
    tried: string | null;
    language: string | null;
  };
  operator_sessions: {
    id: string;
    operator_id: string;
    /** Who signed in, as the machine knows them: `uid:1001`. A session counts only for this person (T16). */
    person: string;
    digest: string;
    created_at: number;
    last_seen_at: number;
    expires_at: number;
    code_at: number | null;
    ended_at: number | null;
  };
  operator_tokens: {
    id: string;
    operator_id: string;
    /** Its label. */
    name: string;
    role: string;
    digest: string;
    created_at: number;
    expires_at: number;
    revoked_at: number | null;
    /** Null for a token from before 0009. */
    made_by: string | null;
  };
  /** The address for notices; no row if none is on file. `id` is the operator's. */
  operator_contacts: { id: string; email: string; changed_at: number };
  /**
   * The newest start code of an operator; `id` is the operator's. `reason`: added, recovered, factor, or waiting, which is a recovery that
   * takes effect when the code is used.
   */
  operator_starts: {
    id: string;
    /** Keyed digest of the code. */
    digest: string;
    reason: string;
    created_at: number;
    valid_from: number;
    expires_at: number;
    /** Sealed secret of the authenticator app until its first code is proved. */
    totp: string | null;
    used_at: number | null;
    /** The first sign-in after the start, of which the operator was told. */
    signed_in_at: number | null;
  };
  /** The last time that one operator had a hand in another (rules/approval). `id` is both ids and `what`, so that there is one row for each. */
  operator_hands: {
    id: string;
    operator_id: string;
    by_id: string;
    /** A `HandKind`. */
    what: string;
    at: number;
  };
  operator_recovery_codes: {
    id: string;
    operator_id: string;
    slot: number;
    /** Sealed. */
    verifier: string;
    created_at: number;
    used_at: number | null;
  };
}
