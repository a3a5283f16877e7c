/** A lead lifts every lock of one person, on the phone and in the portal, with a reason (B76). */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Account, Owner, User } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { callerKeyOf, liftLock, type Subject } from '../lock-outs.js';

/** All subjects under which wrong answers of this person are counted. */
export function subjectsOf(account: Account, user: User): readonly Subject[] {
  return [`caller:${callerKeyOf(account, user)}`, `portal:${user.id}`, `portal-code:${user.id}`];
}

const UNLOCKING = { permission: 'user:unlock' } as const;

/** Returns which of them had anything to lift: `caller`, `portal`, … Refusal `missing-option` without a reason. */
export async function unlockCaller(desk: Desk, signed: SignedOperator, { account, user }: Owner, reason: string) {
  await askAuthority(desk, signed, UNLOCKING);
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'unlock' });
  const about = { account: account.id, user: user.id, reason: reason.trim() };
  return act<'user:unlock', readonly string[]>(desk, signed, UNLOCKING, {
    entry: (lifted) => ({ kind: 'user.unlocked', ...about, detail: { lifted } }),
    change: async ({ write }) => {
      const lifted: string[] = [];
      for (const subject of subjectsOf(account, user)) {
        if (await liftLock(desk, write, subject, 'lead')) lifted.push(subject.slice(0, subject.indexOf(':')));
      }
      return lifted;
    },
  });
}
