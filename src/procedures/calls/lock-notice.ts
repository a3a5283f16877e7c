/**
 * Tells the owner when wrong phrases lock verification by phone: it may be the first sign that somebody poses as them. The
 * message is queued in the verdict's transaction, and sent only after the answer is on the operator's screen: a call must not
 * take longer for a caller with an address than for an unknown one (B73).
 */

import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { refusalNow } from '../../rules/throttle.js';
import type { Acting } from '../authorise.js';
import { type Subject, toThrottle } from '../lock-outs.js';
import { prepareMessage } from '../messages/queue-message.js';

/** `attempt`: as `reserveAttempt` numbered it. Queues one message if this very attempt caused the lock and its owner has an address, none otherwise. */
export async function queueLockNotice(
  { desk, write }: Pick<Acting<'verify'>, 'desk' | 'write' | 'log'>,
  { account, caller }: { readonly account: Account; readonly caller: User | null },
  { subject, attempt }: { readonly subject: Subject; readonly attempt: number },
): Promise<void> {
  const state = toThrottle(await write.throttles.get(subject));
  const lock = refusalNow(state, desk.clock.time());
  if (lock === undefined || state.reserved !== attempt || caller === null || caller.email === '') return;
  const message = prepareMessage(desk, {
    template: 'locked-out',
    to: caller.email,
    account,
    user: caller,
    values: {
      name: caller.name,
      login: caller.login,
      account: account.name,
      count: String(state.failures),
      when: minuteOf(desk.now()),
      until: lock.kind === 'locked' ? minuteOf(lock.until) : ['mail', 'until-lifted'],
    },
  });
  await write.outbox.insert([message]);
}
