/** Changes an operator (B70, B80): role, address, whether they may sign in at all, and the lock after too many wrong sign-ins. */
import type { Desk, OperatorRow, SignedOperator, Writes } from '../../desk.js';
import { refusal, type Worded } from '../../errors.js';
import { known } from '../../rules/known.js';
import { requireLanguage } from '../../rules/language.js';
import { minuteOf } from '../../rules/moment.js';
import { needsSecondFactor } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { liftLock } from '../lock-outs.js';
import { findOperator, MANAGE_OPERATORS, readOperatorEmail } from './make-operator.js';
import { mailOperator, tellOperator } from './operator-notices.js';
import { canApprove, layHand } from './second-operator.js';
import { giveStart } from './start-code.js';

export interface OperatorChange {
  readonly role?: OperatorRole | undefined;
  readonly disabled?: boolean | undefined;
  readonly email?: string | undefined;
  /** Of the screens and mails; empty for the desk's. */
  readonly language?: string | undefined;
  /** The customer login of the same person (B55); null if there is none. It ends sessions and grants, which knew another one. */
  readonly customer?: string | null | undefined;
  /** Lifts the lock after wrong sign-ins; ends no session. */
  readonly unlock?: boolean;
}

/**
 * `operator`: before the change. `start`: to be handed over if the role needs an authenticator app and the operator has none. Changing the role, disabling and enabling end the operator's sessions, tokens and grants. Refusals: `not-found`, `invalid-input`, and
 * `forbidden` for doing it to oneself.
 */
export async function changeOperator(desk: Desk, signed: SignedOperator, reference: string, wish: OperatorChange) {
  await askAuthority(desk, signed, MANAGE_OPERATORS);
  const { id, name } = await findOperator(desk.store.read, reference);
  requireLanguage(wish.language, desk.languages);
  const change = wish.email === undefined ? wish : { ...wish, email: readOperatorEmail(wish.email) };
  return act(desk, signed, MANAGE_OPERATORS, {
    change: async (acting) => {
      const row = await findOperator(acting.write, id);
      const done = await changeRow(acting, row, change);
      return { operator: { id, name, role: row.role }, ...done, start: await startIfNeeded(acting, row, change) };
    },
    entry: ({ operator }) => entryOfChange(operator, change),
  });
}

/** A code for the app that the new role needs. A start that was not used yet goes on with its own code. */
async function startIfNeeded(acting: Acting<'operator:manage'>, row: OperatorRow, { role }: OperatorChange) {
  if (role === undefined || row.verifier === null || row.totp !== null) return null;
  return needsSecondFactor(acting.desk.policy, role) ? giveStart(acting, row.id, 'factor') : null;
}

async function changeRow(acting: Acting<'operator:manage'>, row: OperatorRow, change: OperatorChange) {
  const { desk, write, now, by } = acting;
  const { role, disabled, email, unlock, customer, language } = change;
  const ends = role !== undefined || disabled !== undefined;
  const linked = customer !== undefined && customer !== row.also_user_id;
  if ((ends || linked) && row.id === by.operator.id) throw refusal('forbidden', 'own-role', {}, 'ask-other-admin');
  const unlocked = unlock === true && (await unlockOperator(desk, write, row.id));
  const disabled_at = disabled === undefined ? undefined : disabled ? now : null;
  const changed = known({ also_user_id: customer, role, disabled_at });
  const stops = canApprove(desk, row) && !canApprove(desk, { ...row, ...changed });
  if (linked) await layHand(acting, row.id, 'linked');
  if (ends || email !== undefined) await layHand(acting, row.id, stops ? 'stopped' : 'changed');
  if (email !== undefined) await changeAddress(acting, row, email);
  if (language !== undefined) await write.operators.update(row.id, { language: language || null });
  if (!ends && !linked) return { sessions: 0, tokens: 0, unlocked };
  await write.operators.update(row.id, changed);
  if (disabled === true) await write.lifeCycle.deleteStart(row.id);
  await write.grants.revokeOfOperator(row.id, now);
  const values = { change: wordsOf(row, change, linked), who: by.operator.name };
  await tellOperator(desk, write, row, { kind: 'operator-changed', values, now });
  return {
    sessions: await write.operators.endSessionsOf(row.id, now),
    tokens: ends ? await write.operators.revokeTokensOf(row.id, now) : 0,
    unlocked,
  };
}

/** Wrong passwords, start codes and recovery codes are counted apart; one unlock lifts all. */
async function unlockOperator(desk: Desk, write: Writes, id: string): Promise<boolean> {
  let lifted = false;
  for (const what of ['sign-in', 'start', 'recover'] as const)
    lifted = (await liftLock(desk, write, `${what}:${id}`, 'lead')) || lifted;
  return lifted;
}

/** The old address hears of it, so that nobody takes the notices away unseen. */
async function changeAddress(acting: Acting<'operator:manage'>, row: OperatorRow, email: string): Promise<void> {
  const { desk, write, now, by } = acting;
  const { id, name, language } = row;
  const before = await write.lifeCycle.emailOf(id);
  if (before === email) return;
  await write.lifeCycle.putEmail(id, email, now);
  const values = { name, who: by.operator.name, when: minuteOf(now), change: ['mail', 'address'] } as const;
  for (const to of before === null ? [email] : [before, email])
    await mailOperator(desk, write, to, { kind: 'operator-changed', values, language });
}

function wordsOf(row: OperatorRow, { role, disabled }: OperatorChange, linked: boolean): Worded {
  const changes: Worded[] = [
    ...(role === undefined ? [] : [['mail', 'role', ['roleTitle', role], ['roleTitle', row.role]] as const]),
    ...(linked ? [['mail', 'customer'] as const] : []),
    ...(disabled === undefined ? [] : [['mail', disabled ? 'disabled' : 'enabled'] as const]),
  ];
  return ['list', '; ', ...changes];
}

function entryOfChange(operator: Pick<OperatorRow, 'id' | 'role'>, change: OperatorChange) {
  const { role, disabled, email, unlock, customer, language } = change;
  const does = disabled === undefined ? 'edited' : disabled ? 'disabled' : 'enabled';
  const detail = {
    operator: operator.id,
    ...(role === undefined ? {} : { roleBefore: operator.role, role }),
    ...(email === undefined ? {} : { address: true }),
    ...known({ language, customer: customer === null ? 'none' : customer, unlock: unlock || undefined }),
  };
  return { kind: `operator.${does}`, detail } as const;
}
