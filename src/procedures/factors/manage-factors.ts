/** A user's own sign-in methods: the list, and taking one away (B40). */
import type { Desk, FactorRow } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { factorKind } from '../../factors/registry.js';
import { maskedContact } from '../../rules/masked-contact.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner, askOwner, ownerEntry } from '../portal/act-as-owner.js';
import type { Owner, PortalLogin } from '../portal/customer-login.js';
import { ownNotice, queueNotices } from '../portal/portal-notices.js';

export interface OwnFactor {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: string;
  /** Where its codes go, masked; null for the app. */
  readonly to: string | null;
  readonly confirmedAt: number | null;
}

export interface OwnFactors {
  readonly required: boolean;
  readonly factors: readonly OwnFactor[];
  readonly backupCodesLeft: number;
  readonly backupCodesMade: number;
  readonly devices: number;
}

/** Refusals: not-signed-in, factor-needed, enrolment-needed. */
export async function listFactors(desk: Desk, login: PortalLogin): Promise<OwnFactors> {
  await askOwner(desk, login, { lock: 'owner' });
  const { account, user } = login;
  const { factors } = desk.store.read;
  const { backupCodes, backupCodesLeft } = await userFactors(desk, factors, user.id);
  const rows = await factors.ofUser(user.id);
  return {
    required: account.mfaRequiredAt !== null,
    factors: rows.filter((row) => row.state !== 'suspended').map((row) => toOwnFactor(row, user)),
    backupCodesLeft,
    backupCodesMade: backupCodes.length,
    devices: (await factors.devices(user.id)).length,
  };
}

function toOwnFactor(row: FactorRow, user: Owner['user']): OwnFactor {
  const kind = factorKind(row.kind);
  const to =
    kind.family === 'sent' ? maskedContact(kind.contact, kind.contact === 'email' ? user.email : user.phone) : null;
  return { id: row.id, kind: row.kind, title: kind.title, state: row.state, to, confirmedAt: row.confirmed_at };
}

const CHANGING_METHODS = { lock: 'owner:methods' } as const;

/**
 * Takes one away; a half-done one as well. Which one is the last is decided inside the door, so that of two who take away
 * one each, one is told no. Refusals: not-found, factor-needed, refused-by-policy (the last one while MFA is on).
 */
export async function removeFactor(desk: Desk, login: PortalLogin, id: string): Promise<OwnFactor> {
  await askOwner(desk, login, CHANGING_METHODS);
  const row = (await desk.store.read.factors.ofUser(login.user.id)).find((candidate) => candidate.id === id);
  if (row === undefined) throw noSuchFactor(id);
  const factor = toOwnFactor(row, login.user);
  const change = { change: `${factor.title} was removed` };
  const notices = row.state === 'active' ? ownNotice(desk, login, 'factor-changed', change) : [];
  const detail = { factor: id, kind: row.kind, state: row.state };
  await actAsOwner(desk, login, CHANGING_METHODS, {
    entry: (_, by) => ({ ...ownerEntry(desk, by), kind: 'factor.removed', outcome: 'done', detail }),
    change: async ({ write, by }) => {
      const { account, user } = by.login;
      const { active } = await userFactors(desk, write.factors, user.id);
      const isActive = active.some((candidate) => candidate.id === id);
      if (isActive && active.length === 1 && account.mfaRequiredAt !== null) throw lastFactor();
      if (!(await write.factors.delete(id))) throw noSuchFactor(id);
      await queueNotices(write, notices);
    },
  });
  await desk.store.forgetDeleted();
  return factor;
}

const noSuchFactor = (id: string): Refusal =>
  new Refusal('not-found', `you have no sign-in method ${id}`, { hint: 'See: countersign portal mfa list' });

const lastFactor = (): Refusal =>
  new Refusal('refused-by-policy', 'the last sign-in method cannot be removed: your company requires one', {
    hint: 'Add another first, or put one in its place: countersign portal mfa add totp --replace ID',
  });
