/** The first step of a verification: the attempt is counted and committed before the phrase is checked (B72, T6). */
import type { Desk, LogState, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import type { Account } from '../../rules/people.js';
import { judgeSpray, SPRAY_WINDOW, type SprayVerdict, type ThrottleDecision } from '../../rules/throttle.js';
import { type LockWords, lockedRefusal, reserveAttempt, timeOf } from '../lock-outs.js';
import { tellEvents } from '../messages/queue-events.js';
import type { Call } from './open-call.js';

const CALLER_LOCK: LockWords = {
  who: 'this caller',
  whileLocked: 'Wait, or let the owner sign in to the portal, which lifts the lock.',
  onceDisabled: 'A lead can lift it with: countersign user unlock ACCOUNT/LOGIN --reason TEXT',
};

/** Step 1: the attempt and the word "started", in one transaction. Locked subjects go no further. */
export async function countVerification(
  desk: Desk,
  signed: SignedOperator,
  request: { readonly ticket: string | undefined },
  call: Call,
  id: string,
): Promise<number> {
  const at = desk.now();
  const base = verificationEntryBase(signed, call, request.ticket, at, id);
  const outcome = await desk.store.record<ThrottleDecision | SprayVerdict>(
    (result) =>
      typeof result === 'object' && result.kind === 'proceed'
        ? { ...base, kind: 'verification.started', outcome: 'started' }
        : {
            ...base,
            kind: 'verification.refused',
            outcome: 'refused',
            reason: typeof result === 'object' ? 'locked' : result,
          },
    async (write, log) => {
      await write.verifications.insert({
        id,
        operator_id: signed.operator.id,
        account_id: call.account.id,
        user_id: call.caller?.id ?? null,
        caller_key: call.callerKey,
        action: call.action.id,
        ticket: request.ticket ?? null,
        outcome: 'started',
        reason: 'started',
        started_at: timeOf(desk, log).now,
        decided_at: null,
      });
      const spray = await lookForSpray(desk, write, log, signed, call.account);
      const decision = spray === 'ok' ? await reserveAttempt(desk, write, log, `caller:${call.callerKey}`) : spray;
      if (typeof decision === 'object' && decision.kind === 'proceed') return decision;
      const reason = typeof decision === 'object' ? 'locked' : decision;
      await write.verifications.update(id, { outcome: 'refused', reason, decided_at: at });
      return decision;
    },
  );
  if (typeof outcome !== 'string' && outcome.kind === 'proceed') return outcome.attempt;
  await tellEvents(desk);
  throw typeof outcome === 'string' ? sprayRefusal(outcome) : lockedRefusal(outcome, CALLER_LOCK);
}

async function lookForSpray(
  desk: Desk,
  write: Writes,
  log: LogState,
  signed: SignedOperator,
  account: Account,
): Promise<SprayVerdict> {
  const since = timeOf(desk, log).now - SPRAY_WINDOW;
  return judgeSpray(
    {
      operatorFailuresLastHourOverDifferentCallers: await write.verifications.failedCallers(signed.operator.id, since),
      accountFailuresLastHour: await write.verifications.failuresInAccount(account.id, since),
      deskFailuresLastHour: await write.verifications.failuresOfDesk(since),
    },
    desk.policy.limits,
  );
}

function sprayRefusal(verdict: SprayVerdict): Refusal {
  const whose = {
    ok: '',
    'operator-stop': 'by you over different callers',
    'account-stop': 'in this account',
    'desk-stop': 'at this desk',
  }[verdict];
  return new Refusal('locked', `too many failed verifications ${whose} within an hour`, {
    hint: 'Stop and tell your lead: someone may be trying many callers.',
  });
}

export type VerificationBase = Pick<AuditEntry, 'at' | 'by' | 'account' | 'user' | 'ticket' | 'detail'>;

export function verificationEntryBase(
  signed: SignedOperator,
  call: Call,
  ticket: string | undefined,
  at: number,
  id: string,
): VerificationBase {
  return {
    at,
    by: signed.actor,
    account: call.account.id,
    ...(call.caller === null ? {} : { user: call.caller.id }),
    ...(ticket === undefined ? {} : { ticket }),
    detail: { verification: id, action: call.action.id, ...(call.caller === null ? { caller: call.callerKey } : {}) },
  };
}
