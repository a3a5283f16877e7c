/** A lead lifts every lock of one person, on the phone and in the portal, with a reason (B76). */
import type { Desk, SignedOperator } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { Account, User } from '../../rules/people.js';
import { callerKeyOf, liftLock, type Subject } from '../lock-outs.js';

/** Everything under which wrong answers of this person are counted. */
export function subjectsOf(account: Account, user: User): readonly Subject[] {
  return [
    `caller:${callerKeyOf(account, user)}`,
    `portal:${user.id}`,
    `portal-code:${user.id}`,
    `activate:${user.id}`,
    `enrol:${user.id}`,
  ];
}

/** Answers which of them had anything to lift: `caller`, `portal`, … Refusal `missing-option` without a reason. */
export async function unlockCaller(
  desk: Desk,
  signed: SignedOperator,
  { account, user }: { account: Account; user: User },
  reason: string,
): Promise<readonly string[]> {
  if (reason.trim() === '') throw new Refusal('missing-option', 'missing: --reason, why the lock is lifted');
  return desk.store.record(
    (lifted: readonly string[]) => ({
      kind: 'user.unlocked',
      outcome: 'done',
      at: desk.now(),
      by: signed.actor,
      account: account.id,
      user: user.id,
      reason: reason.trim(),
      detail: { lifted },
    }),
    async (write, log) => {
      const lifted: string[] = [];
      for (const subject of subjectsOf(account, user)) {
        if (await liftLock(desk, write, log, subject, 'lead')) lifted.push(subject.slice(0, subject.indexOf(':')));
      }
      return lifted;
    },
  );
}
