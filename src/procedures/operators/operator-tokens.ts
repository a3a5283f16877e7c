/** Tokens of scripts: each with an owner, a role within the owner's, and an end (B70, B71). Only their digest is stored. */
import type { Desk, OperatorRow, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { days, hours } from '../../rules/duration.js';
import type { OperatorRole } from '../../rules/people.js';
import { readOperatorRole } from './make-operator.js';

export interface NewToken {
  readonly id: string;
  readonly operatorId: string;
  readonly role: OperatorRole;
  readonly label: string;
  readonly digest: string;
  readonly expiresAt: number;
  /** Shown once, never stored. */
  readonly token: string;
}

export function prepareToken(
  desk: Desk,
  input: { operatorId: string; role: OperatorRole; label: string; expiresAt?: number },
): NewToken {
  const { defaultHours, maxDays } = desk.policy.limits.operatorToken;
  const expiresAt = input.expiresAt ?? desk.now() + hours(defaultHours);
  if (expiresAt <= desk.now() || expiresAt > desk.now() + days(maxDays)) {
    throw new Refusal('invalid-input', `--expires: a token ends within ${maxDays} days from now`, {
      hint: 'For instance: --expires 24h or --expires 30d',
    });
  }
  const { token, digest } = desk.digests.newToken('cst');
  return {
    id: desk.newId('tok'),
    operatorId: input.operatorId,
    role: input.role,
    label: input.label,
    digest,
    expiresAt,
    token,
  };
}

export const tokenRow = (token: NewToken, at: number): Parameters<Writes['operators']['insertToken']>[0] => ({
  id: token.id,
  operator_id: token.operatorId,
  label: token.label,
  role: token.role,
  digest: token.digest,
  created_at: at,
  expires_at: token.expiresAt,
  revoked_at: null,
});

/** Whether a token of the role stays within what its owner may do. */
export function withinRole(desk: Desk, role: OperatorRole, owner: OperatorRow): boolean {
  const { operators } = desk.policy.roles;
  const held = operators[readOperatorRole(owner.role)];
  return operators[role].every((permission) => held.includes(permission));
}

/** A token never has more power than the operator who owns it, as they stand at this moment. Refusal `forbidden`. */
export async function createToken(desk: Desk, signed: SignedOperator, token: NewToken): Promise<void> {
  const at = desk.now();
  const detail = {
    token: token.id,
    operator: token.operatorId,
    role: token.role,
    label: token.label,
    expiresAt: token.expiresAt,
  };
  await desk.store.record({ kind: 'token.created', outcome: 'done', at, by: signed.actor, detail }, async (write) => {
    const owner = await write.operators.byId(token.operatorId);
    if (owner === undefined || owner.disabled_at !== null) {
      throw new Refusal('forbidden', 'a disabled operator gets no token', { hint: 'See: countersign operator list' });
    }
    if (!withinRole(desk, token.role, owner)) {
      throw new Refusal('forbidden', `a token of ${owner.name} (${owner.role}) cannot have the role ${token.role}`, {
        hint: 'Choose a role the owner includes.',
      });
    }
    await write.operators.insertToken(tokenRow(token, at));
  });
}

export async function revokeToken(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  const row = await desk.store.read.operators.tokenById(id);
  if (row === undefined)
    throw new Refusal('not-found', `there is no token "${id}"`, { hint: 'See: countersign operator token list' });
  const at = desk.now();
  await desk.store.record(
    { kind: 'token.revoked', outcome: 'done', at, by: signed.actor, detail: { token: id } },
    (write) => write.operators.updateToken(id, { revoked_at: row.revoked_at ?? at }),
  );
}
