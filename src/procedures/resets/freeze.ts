/**
 * The freeze (B63): one switch that stops every reset of every process. It is a row with a tag that is always there, so that nobody lifts it
 * by deleting a row (T20). Each reset checks it in its own transaction, so a freeze stops everything that is not committed yet.
 */
import type { Desk, Reads, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import { iso } from '../../rules/moment.js';
import { isFrozen } from '../../rules/remote-reset.js';
import { act, askAuthority } from '../authorise.js';
import { soundingAlarms } from '../calls/alarms.js';
import { switchedOff } from '../messages/channel-switch.js';

export type Freeze = NonNullable<Awaited<ReturnType<typeof currentFreeze>>>;

/** The freeze in force, or null; an expired one does not count. `until`: when it ends by itself, ms; null if somebody must thaw. */
export async function currentFreeze(reads: Pick<Reads, 'freeze'>, now: number) {
  const row = await reads.freeze.get();
  const { frozen_at: at, frozen_until: until, by_id, by_name, reason } = row;
  if (at === null || !isFrozen(row, now)) return null;
  return { by: { id: by_id ?? '', name: by_name ?? '' }, at, until, reason };
}

/** A message that is due for longer than this says that no worker is alive. */
const LATE = minutes(5);
/** Less is low: a bulk run of 100,000 and its log take about a quarter of it. */
const LOW_DISK = 1024 ** 3;

/** What holds at this desk now, in one document for a monitor (B89, B95): alarms, freeze, what waits, mail, clock, disk. */
export async function deskStatus(desk: Desk) {
  const now = desk.now();
  const { read } = desk.store;
  const { queued = 0, 'given-up': givenUp = 0 } = await read.outbox.counts();
  const dueSince = await read.outbox.dueSince(now);
  const latest = (await read.audit.head())?.latestAt ?? 0;
  const free = desk.store.bytesFree();
  const alarms = await soundingAlarms(desk, now);
  const mail = { queued, givenUp, dueSince, late: dueSince !== null && now - dueSince > LATE };
  const freeze = await currentFreeze(read, now);
  const off = [...(await switchedOff(desk)).keys()];
  const disk = { bytes: await desk.store.bytes(), free, low: free !== null && free < LOW_DISK };
  return {
    /** Nothing that somebody should look at. */
    calm: alarms.length === 0 && freeze === null && !mail.late && off.length === 0 && !disk.low,
    alarms,
    freeze,
    approvals: (await read.approvals.pending(now, 1_000)).length,
    mail,
    off,
    clock: { now, latest },
    disk,
  };
}

/** Call it inside the write door. Refusal `refused-by-policy`. */
export async function requireNotFrozen(reads: Pick<Reads, 'freeze'>, now: number): Promise<void> {
  const freeze = await currentFreeze(reads, now);
  if (freeze === null) return;
  throw refusal('refused-by-policy', 'resets-frozen', { until: freeze.until, by: freeze.by.name }, 'lead-thaws', {
    also: { freeze: freezeDocument(freeze) },
  });
}

export const freezeDocument = (freeze: Freeze) => ({
  by: freeze.by,
  since: iso(freeze.at),
  until: iso(freeze.until),
  reason: freeze.reason,
});

const rowOf = (freeze: Freeze | null) => ({
  frozen_at: freeze?.at ?? null,
  frozen_until: freeze?.until ?? null,
  by_id: freeze?.by.id ?? null,
  by_name: freeze?.by.name ?? null,
  reason: freeze?.reason ?? null,
});

const FREEZING = { permission: 'mfa:freeze' } as const;
/** Letting resets go on is the more dangerous half, so it needs a fresh code. */
const THAWING = { permission: 'mfa:freeze', fresh: true } as const;

/** Freezes resets, or changes the end and the reason of a freeze. */
export async function freezeResets(
  desk: Desk,
  signed: SignedOperator,
  asked: { readonly reason: string | null; readonly until: number | null },
): Promise<Freeze> {
  await askAuthority(desk, signed, FREEZING);
  const at = desk.now();
  if (asked.until !== null && asked.until <= at) throw refusal('invalid-input', 'freeze-end-passed', {}, 'later-time');
  const reason = asked.reason === null ? {} : { reason: asked.reason };
  return act(desk, signed, FREEZING, {
    entry: () => ({ kind: 'mfa.frozen', at, ...reason, detail: { until: asked.until } }),
    change: async ({ write, by: { actor } }) => {
      const freeze = { by: { id: actor.id, name: actor.name }, at, ...asked };
      await write.freeze.set(rowOf(freeze));
      return freeze;
    },
  });
}

/** Returns the freeze that was ended, or null if there was none. */
export async function thawResets(desk: Desk, signed: SignedOperator): Promise<Freeze | null> {
  return act<'mfa:freeze', Freeze | null>(desk, signed, THAWING, {
    entry: (was) => ({ kind: 'mfa.thawed', detail: { frozen: was !== null } }),
    change: async ({ write, now }) => {
      const was = await currentFreeze(write, now);
      await write.freeze.set(rowOf(null));
      return was;
    },
  });
}
