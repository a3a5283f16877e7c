/**
 * "Do not ask me again on this device": a token in the device's own file, whose digest the store has (B38, B39). The period runs
 * from the day it was made, and use does not extend it. The file alone, or the store alone, opens nothing.
 */
import type { Desk, SignedUser, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { days } from '../../rules/duration.js';
import { deviceStillRemembered, nextOf } from '../../rules/mfa-login.js';
import type { User } from '../../rules/people.js';
import { actAsOwner } from './act-as-owner.js';
import type { PortalLogin } from './customer-login.js';

/**
 * True if one of these tokens is a device of this user that is still within its period. A token is for one login on one device
 * (B43).
 */
export async function isRemembered(desk: Desk, write: Writes, user: User, tokens: readonly string[]): Promise<boolean> {
  const time = desk.clock.time();
  // A clock that was set back would stretch the period.
  if (time.behind) return false;
  for (const token of tokens) {
    const device = await write.factors.deviceByDigest(desk.digests.tokenDigest(token));
    if (device?.user_id !== user.id) continue;
    if (deviceStillRemembered(device.created_at, time.now, desk.policy.limits.device.rememberDays)) return true;
  }
  return false;
}

/** True if this login was asked for a factor, and is not the one that set the factor up (B38). */
export function mayRemember({ session }: { readonly session: SignedUser }): boolean {
  const next = nextOf(session);
  return next.step === 'none' && next.offersRemember;
}

const REMEMBERING = { lock: 'owner' } as const;

/** The token for the device's file. Refusal `refused-by-policy` if this login may not be remembered. */
export async function rememberDevice(desk: Desk, login: PortalLogin): Promise<string> {
  const { token, digest } = desk.digests.newToken('csd');
  const id = desk.newId('dev');
  await actAsOwner(desk, login, REMEMBERING, {
    entry: () => ({ kind: 'device.remembered', detail: { device: id } }),
    change: async ({ write, now, by }) => {
      if (!mayRemember(by.login)) {
        throw refusal('refused-by-policy', 'remember-too-early', {}, 'remember-at-code');
      }
      const user_id = by.login.user.id;
      // Deletes expired devices, so that they are not shown as remembered.
      await write.factors.deleteDevicesBefore(user_id, now - days(desk.policy.limits.device.rememberDays) + 1);
      await write.factors.insertDevice({ id, user_id, digest, created_at: now });
    },
  });
  return token;
}
