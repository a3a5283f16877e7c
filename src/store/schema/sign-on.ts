/** Rows of single sign-on (B35). directory.ts has the conventions. */

export interface UsedIdTokensTable {
  digest: string;
  expires_at: number;
}

/** An ID token that has opened a session: digest of what its provider signed, and when it expires. */
/** The person of the provider as whom a login signed on first; `id` is the user's. Goes when the company's single sign-on is set anew. */
export interface SsoSubjectsTable {
  id: string;
  account_id: string;
  issuer: string;
  subject: string;
  pinned_at: number;
}

export interface PortalSessionsTable {
  id: string;
  user_id: string;
  /** Who signed in, as the machine knows them; see operator_sessions. */
  person: string;
  digest: string;
  /** done, factor-needed, enrolment-needed, enrolment-code-needed. */
  state: string;
  method: string;
  created_at: number;
  last_seen_at: number;
  password_at: number;
}
