/** What an admin sees and does about the store as a whole: facts, and a copy. Restoring is in custody (restore-store.ts). */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { iso } from '../../rules/moment.js';
import { act, askAuthority, note } from '../authorise.js';
import { logState } from '../log/log-checkpoint.js';
import { requireStillSecond } from '../operators/second-operator.js';

export async function storeInfo(desk: Desk) {
  const { read } = desk.store;
  const createdAt = await read.meta.get('created-at');
  return {
    id: (await read.meta.get('store-id')) ?? null,
    engine: desk.store.engine,
    place: desk.store.place,
    schema: desk.store.schema,
    bytes: await desk.store.bytes(),
    keyId: desk.keyring.keyId,
    createdAt: createdAt === undefined ? null : Number(createdAt),
    counts: await read.meta.counts(),
    log: await logState(read.audit, desk.notary),
  };
}

/** The door for copying the store, and replacing it by a copy. A script may: it makes the backup of each night. */
export const CARE_FOR_STORE = { permission: 'store:manage', fresh: true } as const;

/**
 * The door for copying or changing the key: with it a stolen token could take everything, so it needs a person (B80). So does the policy:
 * whoever can write settings and has a script's token must not change the rules.
 */
export const CARE_FOR_KEY = { ...CARE_FOR_STORE, inPerson: true } as const;

/**
 * Copies the whole store into a new file (0600) while others use it. The entry is written first, so that the copy contains it;
 * the copy never contains the key. Refusal `usage` on PostgreSQL, which has tools of its own.
 */
export async function backUpStore(desk: Desk, signed: SignedOperator, file: string): Promise<{ logSize: number }> {
  await askAuthority(desk, signed, CARE_FOR_STORE);
  if (desk.store.engine === 'sqlite')
    await note(desk, signed, CARE_FOR_STORE, { kind: 'store.backed-up', outcome: 'started', detail: { file } });
  const { size } = await logState(desk.store.read.audit, desk.notary);
  await desk.store.backup(file);
  return { logSize: size };
}

/**
 * `policy accept`: makes the policy that the settings name the desk's own (B79). While another policy than the accepted one is in force, the policy
 * that comes with countersign judges, so a policy cannot give anyone the right to accept it. `before` and `after`: SHA-256, hex; null if the desk had
 * accepted none. `follows`: the one that comes with countersign, also when that changes. Refusals as `act`.
 */
export async function acceptPolicy(desk: Desk, signed: SignedOperator) {
  const { pinned, offered, accepted } = desk.pin;
  const follows = offered.pinned !== offered.hash;
  if (accepted) return { before: offered.hash, after: offered.hash, follows, changed: false };
  const before = pinned === undefined ? null : /^[0-9a-f]{64}$/.test(pinned) ? pinned : desk.policyHash;
  const detail = { before, after: offered.hash, follows };
  await act(desk, signed, CARE_FOR_KEY, {
    entry: () => ({ kind: 'policy.accepted', detail }),
    change: ({ write, now }) => write.policyPin.put(offered.pinned, now),
  });
  return { before, after: offered.hash, follows, changed: true };
}

/** Records that a copy of the master key was made: the log says by whom, and `doctor` says how old the newest copy is. */
export interface KeyBackupNote {
  readonly keyId: string;
  readonly at: number;
}

/** Call it before the copy leaves the desk: without an entry, no copy. */
export async function noteKeyBackup(desk: Desk, signed: SignedOperator, keyId: string): Promise<void> {
  await act(desk, signed, CARE_FOR_KEY, {
    entry: () => ({ kind: 'key.backed-up', detail: { key: keyId } }),
    change: ({ write, now: at }) => write.meta.put('key-backup', JSON.stringify({ keyId, at } satisfies KeyBackupNote)),
  });
}

/** The newest copy that was made; undefined if there was none. */
export function readKeyBackupNote(text: string | undefined): KeyBackupNote | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as KeyBackupNote);
}

/** Whoever opens the desk after a holiday: leads and admins. */
const CONFIRMING = { permission: 'approval:decide' } as const;
const SETTING_BACK = { ...CARE_FOR_KEY, logsRefusals: true } as const;

/** The latest time in the log before and after, ms. */
export type MendedClock = Awaited<ReturnType<typeof confirmClock>>;

/** The desk's clock as it stands, after a look at the log. */
export async function clockState(desk: Desk) {
  await desk.store.read.audit.head();
  return desk.clock.state();
}

/** The silence was real: what is written from now on has this machine's time. Call `desk.clock.mend()` before the sign-in. */
export async function confirmClock(desk: Desk, signed: SignedOperator) {
  return act(desk, signed, CONFIRMING, {
    change: async ({ log, now }) => ({ from: log.latestAt, to: now }),
    entry: ({ from }) => ({ kind: 'store.clock-confirmed', detail: { from: iso(from) } }),
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
      await write.outbox.setBack(now, log.latestAt - now, now + days(2));
      // Otherwise rows of the time that was set back would count as past, and nobody would compare them.
      write.sums.renew();
      return { from: log.latestAt, to: now };
    },
  });
}

/**
 * Ends what somebody was allowed for a time: after the store or the clock went back, nothing that had ended may live again. Sessions, remembered devices, phrases heard on calls, start codes, grants, approvals and unused codes end; so do tokens that ran out before `seen`, the latest time
 * known before. Lock-outs stay. Times in ms.
 */
export async function endEverything(write: Writes, { now, seen }: { readonly now: number; readonly seen: number }) {
  await write.operators.endEverySession(now);
  await write.operators.revokeRunOut(seen, now);
  await write.lifeCycle.endEveryStart(now);
  await write.trust.endEverything();
  await write.grants.revokeEvery(now);
  await write.approvals.endEvery(now);
  await write.factors.endEveryCode(now);
}
