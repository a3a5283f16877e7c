/**
 * What an operator should know before asking for the phrase: earlier failures on this caller with any operator, and recent changes (B76).
 */
import type { Desk } from '../../desk.js';
import { days, hours } from '../../rules/duration.js';
import { refusalNow } from '../../rules/throttle.js';
import { toThrottle } from '../lock-outs.js';
import type { Call } from './open-call.js';

export type CallerAlerts = Awaited<ReturnType<typeof callerAlerts>>;

/** Without news for so long, a call that nobody ended is none. */
const ON_THE_LINE = hours(1);

/** `operatorId`: who reads them. */
export async function callerAlerts(desk: Desk, call: Call, sharedContacts: number, operatorId: string) {
  const { read } = desk.store;
  const now = desk.now();
  const lookBackDays = desk.policy.limits.throttle.alertLookBackDays;
  const since = now - days(lookBackDays);
  const failures = await read.verifications.failuresOn(call.callerKey, since);
  const throttle = toThrottle(await read.throttles.get(`caller:${call.callerKey}`));
  const locked = refusalNow(throttle, desk.clock.time());
  const recent = (time: number | null | undefined): number | null => (time != null && time >= since ? time : null);
  const { caller } = call;
  const passphrase = caller === null ? undefined : await read.secrets.passphrase(caller.id);
  const createdAt = caller === null ? undefined : await read.users.createdAt(caller.id);
  const reset = caller === null ? undefined : await read.resets.latestOfUser(caller.id);
  const contact = caller !== null && caller.contactChangedAt !== createdAt ? caller.contactChangedAt : null;
  return {
    /** How far back failures and changes count. */
    lookBackDays,
    /** Failed or refused attempts, and by how many operators. */
    failures: failures.length,
    failedOperators: new Set(failures.map((row) => row.operator_id)).size,
    lastFailureAt: failures[0]?.started_at ?? null,
    lockedUntil: locked?.kind === 'locked' ? locked.until : null,
    disabled: locked?.kind === 'disabled',
    passphraseChangedAt: recent(passphrase?.set_at),
    contactChangedAt: recent(contact),
    resetAt: recent(reset?.at),
    /** Other logins anywhere with the same e-mail or phone (B09). */
    sharedContacts,
    /** Names of other operators who have this caller on a call: a sign of somebody who plays one against the other (E30). */
    alsoWith: caller === null ? [] : await othersOn(desk, caller.id, operatorId),
  };
}

async function othersOn({ store: { read }, now }: Desk, userId: string, operatorId: string) {
  const open = await read.calls.openAbout(userId, now() - ON_THE_LINE);
  const ids = new Set(open.map(({ operator_id }) => operator_id).filter((id) => id !== operatorId));
  return Promise.all([...ids].map(async (id) => (await read.operators.byId(id))?.name ?? id));
}
