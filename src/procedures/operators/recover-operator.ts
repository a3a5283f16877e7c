/**
 * A new start code for an operator who lost password or authenticator (B80). It needs a second operator in person: otherwise one admin
 * could become anybody. Where no other operator could be the second, a recovery code of the one who asks counts instead, and the code of
 * the start is good only after some hours, in which the owner and everybody who reads the log can object.
 */
import type { Desk, OperatorRow, Reads, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { minuteOf, minuteUp } from '../../rules/moment.js';
import { act, askAuthority, loggingRefusals } from '../authorise.js';
import { recoveryWrong } from './guesses.js';
import { findOperator, MANAGE_OPERATORS } from './make-operator.js';
import { tellOperator } from './operator-notices.js';
import { requireRecoveryCode } from './recovery-codes.js';
import {
  type Asking,
  canApprove,
  layHand,
  notAlone,
  otherApprovers,
  requireStillSecond,
  secondOperator,
} from './second-operator.js';
import type { SignIn } from './sign-in-operator.js';
import { type Giving, giveStart, type StartReason } from './start-code.js';

export interface RecoveryWish {
  readonly reference: string;
  readonly reason: string;
  /** A second operator, or a recovery code of the operator who asks; null if neither was given. Called only if one is needed. */
  readonly second: () => Promise<GivenSecond | null>;
}

export type GivenSecond = { readonly approver: SignIn } | { readonly recoveryCode: string };

export type Recovered = Awaited<ReturnType<typeof recover>>;

/** Refusals: not-found, forbidden (oneself; the second operator), approval-needed, not-signed-in (a wrong recovery code), locked. */
export async function recoverOperator(desk: Desk, signed: SignedOperator, wish: RecoveryWish): Promise<Recovered> {
  await askAuthority(desk, signed, MANAGE_OPERATORS);
  const { reason } = wish;
  const target = await findOperator(desk.store.read, wish.reference);
  if (reason.trim() === '') throw refusal('missing-option', 'recovery-reason-missing', {});
  await loggingRefusals(desk, signed, MANAGE_OPERATORS, () => {
    if (target.id === signed.operator.id) throw refusal('forbidden', 'own-recovery', {}, 'use-recovery-code');
    if (target.disabled_at !== null)
      throw refusal('refused-by-policy', 'recover-disabled', { name: target.name }, 'enable-operator');
  });
  const second = await secondYes(desk, signed, target, wish);
  return act(desk, signed, MANAGE_OPERATORS, {
    change: async (acting) => {
      const { write, now, by } = acting;
      const row = await findOperator(write, target.id);
      await second.requireStill(write, row, now);
      // Nobody said yes to one that waits, so whom the requester could ask before is still there.
      const waits = canApprove(desk, row) ? 'stopped' : 'changed';
      const hands = { added: 'invited', recovered: 'recovered', waiting: waits } as const;
      await layHand(acting, row.id, hands[second.start]);
      return recover(acting, row, by.operator.name, second.start);
    },
    entry: (done) => ({ kind: 'operator.recovered', reason, detail: detailOf(done, second.approver) }),
  });
}

export const detailOf = ({ operator, start, sessions, tokens }: Recovered, approver: string) => ({
  operator: operator.id,
  approver,
  validFrom: start.validFrom,
  sessions,
  tokens: tokens.length,
});

/** They were added, and never set a password. */
async function neverStarted({ lifeCycle }: Pick<Reads, 'lifeCycle'>, { id, verifier }: OperatorRow): Promise<boolean> {
  const start = await lifeCycle.startOf(id);
  return verifier === null && start?.reason === 'added' && start.used_at === null;
}

/**
 * The change itself; who may make it was decided before. For the reason `waiting` it takes effect only later, because no second operator could
 * be asked. Live tokens of the operator are to be looked at: a recovery does not end them.
 */
export async function recover(giving: Giving, row: OperatorRow, who: string, reason: StartReason) {
  const { desk, write, now } = giving;
  const { id, name, role } = row;
  const waits = reason === 'waiting';
  const start = await giveStart(giving, id, reason);
  let sessions = 0;
  if (!waits) {
    await write.operators.update(id, { verifier: null, totp: null, totp_last_step: null });
    sessions = await write.operators.endSessionsOf(id, now);
    await write.grants.revokeOfOperator(id, now);
  }
  const kind = waits ? 'operator-recovery-waits' : 'operator-recovered';
  const values = waits ? { who, from: minuteOf(minuteUp(start.validFrom)) } : { who };
  await tellOperator(desk, write, row, { kind, values, now });
  const tokens = (await write.operators.tokens()).filter(
    (token) => token.operator_id === id && token.revoked_at === null && now < token.expires_at,
  );
  return { operator: { id, name, role }, start, waits, sessions, tokens };
}

interface Second {
  /** For the log. */
  readonly approver: string;
  readonly start: Exclude<StartReason, 'factor'>;
  /** What allowed the recovery still does, in the transaction that makes it; a recovery code is used up. */
  readonly requireStill: (write: Writes, target: OperatorRow, now: number) => Promise<void>;
}

async function secondYes(desk: Desk, signed: SignedOperator, target: OperatorRow, wish: RecoveryWish): Promise<Second> {
  const asker = signed.operator.id;
  // Nobody has this name yet, so a new code takes nothing from anybody.
  if (await neverStarted(desk.store.read, target)) {
    const requireStill = async (write: Writes, row: OperatorRow) => {
      if (!(await neverStarted(write, row))) throw refusal('busy', 'approver-changed', {}, 'try-again');
    };
    return { approver: 'never-started', start: 'added', requireStill };
  }
  const given = await wish.second();
  if (given !== null && 'approver' in given) {
    const { id: approver } = await secondOperator(desk, given.approver, asker, target.id);
    const requireStill = (write: Writes, _row: OperatorRow, now: number) =>
      requireStillSecond(desk, write, { now, requester: asker, approver }, target.id);
    return { approver, start: 'recovered', requireStill };
  }
  const othersIn = (reads: Asking['reads'], now: number) =>
    otherApprovers({ policy: desk.policy, reads, now }, asker, target.id);
  const others = await othersIn(desk.store.read, desk.now());
  if (given === null) {
    const next = others.length > 0 ? 'approver-signs-in' : 'own-recovery-code';
    throw refusal('approval-needed', 'second-operator-needed', { what: 'recovering an operator' }, next);
  }
  if (others.length > 0) throw notAlone(others, 'approver-signs-in');
  const code = await requireRecoveryCode({ desk, signed, door: MANAGE_OPERATORS }, given.recoveryCode);
  const requireStill = async (write: Writes, _row: OperatorRow, now: number) => {
    const still = await othersIn(write, now);
    if (still.length > 0) throw notAlone(still, 'approver-signs-in');
    if (!(await write.lifeCycle.useRecoveryCode(code.id, now))) throw recoveryWrong();
  };
  return { approver: 'recovery code of the requester', start: 'waiting', requireStill };
}
