/**
 * Owners see which devices are remembered and which sessions are open, and end those that they do not know (B82). A session that was signed
 * in to by a remembered device ends when a device is forgotten. A device that was remembered since a session began is forgotten when the
 * owner ends that session: whoever had the session may have chosen it.
 */
import type { Desk, PortalSessionRow, Reads } from '../../desk.js';
import { refusal } from '../../errors.js';
import { days, hours, minutes } from '../../rules/duration.js';
import { deviceStillRemembered, type LoginMethod, type LoginState } from '../../rules/mfa-login.js';
import { actAsOwner, askOwner } from './act-as-owner.js';
import { hasEnded, type PortalLogin } from './customer-login.js';

export type ShownDevice = Awaited<ReturnType<typeof listDevices>>[number];

export type ShownSession = Awaited<ReturnType<typeof listSessions>>[number];

export interface Ended {
  readonly devices: readonly string[];
  readonly sessions: readonly string[];
}

const OWN = { lock: 'owner' } as const;

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
export async function forgetDevices(desk: Desk, login: PortalLogin, which: { readonly id: string } | 'all') {
  await askOwner(desk, login, OWN);
  return actAsOwner<'owner', Ended>(desk, login, OWN, {
    entry: (ended) => ({ kind: 'device.forgotten', detail: { ...ended } }),
    change: async ({ write, now, by }) => {
      const known = await devicesOf(desk, write, by.login, now);
      const devices = known.map(({ id }) => id).filter((id) => which === 'all' || id === which.id);
      if (which !== 'all' && devices.length === 0) {
        throw refusal('not-found', 'device-unknown', { id: which.id }, 'list-devices');
      }
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
export async function endSessions(
  desk: Desk,
  login: PortalLogin,
  which: { readonly id: string } | 'others',
  tokens: readonly string[],
): Promise<Ended> {
  await askOwner(desk, login, OWN);
  const here = digestsOf(desk, tokens);
  return actAsOwner<'owner', Ended>(desk, login, OWN, {
    entry: (ended) => ({ kind: 'portal.sessions-ended', detail: { ...ended } }),
    change: async ({ write, now, by }) => {
      const own = by.login.session.sessionId;
      const open = await sessionsOf(desk, write, by.login, now);
      const chosen = open.filter(({ id }) => (which === 'others' ? id !== own : id === which.id));
      if (which !== 'others' && chosen.length === 0) {
        throw refusal('not-found', 'session-unknown', { id: which.id }, 'list-sessions');
      }
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
async function sessionsOf(
  desk: Desk,
  { portalSessions }: Pick<Reads, 'portalSessions'>,
  { user }: PortalLogin,
  now: number,
): Promise<readonly PortalSessionRow[]> {
  const open = (await portalSessions.ofUser(user.id)).filter((row) => !hasEnded(desk, row, now));
  return open.toSorted((a, b) => b.created_at - a.created_at);
}
