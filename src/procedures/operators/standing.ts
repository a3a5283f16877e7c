/**
 * Decides whether an operator's session or token is valid now, and with which role: the same answer for signing in and for every
 * act (B70, B78).
 */
import type { OperatorRow, OperatorSessionRow, OperatorTokenRow } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import type { Operator, OperatorRole } from '../../rules/people.js';
import type { Limits } from '../../rules/policy.js';

export interface Standing {
  readonly operator: Operator;
  readonly alsoUserId: string | null;
  /** Each must have the permission: the token's own role, and its owner's, which may have been lowered since. */
  readonly roles: readonly OperatorRole[];
  readonly codeAt: number | null;
}

/** Refusal not-signed-in: unknown, revoked, expired, or its owner is disabled. */
export function judgeToken(row: OperatorRow, token: OperatorTokenRow | undefined, now: number): Standing {
  if (token?.operator_id !== row.id) throw notSignedIn('the token in COUNTERSIGN_TOKEN is not known here');
  if (token.revoked_at !== null) throw notSignedIn('the token in COUNTERSIGN_TOKEN was revoked');
  if (now >= token.expires_at) throw notSignedIn('the token in COUNTERSIGN_TOKEN has expired');
  requireEnabled(row);
  const role = token.role as OperatorRole;
  return {
    operator: { ...toOperator(row), role },
    alsoUserId: row.also_user_id,
    roles: [role, row.role as OperatorRole],
    codeAt: null,
  };
}

/** Refusal not-signed-in: signed out, expired, idle for too long, or disabled. */
export function judgeSession(
  { operatorSession: { hours, idleMinutes } }: Pick<Limits, 'operatorSession'>,
  row: OperatorRow,
  session: OperatorSessionRow | undefined,
  { now, running }: { readonly now: number; readonly running: boolean },
): Standing {
  const again = 'the session has ended';
  if (session?.operator_id !== row.id || session.ended_at !== null) throw notSignedIn(again);
  if (now >= session.expires_at) throw notSignedIn(`${again} after ${hours} hours`);
  if (!running && now >= session.last_seen_at + minutes(idleMinutes))
    throw notSignedIn(`${again} after ${idleMinutes} idle minutes`);
  requireEnabled(row);
  const operator = toOperator(row);
  return { operator, alsoUserId: row.also_user_id, roles: [operator.role], codeAt: session.code_at };
}

function requireEnabled(row: OperatorRow): void {
  if (row.disabled_at !== null) throw notSignedIn(`the operator ${row.name} is disabled`);
}

function toOperator(row: OperatorRow): Operator {
  return { id: row.id, name: row.name, role: row.role as OperatorRole, disabledAt: row.disabled_at };
}

export const notSignedIn = (message: string): Refusal =>
  new Refusal('not-signed-in', message, { hint: 'Sign in with: countersign login   (scripts: COUNTERSIGN_TOKEN)' });
