/**
 * The tables, as types. Conventions for both engines: ids are text with a type prefix, times are integer milliseconds,
 * truth is a nullable time (`disabledAt`) or 0/1, comparison keys (`…Key`) are stored already folded, secrets are
 * stored only sealed (crypto/vault) or as digests. Names are those of the database.
 */
import type { Generated, Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely';
import type { CallTables } from './calls.js';
import type { OperatorTables } from './operators.js';
import type { ResetTables } from './resets.js';

export interface Database extends CallTables, OperatorTables, ResetTables {
  meta: { key: string; value: string };
  /** How much of the log was sent to a sink; see ../queries/sink-cursor.ts. */
  sink_cursors: { key: string; value: string };
  /** The single row that says which policy the desk has accepted (B79). */
  policy_pins: {
    id: string;
    /** `countersign` for the policy that comes with it, also after an update; otherwise the SHA-256 of the desk's own, hex. */
    pinned: string;
    accepted_at: number;
  };
  /** The single row that every write locks first: log size, frontier of the RFC 6962 tree, latest time seen, sealed sums of the tables. */
  audit_head: {
    id: number;
    size: number;
    frontier: string;
    latest_at: number;
    sums: string;
    mac: string;
  };
  /** One log entry. `body` is the canonical JSON that was hashed; the other columns, except `leaf`, are derived from it. */
  audit_entries: {
    seq: number;
    body: string;
    leaf: Buffer;
    at: Generated<number>;
    kind: Generated<string>;
    outcome: Generated<string>;
    by_id: Generated<string | null>;
    account_id: Generated<string | null>;
    user_id: Generated<string | null>;
  };
  accounts: {
    id: string;
    number: string;
    number_key: string;
    name: string;
    name_key: string;
    edition: string;
    sso: string | null;
    sso_issuer: string | null;
    sso_audience: string | null;
    sso_jwks: string | null;
    mfa_required_at: number | null;
    phone_reset_forbidden: number;
    disabled_at: number | null;
    country: string | null;
    language: string | null;
    connector: string | null;
    import_id: string | null;
    staged: string | null;
    staged_in: string | null;
    created_at: number;
    updated_at: number;
  };
  users: {
    id: string;
    account_id: string;
    login: string;
    login_key: string;
    name: string;
    email: string;
    email_key: string;
    phone: string;
    phone_digits: string;
    phone_e164: string | null;
    role: string;
    /** Space-separated, sorted. */
    scopes: string;
    sign_in: string;
    authority_version: number;
    contact_changed_at: number;
    /** Kept for notices to old contacts (B58): JSON array of FormerContact. */
    former_contacts: string;
    disabled_at: number | null;
    /** Until then, power over other people that was given lately waits (B84). */
    power_held_until: number | null;
    created_at: number;
    updated_at: number;
    /** When each was first there: a missing row of a user who had one opens nothing (T19). */
    passphrase_at: number | null;
    password_at: number | null;
    /** When the newest second factor was set up; null once its owner has removed the last one. */
    enrolled_at: number | null;
    /** Kinds of attempts that were ever counted, with a space between two: each has its row in `throttles`. */
    tried: string | null;
    language: string | null;
    external: string | null;
    /** The large import that brought the row; while that is in `imports`, the row is there for nobody. */
    import_id: string | null;
    /** What a large import changes, as JSON of columns, and which one; in force once that is settled (store/queries/imports.ts). */
    staged: string | null;
    staged_in: string | null;
    /** On the pages or by `portal`; null if never. Not tagged. */
    signed_in_at: number | null;
  };
  /** Search keys of accounts and users: folded word starts in a b-tree. `kind` is `account` or `user`. */
  search_words: { word: string; kind: string; target_id: string };
  passphrases: {
    user_id: string;
    /** Sealed PHC string; null after it was destroyed. The row stays, because B13 allows one set-up call for each user, ever. */
    verifier: string | null;
    form_version: number;
    /** The owner's own copy (B17), or null if the owner has none. */
    owner_copy: string | null;
    set_by: string;
    set_at: number;
    setup_at: number | null;
  };
  application_passwords: { user_id: string; verifier: string; changed_at: number };
  /** E-mailed, texted and desk-made one-time codes. `purpose`: activate, enrol, login, factor, … */
  one_time_codes: {
    id: string;
    user_id: string;
    purpose: string;
    factor_id: string | null;
    digest: string;
    tries: number;
    created_at: number;
    expires_at: number;
    used_at: number | null;
    /** Of an invitation: the public half of the key that its code makes (B85). */
    copy_key: string | null;
  };
  factors: {
    id: string;
    user_id: string;
    kind: string;
    label: string;
    secret: string | null;
    /** pending (half-done enrolment), active, suspended (by a reset that can be undone). */
    state: string;
    last_step: number | null;
    created_at: number;
    /** Of a pending one, when it was begun: unlike `created_at` this is tagged. */
    confirmed_at: number | null;
    /** Nothing reads it any more: an undo brings back what is suspended. */
    suspended_by: string | null;
  };
  backup_codes: {
    id: string;
    user_id: string;
    slot: number;
    verifier: string;
    state: string;
    used_at: number | null;
    created_at: number;
    suspended_by: string | null;
  };
  /** A device on which the user chose to skip the code for 90 days (B38). */
  devices: { id: string; user_id: string; digest: string; created_at: number };
  portal_sessions: {
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
  };
  /** An ID token that has opened a session: digest of what its provider signed, and when it expires. */
  used_id_tokens: { digest: string; expires_at: number };
  /** The person of the provider as whom a login signed on first; `id` is the user's. Goes when the company's single sign-on is set anew. */
  sso_subjects: {
    id: string;
    account_id: string;
    issuer: string;
    subject: string;
    pinned_at: number;
  };
}

/** A row as it is read, as it is made, and what changes of it. */
export type TableRow<T extends keyof Database> = Selectable<Database[T]>;
export type NewRow<T extends keyof Database> = Insertable<Database[T]>;
export type RowPatch<T extends keyof Database> = Updateable<Database[T]>;

/** For reads; the other for writes, only inside the write door. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;
