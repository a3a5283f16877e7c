/** Changes an operator (B70): the role, whether they may sign in at all, and the lock after too many wrong sign-ins. */
import type { Desk, OperatorRow, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { needsFreshCode } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { liftLock } from '../lock-outs.js';
import { operatorTotpContext } from '../seal-contexts.js';
import { findOperator, MANAGE_OPERATORS, type NewOperator, newSeed } from './make-operator.js';

export interface OperatorChange {
  readonly role?: OperatorRole;
  readonly disabled?: boolean;
  /** Lifts the lock after wrong sign-ins; ends no session. */
  readonly unlock?: boolean;
}

export interface OperatorChanged {
  /** The operator before the change. */
  readonly operator: { readonly id: string; readonly name: string; readonly role: string };
  readonly sessions: number;
  readonly tokens: number;
  readonly unlocked: boolean;
  /** To be shown once, if the role needs codes and the operator had no authenticator app (B70); null otherwise. */
  readonly enrolment: NewOperator['enrolment'];
}

/**
 * Changing the role, disabling and enabling end the operator's sessions and tokens. Refusals: `not-found`, and `forbidden` for
 * doing it to oneself.
 */
export async function changeOperator(
  desk: Desk,
  signed: SignedOperator,
  reference: string,
  change: OperatorChange,
): Promise<OperatorChanged> {
  await askAuthority(desk, signed, MANAGE_OPERATORS);
  const at = desk.now();
  const { id, name } = await findOperator(desk.store.read, reference);
  const needsApp = change.role !== undefined && needsFreshCode(desk.policy, change.role);
  const seed = needsApp ? await newSeed(desk, name) : null;
  return act<'operator:manage', OperatorChanged>(desk, signed, MANAGE_OPERATORS, {
    entry: ({ operator }, by) => ({ ...entryOfChange(operator, change), outcome: 'done', at, by: by.actor }),
    change: async (acting) => {
      const row = await findOperator(acting.write, id);
      const enrolment = row.verifier !== null && row.totp === null ? seed : null;
      return {
        operator: { id, name, role: row.role },
        ...(await changeRow(acting, row, change, enrolment?.secret ?? null)),
        enrolment: enrolment && { uri: enrolment.uri, secretBase32: enrolment.secretBase32 },
      };
    },
  });
}

async function changeRow(
  { desk, write, log, now, by }: Acting<'operator:manage'>,
  row: OperatorRow,
  { role, disabled, unlock }: OperatorChange,
  secret: string | null,
): Promise<Pick<OperatorChanged, 'sessions' | 'tokens' | 'unlocked'>> {
  const ends = role !== undefined || disabled !== undefined;
  if (ends && row.id === by.operator.id) {
    throw refusal('forbidden', 'own-role', {}, 'ask-other-admin');
  }
  const unlocked = unlock === true && (await liftLock(desk, write, log, `sign-in:${row.id}`, 'lead'));
  if (!ends) return { sessions: 0, tokens: 0, unlocked };
  await write.operators.update(row.id, {
    ...(role === undefined ? {} : { role }),
    ...(disabled === undefined ? {} : { disabled_at: disabled ? now : null }),
    ...(secret === null ? {} : { totp: desk.vault.seal('seal/operator-totp', operatorTotpContext(row.id), secret) }),
  });
  return {
    sessions: await write.operators.endSessionsOf(row.id, now),
    tokens: await write.operators.revokeTokensOf(row.id, now),
    unlocked,
  };
}

function entryOfChange(operator: OperatorChanged['operator'], { role, disabled, unlock }: OperatorChange) {
  const kind =
    disabled === undefined
      ? ('operator.edited' as const)
      : disabled
        ? ('operator.disabled' as const)
        : ('operator.enabled' as const);
  const detail = {
    operator: operator.id,
    ...(role === undefined ? {} : { roleBefore: operator.role, role }),
    ...(unlock === true ? { unlock } : {}),
  };
  return { kind, detail };
}
