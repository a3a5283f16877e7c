/**
 * Decides whether an operator's session or token is valid now, and with which role: the same answer for signing in and for every
 * act (B70, B78).
 */
import type { OperatorRow, OperatorSessionRow, OperatorTokenRow } from '../../desk.js';
import { type Facts, type Reason, type Refusal, refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import type { Operator, OperatorRole } from '../../rules/people.js';
import type { Limits } from '../../rules/policy.js';

export interface Standing {
  readonly operator: Operator;
  readonly alsoUserId: string | null;
  /** Each must have the permission: the token's own role, and its owner's, which may have been lowered since. */
  readonly roles: readonly OperatorRole[];
  readonly codeAt: number | null;
  readonly token: OperatorTokenRow | null;
}

/** Refusal not-signed-in: unknown, revoked, expired, or its owner is disabled. */
export function judgeToken(row: OperatorRow, token: OperatorTokenRow | undefined, now: number): Standing {
  if (token?.operator_id !== row.id) throw notSignedIn('token-unknown-here', {});
  if (token.revoked_at !== null) throw notSignedIn('token-revoked', {});
  if (now >= token.expires_at) throw notSignedIn('token-expired', {});
  requireEnabled(row);
  const role = token.role as OperatorRole;
  const operator = { ...toOperator(row), role };
  return { operator, alsoUserId: row.also_user_id, roles: [role, row.role as OperatorRole], codeAt: null, token };
}

/** Refusal not-signed-in: signed out, another person's (T16), expired, idle for too long, or disabled. */
export function judgeSession(
  { operatorSession: { hours, idleMinutes } }: Pick<Limits, 'operatorSession'>,
  row: OperatorRow,
  session: OperatorSessionRow | undefined,
  { person, now, running }: { readonly person: string; readonly now: number; readonly running: boolean },
): Standing {
  if (session?.operator_id !== row.id || session.ended_at !== null) throw notSignedIn('session-ended', {});
  if (session.person !== person) throw notSignedIn('session-of-another', {});
  if (now >= session.expires_at) throw notSignedIn('session-too-old', { hours });
  if (!running && now >= session.last_seen_at + minutes(idleMinutes))
    throw notSignedIn('session-idle', { minutes: idleMinutes });
  requireEnabled(row);
  const operator = toOperator(row);
  return { operator, alsoUserId: row.also_user_id, roles: [operator.role], codeAt: session.code_at, token: null };
}

function requireEnabled(row: OperatorRow): void {
  if (row.disabled_at !== null) throw notSignedIn('operator-disabled', { operator: row.name });
}

function toOperator(row: OperatorRow): Operator {
  const { id, name, role, disabled_at: disabledAt, language } = row;
  return { id, name, role: role as OperatorRole, disabledAt, language };
}

export const notSignedIn = (reason: Reason, facts: Facts): Refusal =>
  refusal('not-signed-in', reason, facts, 'sign-in');
