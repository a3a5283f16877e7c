/** Lists and ends grants, and checks them again at the moment of use (B08, B54). */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, type Refusal, refusal, type Term } from '../../errors.js';
import { findAction } from '../../rules/policy.js';
import { decideScope } from '../../rules/scope.js';
import { type Acting, act, askAuthority, type Lock } from '../authorise.js';

export async function listGrants(desk: Desk) {
  const { read } = desk.store;
  const rows = await read.grants.live(desk.now());
  return Promise.all(
    rows.map(async (row) => {
      const [account, caller, operator] = await Promise.all([
        read.accounts.byId(row.account_id),
        read.users.byId(row.user_id),
        read.operators.byId(row.operator_id),
      ]);
      return {
        id: row.id,
        action: row.action,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        account: { id: row.account_id, number: account?.number ?? '', name: account?.name ?? '' },
        caller: { id: row.user_id, login: caller?.login ?? '', name: caller?.name ?? '' },
        operator: { id: row.operator_id, name: operator?.name ?? '' },
      };
    }),
  );
}

const ONES_OWN = { permission: 'verify' } as const;
const ANYBODYS = { permission: 'grant:revoke' } as const;

/**
 * Ends one's own grant, or anyone's with the permission. Returns false if it was used or over already. Refusal `not-found`; a
 * grant of somebody else gets the same one, and that is logged.
 */
export async function revokeGrant(desk: Desk, signed: SignedOperator, id: string): Promise<boolean> {
  await askAuthority(desk, signed, ONES_OWN);
  const row = await desk.store.read.grants.byId(id);
  const unknown = refusal('not-found', 'grant-unknown', { id }, 'list-grants');
  if (row === undefined) throw unknown;
  const base = { at: desk.now(), account: row.account_id, user: row.user_id } as const;
  const mine = row.operator_id === signed.operator.id;
  try {
    return await act<'verify' | 'grant:revoke', boolean>(desk, signed, mine ? ONES_OWN : ANYBODYS, {
      entry: (ended) => ({ ...base, kind: 'grant.revoked', detail: { grant: id, ended } }),
      change: async ({ write, now }) => row.expires_at > now && (await write.grants.revoke(id, now)),
    });
  } catch (error) {
    if (mine || !isRefusal(error) || error.code !== 'forbidden') throw error;
    const refused = { kind: 'grant.revoke-refused', outcome: 'refused', reason: 'forbidden' } as const;
    await desk.store.record({ ...base, ...refused, by: signed.actor, detail: { grant: id } }, async () => undefined);
    throw unknown;
  }
}

/**
 * Checks everything about a grant again, inside the transaction that uses it: it is this operator's, for this action, and not
 * used, ended or expired; the caller still has the privilege, and nothing about their authority changed since (B08). Refusal
 * `no-grant` for each reason; only the operator's words differ. Answers the grant with its caller and account as they are now.
 */
export async function requireGrant({ desk, write, now, by }: Acting<Lock>, id: string, actionId: string) {
  const row = await write.grants.byId(id);
  if (row === undefined || row.operator_id !== by.operator.id) throw noGrant('unknown');
  if (row.action !== actionId) throw refusal('no-grant', 'grant-for-other', { action: row.action }, 'verify-caller');
  if (row.revoked_at !== null) throw noGrant('revoked');
  if (row.used_at !== null) throw noGrant('used');
  if (now >= row.expires_at) throw noGrant('expired');
  const account = await write.accounts.byId(row.account_id);
  const caller = await write.users.byId(row.user_id);
  const action = findAction(desk.policy, actionId);
  if (account === undefined || caller === undefined || action === undefined) throw noGrant('gone');
  if (account.disabledAt !== null || caller.disabledAt !== null) throw noGrant('caller-disabled');
  if (caller.authorityVersion !== row.authority_version) throw noGrant('authority-changed');
  const { allowed } = decideScope({ ...caller, edition: account.edition, policy: desk.policy, action });
  if (!allowed) throw noGrant('privilege-lost');
  return { row, account, caller };
}

const noGrant = (grantFault: Term<'grantFault'>): Refusal =>
  refusal('no-grant', 'grant-needed', { grantFault }, 'verify-caller');
