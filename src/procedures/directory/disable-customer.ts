/**
 * Disables and enables a company or a login. A disabled one cannot be verified or sign in, and what was live ends at once: grants by the
 * version they were made under (B08), portal sessions, remembered devices and unused codes by deletion. Enabling brings none of it back.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import type { Account, Owner } from '../../rules/people.js';
import { act } from '../authorise.js';
import { holdOnGain } from './hold-power.js';

export interface Switch {
  readonly on: boolean;
  readonly reason: string | undefined;
}

const SWITCHING = { permission: 'directory:write' } as const;

/** Returns false if nothing had to change. */
export async function switchUser(desk: Desk, signed: SignedOperator, { account, user }: Owner, wish: Switch) {
  const { on, reason } = wish;
  const about = { account: account.id, user: user.id, ...(reason === undefined ? {} : { reason }) };
  return act<'directory:write', boolean>(desk, signed, SWITCHING, {
    entry: (changed) => ({ kind: on ? 'user.enabled' : 'user.disabled', ...about, detail: { changed } }),
    change: async (acting) => {
      const { write, now: at } = acting;
      const current = (await write.users.byId(user.id)) ?? user;
      if ((current.disabledAt === null) === on) return false;
      // Power that comes back is new power: it waits like that of a new login (B84).
      const gained = { before: null, after: current };
      const held = on ? await holdOnGain(acting, account, current, gained) : current.powerHeldUntil;
      await write.users.update(user.id, { disabled_at: on ? null : at, power_held_until: held, updated_at: at });
      await endWhatIsLive(write, user.id, at);
      return true;
    },
  });
}

export async function switchAccount(desk: Desk, signed: SignedOperator, account: Account, { on, reason }: Switch) {
  const about = { account: account.id, ...(reason === undefined ? {} : { reason }) };
  return act<'directory:write', boolean>(desk, signed, SWITCHING, {
    entry: (changed) => ({ kind: on ? 'account.enabled' : 'account.disabled', ...about, detail: { changed } }),
    change: async ({ write, now: at }) => {
      const current = (await write.accounts.byId(account.id)) ?? account;
      if ((current.disabledAt === null) === on) return false;
      await write.accounts.update(account.id, { disabled_at: on ? null : at, updated_at: at });
      if (!on) for (const user of await write.users.ofAccount(account.id)) await endWhatIsLive(write, user.id, at);
      return true;
    },
  });
}

/** The enrolment code of a reset is made useless but kept: it also blocks enrolment until somebody enrols with a new one (B57). */
async function endWhatIsLive(write: Writes, userId: string, at: number): Promise<void> {
  await write.users.bumpAuthority(userId);
  await write.trust.end([userId]);
  await write.factors.deleteCodes(userId, ['activate', 'login', 'factor']);
  await write.resets.spoilEnrolmentCodes(userId, at);
}
