/**
 * Rows that decide (T8): who may do what, who is locked out, which factor counts, where messages go. Each bears a tag over
 * its place and these columns, so that a row changed by another hand is refused by name, not used.
 *
 * What a tag cannot show: a row that is missing, or an older version of the same row put back. The tag is bound to the
 * place, not to the time; the log and its anchor are there for that.
 */
import { Refusal } from '../../errors.js';

/** Makes and checks tags; given by main, so that the store knows no key. */
export interface RowTags {
  make(text: string): string;
  fits(text: string, tag: string): boolean;
}

export interface GuardedTable {
  readonly key: string;
  /** Everything but the key, the tag and times that decide nothing. */
  readonly columns: readonly string[];
}

/** A word list in the order in which it is tagged. It never changes for rows that stand: a new column is a new migration. */
const table = (key: string, columns: string): GuardedTable => ({ key, columns: columns.split(' ') });

export const GUARDED: Readonly<Record<string, GuardedTable>> = {
  accounts: table(
    'id',
    'number number_key name name_key edition sso sso_issuer sso_audience sso_jwks mfa_required_at phone_reset_forbidden disabled_at',
  ),
  users: table(
    'id',
    'account_id login login_key name email email_key phone phone_digits role scopes sign_in authority_version contact_changed_at former_contacts disabled_at created_at',
  ),
  // Not `suspended_by`: it only says which reset can be undone, and a bulk run lets the database work it out.
  factors: table('id', 'user_id kind secret state last_step confirmed_at'),
  devices: table('id', 'user_id digest created_at'),
  throttles: table('subject', 'failures reserved locked_until disabled_at'),
  operators: table('id', 'name name_key role verifier totp totp_last_step also_user_id disabled_at'),
  operator_sessions: table('id', 'operator_id digest created_at last_seen_at expires_at code_at ended_at'),
  operator_tokens: table('id', 'operator_id role digest expires_at revoked_at'),
  portal_sessions: table('id', 'user_id digest state method created_at last_seen_at password_at'),
  grants: table(
    'id',
    'verification_id operator_id account_id user_id action authority_version created_at expires_at used_at revoked_at',
  ),
  approvals: table(
    'id',
    'why hash operator_id users state requested_at expires_at decided_by decided_at decision_reason used_at',
  ),
};

/** Name of the column that holds the tag. */
export const TAG_COLUMN = 'mac';

export type Row = Readonly<Record<string, unknown>>;

/** What is tagged. A JSON array has one reading only, so no two rows share one. */
export function rowText(name: string, { key, columns }: GuardedTable, row: Row): string {
  return JSON.stringify(['row', name, row[key], ...columns.map((column) => plainValue(name, column, row[column]))]);
}

function plainValue(name: string, column: string, value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`${name}.${column} is neither text nor number and cannot be tagged`);
}

/** The row without its tag, once it is known to be ours. Refusal `store-corrupt` names the row, never a value of it. */
export function checkedRow<R extends Row>(tags: RowTags, name: string, guarded: GuardedTable, row: R): R {
  const { [TAG_COLUMN]: tag, ...rest } = row;
  if (typeof tag === 'string' && tags.fits(rowText(name, guarded, rest), tag)) return rest as unknown as R;
  throw new Refusal('store-corrupt', `the row ${String(row[guarded.key])} of ${name} was changed by another hand`, {
    hint: 'It was not used. Keep the store as it is and tell your lead; a backup shows what stood there.',
  });
}
