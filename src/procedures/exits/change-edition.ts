/** A company moves to the other edition (B01, B84): a plan of every role, a second operator, and nothing that is lost without a word. */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { planEdition } from '../../rules/customer-roles.js';
import { type Account, CUSTOMER_ROLES, type Edition } from '../../rules/people.js';
import { askAuthority } from '../authorise.js';
import { CHANGING_POWER, withSecondOperator } from './with-second-operator.js';

export interface EditionWish {
  readonly edition: Edition;
  /** Privileges that the new edition does not know may end. */
  readonly dropPrivileges: boolean;
  readonly reason: string;
}

/** The roles that changed; null if the company has this edition already. Refusals: approval-needed, refused-by-policy (something would be lost). */
export async function changeEdition(desk: Desk, signed: SignedOperator, account: Account, wish: EditionWish) {
  const { edition, dropPrivileges, reason } = wish;
  await askAuthority(desk, signed, CHANGING_POWER);
  if (account.edition === edition) return null;
  const roles = CUSTOMER_ROLES.filter((role) => role !== 'user');
  const asked = { why: 'edition', account, reason } as const;
  return withSecondOperator(desk, signed, asked, {
    plan: async ({ write }) => {
      const current = (await write.accounts.byId(account.id)) ?? account;
      if (edition === 'classic' && current.mfaRequiredAt !== null)
        throw refusal('refused-by-policy', 'edition-loses-mfa', {}, 'admin-switches-mfa-off');
      const users = (await write.users.holders([account.id], roles)).map(({ user }) => user);
      const moves = planEdition(desk.policy, { from: current.edition, to: edition }, users);
      const losers = moves.filter(({ lost }) => lost.length > 0).map(({ user }) => user.login);
      if (losers.length > 0 && !dropPrivileges)
        throw refusal('refused-by-policy', 'edition-loses-privileges', { edition, logins: losers }, 'drop-privileges');
      const each = moves.map(({ user, role, lost }) => {
        const without = lost.length === 0 ? '' : ` without ${lost.join(' ')}`;
        return `${user.login}: ${user.role} -> ${role}${without}`;
      });
      const change = [`${current.edition} -> ${edition}`, ...each].join('; ');
      return { users: moves.map(({ user }) => user.id), change, moves };
    },
    apply: async ({ write, now }, { moves }) => {
      await write.accounts.update(account.id, { edition, updated_at: now });
      for (const { user, role, lost } of moves) {
        const scopes = user.scopes.filter((scope) => !lost.includes(scope)).join(' ');
        await write.users.update(user.id, { role, scopes, updated_at: now });
        await write.users.bumpAuthority(user.id);
        await write.grants.revokeOfUser(user.id, now);
      }
      return moves;
    },
    entry: (moves) => {
      const roles = moves.map(({ user, role }) => `${user.id} ${user.role} ${role}`);
      return { kind: 'account.edition-changed', detail: { edition, editionBefore: account.edition, roles } };
    },
  });
}
