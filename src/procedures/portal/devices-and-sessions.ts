/**
 * "Do not ask me again on this device": a token in the device's own file, whose digest the store has (B38, B39). The period runs from the day
 * it was made, and use does not extend it. The file alone, or the store alone, opens nothing.
 *
 * Owners see which devices are remembered and which sessions are open, and end those that they do not know (B82). A session that was signed
 * in to by a remembered device ends when a device is forgotten. A device that was remembered since a session began is forgotten when the
 * owner ends that session: whoever had the session may have chosen it.
 */
import type { Desk, Reads, SignedUser, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { days, hours, minutes } from '../../rules/duration.js';
import { deviceStillRemembered, type LoginMethod, type LoginState, nextOf } from '../../rules/mfa-login.js';
import type { User } from '../../rules/people.js';
import { actAsOwner, askOwner } from './act-as-owner.js';
import { hasEnded, type PortalLogin } from './customer-login.js';

export interface Ended {
  readonly devices: readonly string[];
  readonly sessions: readonly string[];
}

type Which<All extends string> = { readonly id: string } | All;

const OWN = { lock: 'owner' } as const;

/**
 * True if one of these tokens is a device of this user that is still within its period. A token is for one login on one device (B43).
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

/** The token for the device's file. Refusal `refused-by-policy` if this login may not be remembered. */
export async function rememberDevice(desk: Desk, login: PortalLogin): Promise<string> {
  const { token, digest } = desk.digests.newToken('csd');
  const id = desk.newId('dev');
  await actAsOwner(desk, login, OWN, {
    entry: () => ({ kind: 'device.remembered', detail: { device: id } }),
    change: async ({ write, now, by }) => {
      if (!mayRemember(by.login)) throw refusal('refused-by-policy', 'remember-too-early', {}, 'remember-at-code');
      const user_id = by.login.user.id;
      // Deletes expired devices, so that they are not shown as remembered.
      await write.factors.deleteDevicesBefore(user_id, now - days(desk.policy.limits.device.rememberDays) + 1);
      await write.factors.insertDevice({ id, user_id, digest, created_at: now });
    },
  });
  return token;
}

/** `tokens` are those of the device file. Refusals: not-signed-in, factor-needed, enrolment-needed. */
export async function listDevices(desk: Desk, login: PortalLogin, tokens: readonly string[]) {
  await askOwner(desk, login, OWN);
  const { rememberDays } = desk.policy.limits.device;
  const here = digestsOf(desk, tokens);
  return (await devicesOf(desk, desk.store.read, login, desk.now())).map((row) => ({
    id: row.id,
    rememberedAt: row.created_at,
    expiresAt: row.created_at + days(rememberDays),
    here: here.has(row.digest),
  }));
}

/** Refusals: those of `listDevices`; not-found. Nothing to forget is no error. */
export async function forgetDevices(desk: Desk, login: PortalLogin, which: Which<'all'>) {
  await askOwner(desk, login, OWN);
  return actAsOwner<'owner', Ended>(desk, login, OWN, {
    entry: (ended) => ({ kind: 'device.forgotten', detail: { ...ended } }),
    change: async ({ write, now, by }) => {
      const known = await devicesOf(desk, write, by.login, now);
      const devices = known.map(({ id }) => id).filter((id) => which === 'all' || id === which.id);
      if (which !== 'all' && devices.length === 0)
        throw refusal('not-found', 'device-unknown', { id: which.id }, 'list-devices');
      const open = await sessionsOf(desk, write, by.login, now);
      const byDevice = open.filter(({ method, id }) => method === 'password+device' && id !== login.session.sessionId);
      const ended: Ended = { devices, sessions: devices.length === 0 ? [] : byDevice.map(({ id }) => id) };
      await write.trust.endThese(ended);
      return ended;
    },
  });
}

/** Refusals: as `listDevices`. */
export async function listSessions(desk: Desk, login: PortalLogin) {
  await askOwner(desk, login, OWN);
  const { hours: longest, idleMinutes } = desk.policy.limits.portalSession;
  return (await sessionsOf(desk, desk.store.read, login, desk.now())).map((row) => ({
    id: row.id,
    state: row.state as LoginState,
    method: row.method as LoginMethod,
    openedAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: Math.min(row.created_at + hours(longest), row.last_seen_at + minutes(idleMinutes)),
    current: row.id === login.session.sessionId,
  }));
}

/**
 * `others`: all but the one that asks. The devices whose tokens were given with this command stay. Refusals: those of `listDevices`;
 * not-found.
 */
export async function endSessions(desk: Desk, login: PortalLogin, which: Which<'others'>, tokens: readonly string[]) {
  await askOwner(desk, login, OWN);
  const here = digestsOf(desk, tokens);
  return actAsOwner<'owner', Ended>(desk, login, OWN, {
    entry: (ended) => ({ kind: 'portal.sessions-ended', detail: { ...ended } }),
    change: async ({ write, now, by }) => {
      const own = by.login.session.sessionId;
      const open = await sessionsOf(desk, write, by.login, now);
      const chosen = open.filter(({ id }) => (which === 'others' ? id !== own : id === which.id));
      if (which !== 'others' && chosen.length === 0)
        throw refusal('not-found', 'session-unknown', { id: which.id }, 'list-sessions');
      const begun = chosen.filter(({ id }) => id !== own).map((row) => row.created_at);
      const since = Math.min(...begun, Number.POSITIVE_INFINITY);
      const devices = (await devicesOf(desk, write, by.login, now))
        .filter((row) => row.created_at >= since && !here.has(row.digest))
        .map(({ id }) => id);
      const ended: Ended = { devices, sessions: chosen.map(({ id }) => id) };
      await write.trust.endThese(ended);
      return ended;
    },
  });
}

const digestsOf = (desk: Desk, tokens: readonly string[]): ReadonlySet<string> =>
  new Set(tokens.map((token) => desk.digests.tokenDigest(token)));

async function devicesOf(desk: Desk, { factors }: Pick<Reads, 'factors'>, { user }: PortalLogin, now: number) {
  const { rememberDays } = desk.policy.limits.device;
  return (await factors.devices(user.id)).filter((row) => deviceStillRemembered(row.created_at, now, rememberDays));
}

/** Newest first. */
async function sessionsOf(desk: Desk, reads: Pick<Reads, 'portalSessions'>, { user }: PortalLogin, now: number) {
  const open = (await reads.portalSessions.ofUser(user.id)).filter((row) => !hasEnded(desk, row, now));
  return open.toSorted((a, b) => b.created_at - a.created_at);
}
