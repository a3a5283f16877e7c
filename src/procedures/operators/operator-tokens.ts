/** Tokens for scripts: each has an owner, a role within the owner's, and an expiry (B70, B71). Only their digest is stored. */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { days, hours } from '../../rules/duration.js';
import { minuteOf, readMoment } from '../../rules/moment.js';
import type { OperatorRole } from '../../rules/people.js';
import { act } from '../authorise.js';
import { findOperator, MANAGE_OPERATORS, readOperatorRole } from './make-operator.js';
import { tellOperator } from './operator-notices.js';
import { layHand } from './second-operator.js';

export type NewToken = ReturnType<typeof prepareToken>;

/** When a new token expires, from what was typed. Refusal `invalid-input`, also for a moment that the policy does not allow. */
export function tokenEnd({ policy, now }: Pick<Desk, 'policy' | 'now'>, expires?: string): number {
  const { defaultHours, maxDays } = policy.limits.operatorToken;
  const end = expires === undefined ? now() + hours(defaultHours) : readMoment('expires', expires, now(), 'ahead');
  if (end > now() && end <= now() + days(maxDays)) return end;
  throw refusal('invalid-input', 'token-lifetime', { maxDays }, 'expires-example');
}

type TokenFacts = { operatorId: string; role: OperatorRole; label: string; expiresAt: number };

/** `token` is shown once, never stored. `expiresAt`: by `tokenEnd`. */
export function prepareToken(desk: Desk, facts: TokenFacts) {
  const { token, digest } = desk.digests.newToken('cst');
  return { id: desk.newId('tok'), ...facts, digest, token };
}

/** Named one by one, so that the token itself never gets there. */
export const tokenRow = ({ id, label, role, digest, operatorId, expiresAt }: NewToken, at: number, madeBy: string) => ({
  ...{ id, name: label, role, digest },
  operator_id: operatorId,
  created_at: at,
  expires_at: expiresAt,
  revoked_at: null,
  made_by: madeBy,
});

export interface TokenWish {
  /** Name or id of the operator who owns it. */
  readonly owner: string;
  /** The owner's own role if it is left out. */
  readonly role?: OperatorRole | undefined;
  readonly label: string;
  readonly expires?: string | undefined;
}

/** A token never has more power than the operator who owns it has at this moment. Refusals: not-found, `forbidden`. */
export async function createToken(desk: Desk, signed: SignedOperator, wish: TokenWish) {
  return act(desk, signed, MANAGE_OPERATORS, {
    change: async (acting) => {
      const { write, now, by } = acting;
      const owner = await findOperator(write, wish.owner);
      const role = wish.role ?? readOperatorRole(owner.role);
      if (owner.disabled_at !== null) throw refusal('forbidden', 'token-of-disabled', {}, 'list-operators');
      const { operators } = desk.policy.roles;
      const held = operators[readOperatorRole(owner.role)];
      if (!operators[role].every((permission) => held.includes(permission))) {
        const facts = { owner: owner.name, ownerRole: owner.role, role };
        throw refusal('forbidden', 'token-role', facts, 'role-of-owner');
      }
      const expiresAt = tokenEnd(desk, wish.expires);
      const token = prepareToken(desk, { operatorId: owner.id, role, label: wish.label, expiresAt });
      await write.operators.insertToken(tokenRow(token, now, by.operator.id));
      await layHand(acting, owner.id, 'token');
      const change = ['mail', 'token', ['roleTitle', role], minuteOf(token.expiresAt)] as const;
      const values = { change, who: by.operator.name };
      await tellOperator(desk, write, owner, { kind: 'operator-changed', values, now });
      return { token, owner };
    },
    entry: ({ token: { id, operatorId: operator, role, label, expiresAt } }) => ({
      kind: 'token.created',
      detail: { token: id, operator, role, label, expiresAt },
    }),
  });
}

/** Taking power away needs no fresh code. */
const REVOKING = { permission: 'operator:manage' } as const;

/** Refusal `not-found`. A token that was revoked before keeps its time. */
export async function revokeToken(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  await act(desk, signed, REVOKING, {
    entry: () => ({ kind: 'token.revoked', detail: { token: id } }),
    change: async ({ write, now }) => {
      const row = await write.operators.tokenById(id);
      if (row === undefined) throw refusal('not-found', 'token-unknown', { id }, 'list-tokens');
      await write.operators.updateToken(id, { revoked_at: row.revoked_at ?? now });
    },
  });
}
