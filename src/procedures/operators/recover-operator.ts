/**
 * A new start code for an operator who lost password or authenticator (B80). It needs a second operator in person: otherwise one admin
 * could become anybody. Where no other operator could be the second, a recovery code of the one who asks counts instead, and the code of
 * the start is good only after some hours, in which the owner and everybody who reads the log can object.
 */
import type {
  Desk,
  OperatorRow,
  OperatorStartRow,
  OperatorTokenRow,
  RecoveryCodeRow,
  SignedOperator,
  Writes,
} from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { minuteOf } from '../../rules/moment.js';
import { act, askAuthority, loggingRefusals } from '../authorise.js';
import { recoveryWrong } from './guesses.js';
import { findOperator, MANAGE_OPERATORS } from './make-operator.js';
import { tellOperator } from './operator-notices.js';
import { requireRecoveryCode } from './recovery-codes.js';
import { notAlone, otherApprovers, requireStillSecond, secondOperator } from './second-operator.js';
import type { SignIn } from './sign-in-operator.js';
import { newStart } from './start-code.js';
import { type Asking, layHand } from './two-persons.js';

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
    if (target.disabled_at !== null) {
      throw refusal('refused-by-policy', 'recover-disabled', { name: target.name }, 'enable-operator');
    }
  });
  const second = (await neverStarted(desk, target)) ? 'never-started' : await secondYes(desk, signed, target, wish);
  const waits = second !== 'never-started' && 'code' in second;
  return act<'operator:manage', Recovered>(desk, signed, MANAGE_OPERATORS, {
    entry: ({ start, sessions, tokens }) => ({
      kind: 'operator.recovered',
      reason,
      detail: {
        operator: target.id,
        approver: wordOf(second),
        validFrom: start.validFrom,
        sessions,
        tokens: tokens.length,
      },
    }),
    change: async (acting) => {
      const { write, now, by } = acting;
      const row = await findOperator(write, target.id);
      await requireStill(desk, write, second, { signed, target: row, now });
      const fresh = second === 'never-started';
      await layHand(acting, row.id, fresh ? 'invited' : 'recovered');
      return recover(desk, write, row, { now, waits, who: by.operator.name, fresh });
    },
  });
}

const wordOf = (second: Second): string => {
  if (second === 'never-started') return second;
  return 'code' in second ? 'recovery code of the requester' : second.approver.id;
};

/** They were added, and never set a password. */
async function neverStarted({ store: { read } }: Desk, { id, verifier }: OperatorRow): Promise<boolean> {
  return verifier === null && isUnused(await read.lifeCycle.startOf(id));
}

const isUnused = (start: OperatorStartRow | undefined): boolean => start?.reason === 'added' && start.used_at === null;

/**
 * The change itself; who may make it was decided before. `waits`: it takes effect only later, because no second operator could be asked. Live tokens of
 * the operator are to be looked at: a recovery does not end them.
 */
export async function recover(
  desk: Desk,
  write: Writes,
  row: OperatorRow,
  { now, waits, who, fresh = false }: { now: number; waits: boolean; who: string; fresh?: boolean },
) {
  const { id, name, role } = row;
  const made = newStart(desk, id, { reason: waits ? 'waiting' : fresh ? 'added' : 'recovered', now });
  await write.lifeCycle.putStart(made.row);
  let sessions = 0;
  if (!waits) {
    await write.operators.update(id, { verifier: null, totp: null, totp_last_step: null });
    sessions = await write.operators.endSessionsOf(id, now);
    await write.grants.revokeOfOperator(id, now);
  }
  const kind = waits ? 'operator-recovery-waits' : 'operator-recovered';
  const values = waits ? { who, from: minuteOf(made.start.validFrom) } : { who };
  await tellOperator(desk, write, row, { kind, values, now });
  const live = (token: OperatorTokenRow) =>
    token.operator_id === id && token.revoked_at === null && now < token.expires_at;
  const tokens = (await write.operators.tokens()).filter(live);
  return { operator: { id, name, role }, start: made.start, waits, sessions, tokens };
}

/** `never-started`: nobody has this name yet, so a new code takes nothing from anybody. */
type Second = { readonly approver: Actor } | { readonly code: RecoveryCodeRow } | 'never-started';

async function secondYes(desk: Desk, signed: SignedOperator, target: OperatorRow, { second }: RecoveryWish) {
  const asker = signed.operator.id;
  const given = await second();
  if (given !== null && 'approver' in given) {
    return { approver: await secondOperator(desk, given.approver, asker, target.id) };
  }
  const others = await otherApprovers(asking(desk, desk.store.read, desk.now()), asker, target.id);
  if (given === null) {
    const what = 'recovering an operator';
    const next = others.length > 0 ? 'approver-signs-in' : 'own-recovery-code';
    throw refusal('approval-needed', 'second-operator-needed', { what }, next);
  }
  if (others.length > 0) throw notAlone(others, 'approver-signs-in');
  return { code: await requireRecoveryCode({ desk, signed, door: MANAGE_OPERATORS }, given.recoveryCode) };
}

const asking = ({ policy }: Desk, reads: Asking['reads'], now: number): Asking => ({ policy, reads, now });

/** What allowed the recovery still does, in the transaction that makes it; a recovery code is used up. */
async function requireStill(
  desk: Desk,
  write: Writes,
  second: Second,
  { signed, target, now }: { signed: SignedOperator; target: OperatorRow; now: number },
): Promise<void> {
  if (second === 'never-started') {
    if (target.verifier === null && isUnused(await write.lifeCycle.startOf(target.id))) return;
    throw refusal('busy', 'approver-changed', {}, 'try-again');
  }
  if ('approver' in second) {
    const two = { now, requester: signed.operator.id, approver: second.approver.id };
    return requireStillSecond(desk, write, two, target.id);
  }
  const others = await otherApprovers(asking(desk, write, now), signed.operator.id, target.id);
  if (others.length > 0) throw notAlone(others, 'approver-signs-in');
  if (await write.lifeCycle.useRecoveryCode(second.code.id, now)) return;
  throw recoveryWrong();
}
