/** The beginning of a call: who and what it is about, before anything is asked (B05, B09, B73). */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import { type Action, findAction, unknownAction } from '../../rules/policy.js';
import { askAuthority, note } from '../authorise.js';
import { findAccount, findUser, unlessRefused } from '../directory/find-account.js';
import { callerKeyOf } from '../lock-outs.js';

/** The door for calls. A notice that it queues is sent only after the answer is on the screen (count-verification.ts). */
export const VERIFYING = { permission: 'verify', sendLater: true } as const;

/** Who and what a call is about. Refusals of `openCall`: not-found (account), ambiguous (caller, B09), invalid-input (action). */
export interface Call {
  readonly account: Account;
  readonly caller: User | null;
  /** The caller as the operator typed it. */
  readonly said: string;
  readonly action: Action;
  /** The key under which this caller's attempts are counted; unknown callers are counted too. */
  readonly callerKey: string;
}

export interface Asked {
  /** Number, id or unique name. */
  readonly account: string;
  /** Login, id or unique e-mail, as the caller gave it; may match nobody. */
  readonly caller: string;
  /** `category:action` of the policy. */
  readonly action: string;
}

export async function openCall(desk: Desk, request: Asked): Promise<Call> {
  const action = findAction(desk.policy, request.action);
  if (action === undefined) throw unknownAction(desk.policy, request.action);
  const account = await findAccount(desk, request.account);
  // An unknown caller is not an error but a caller who cannot be verified (B73).
  const found = await unlessRefused(['not-found'], () => findUser(desk, request.caller, account));
  const caller = found?.user ?? null;
  const callerKey = caller === null ? unknownKey(desk, account, request.caller) : callerKeyOf(account, caller);
  return { account, caller, said: request.caller, action, callerKey };
}

/** As `openCall`; a company that is not found is in the log too (B74), without the text, which may be anything. */
export async function openAskedCall(desk: Desk, signed: SignedOperator, asked: Asked): Promise<Call> {
  await askAuthority(desk, signed, VERIFYING);
  return openCall(desk, asked).catch(async (error: unknown) => {
    if (isRefusal(error) && error.code === 'not-found') {
      const entry = { kind: 'verification.refused', outcome: 'refused', reason: error.code } as const;
      await note(desk, signed, VERIFYING, { ...entry, detail: { action: asked.action } });
    }
    throw error;
  });
}

/** The name that an unknown caller gave can be compared, but not read. */
const unknownKey = (desk: Desk, account: Account, said: string): string =>
  desk.digests.mac('mac/lookup', 'caller', account.id, foldKey(said));
