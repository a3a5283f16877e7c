/**
 * The clock of a desk on SQLite (B87). After a long silence a person confirms it, before anything is written. A latest time that was wrong is
 * set back by two operators, and whatever was allowed for a time ends with it.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { iso } from '../../rules/moment.js';
import { act } from '../authorise.js';
import { requireStillSecond } from '../operators/second-operator.js';
import { endEverything } from './end-everything.js';

/** Whoever opens the desk after a holiday: leads and admins. */
const CONFIRMING = { permission: 'approval:decide' } as const;
const SETTING_BACK = { permission: 'store:manage', fresh: true, inPerson: true, logsRefusals: true } as const;

export interface MendedClock {
  /** The latest time in the log before and after, ms. */
  readonly from: number;
  readonly to: number;
}

/** The desk's clock as it stands, after a look at the log. */
export async function clockState(desk: Desk) {
  await desk.store.read.audit.head();
  return desk.clock.state();
}

/** The silence was real: what is written from now on has this machine's time. Call `desk.clock.mend()` before the sign-in. */
export async function confirmClock(desk: Desk, signed: SignedOperator): Promise<MendedClock> {
  return act<'approval:decide', MendedClock>(desk, signed, CONFIRMING, {
    entry: ({ from }) => ({ kind: 'store.clock-confirmed', detail: { from: iso(from) } }),
    change: async ({ log, now }) => ({ from: log.latestAt, to: now }),
  });
}

/** Refusals: refused-by-policy (the clock is not behind the log), and those of the door. `approver` has just signed in. */
export async function setClockBack(desk: Desk, signed: SignedOperator, approver: Actor): Promise<MendedClock> {
  return act<'store:manage', MendedClock>(desk, signed, SETTING_BACK, {
    entry: ({ from, to }) => ({
      kind: 'store.clock-set-back',
      at: to,
      detail: { from: iso(from), approvedBy: approver.id, approver: approver.name },
    }),
    change: async ({ write, log, now, by }) => {
      if (log.latestAt <= now) throw refusal('refused-by-policy', 'clock-not-behind', {});
      await requireStillSecond(desk, write, { now, requester: by.operator.id, approver: approver.id });
      await endEverything(write, { now, seen: log.latestAt });
      // Otherwise rows of the time that was set back would count as past, and nobody would compare them.
      write.sums.renew();
      return { from: log.latestAt, to: now };
    },
  });
}
