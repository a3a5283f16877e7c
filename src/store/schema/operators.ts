/** Rows of the operators' life cycle (B80). Each belongs to the operator whose id it has or names. directory.ts has the conventions. */

/** The address for notices; no row if none is on file. `id` is the operator's. */
export interface OperatorContactsTable {
  id: string;
  email: string;
  changed_at: number;
}

/**
 * The newest start code of an operator; `id` is the operator's. `reason`: added, recovered, factor, or waiting, which is a recovery that
 * takes effect when the code is used.
 */
export interface OperatorStartsTable {
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
}

/** The last time that one operator had a hand in another (rules/two-persons). `id` is both ids, so that there is one row for the two. */
export interface OperatorHandsTable {
  id: string;
  operator_id: string;
  by_id: string;
  /** A `HandKind`. */
  what: string;
  at: number;
}

export interface OperatorRecoveryCodesTable {
  id: string;
  operator_id: string;
  slot: number;
  /** Sealed. */
  verifier: string;
  created_at: number;
  used_at: number | null;
}
