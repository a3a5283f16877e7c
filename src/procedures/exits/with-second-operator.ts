/**
 * What the desk changes of a customer's powers only with a second operator (B56, B84). The first try plans and makes a request that shows
 * what would change; the same command acts once it is approved. The plan is made inside the transaction that acts, so what was approved is
 * what happens, and after any change in between it is another request.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { ApprovalReason } from '../../rules/approval.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { known } from '../../rules/known.js';
import type { Account } from '../../rules/people.js';
import { type Acting, act, type Door } from '../authorise.js';
import { approvalNeeded, changeSubject, requestApproval, useApproval, waitingEntries } from '../resets/approvals.js';

export interface Wish {
  readonly why: Extract<ApprovalReason, 'successor' | 'edition' | 'sign-in-kind' | 'external' | 'connector'>;
  readonly account: Account;
  readonly reason: string | undefined;
  readonly door?: Door<'directory:write'>;
}

type Plan = Readonly<{ users: readonly string[]; change: string | null; fields?: readonly string[] }>;
export const CHANGING_POWER = { permission: 'directory:write', fresh: true, logsRefusals: true } as const;

/**
 * A plan says whose powers change, and how, in one line for whoever approves it; null where one operator is enough. `fields`: all that it changes: what
 * needs one has to stand alone. Refusals: approval-needed (the request is made, and named in the document), missing-option, usage, and those of `plan`.
 */
export async function withSecondOperator<P extends Plan, T>(
  desk: Desk,
  signed: SignedOperator,
  { why, account, reason, door = CHANGING_POWER }: Wish,
  steps: {
    readonly plan: (acting: Acting<'directory:write'>) => Promise<P>;
    readonly apply: (acting: Acting<'directory:write'>, plan: P) => Promise<T>;
    /** About the account, for the reason that was given. */
    readonly entry: (done: T) => ActEntry;
  },
): Promise<T> {
  const done = await act(desk, signed, door, {
    change: async (acting) => {
      const plan = await steps.plan(acting);
      if (plan.change !== null) {
        // Nothing happens beside what is approved.
        if ((plan.fields?.length ?? 1) > 1) throw refusal('usage', 'change-alone', { option: `--${why}` });
        if (!reason?.trim()) throw refusal('missing-option', 'reason-missing', { to: 'change' });
        const change = `${account.number}: ${plan.change}`;
        const { subject, hash } = await changeSubject(acting, { users: plan.users, change, reason });
        if ((await useApproval(acting, hash)) === undefined) return requestApproval(acting, why, subject);
      }
      return { value: await steps.apply(acting, plan) };
    },
    entry: (result) => {
      if ('value' in result) return { ...steps.entry(result.value), account: account.id, ...known({ reason }) };
      const detail = { asked: why, approval: result.request.id };
      return waitingEntries(result, { kind: 'account.change-refused', account: account.id, detail });
    },
  });
  if ('request' in done) throw approvalNeeded(done.request);
  return done.value;
}
