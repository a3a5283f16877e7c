/** The beginning of a call: who and what it is about, before anything is asked (B05, B09, B73). */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import { type Action, findAction, unknownAction } from '../../rules/policy.js';
import { findAccount, findUser } from '../directory/find-account.js';
import { callerKeyOf } from '../lock-outs.js';

/** What a call asks of the operator. A notice that it queues goes out only once the answer stands on the screen (lock-notice.ts). */
export const VERIFYING = { permission: 'verify', sendLater: true } as const;

/** Who and what it is about, before anything is asked. Refusals: not-found (account), ambiguous (caller, B09), invalid-input (action). */
export interface Call {
  readonly account: Account;
  readonly caller: User | null;
  readonly action: Action;
  /** Under what this caller's attempts are counted; people nobody knows are counted too. */
  readonly callerKey: string;
}

export async function openCall(
  desk: Desk,
  request: { account: string; caller: string; action: string },
): Promise<Call> {
  const action = findAction(desk.policy, request.action);
  if (action === undefined) throw unknownAction(desk.policy, request.action);
  const account = await findAccount(desk, request.account);
  const caller = await callerOrNobody(desk, request.caller, account);
  const callerKey = caller === null ? unknownKey(desk, account, request.caller) : callerKeyOf(account, caller);
  return { account, caller, action, callerKey };
}

/** What somebody unknown called themselves is comparable, but not readable. */
const unknownKey = (desk: Desk, account: Account, said: string): string =>
  desk.digests.mac('mac/lookup', 'caller', account.id, foldKey(said));

/** A caller nobody knows is not an error but a caller who cannot be verified (B73). */
async function callerOrNobody(desk: Desk, reference: string, account: Account): Promise<User | null> {
  try {
    return (await findUser(desk, reference, account)).user;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-found') return null;
    throw error;
  }
}
