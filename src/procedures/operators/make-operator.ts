/**
 * Makes new operators (B70). Passwords and seeds are hashed and sealed before any transaction. For changes see
 * change-operator.ts.
 */
import type { Desk, OperatorRow, Reads, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { totp } from '../../factors/registry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { needsFreshCode } from '../../rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { operatorPasswordContext, operatorTotpContext } from '../seal-contexts.js';

export interface NewOperator {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** Sealed; null for an operator that only has tokens. */
  readonly verifier: string | null;
  readonly totp: string | null;
  readonly alsoUserId: string | null;
  /** To be shown to the operator once; null if the role needs no code or no password was set. */
  readonly enrolment: { readonly uri: string; readonly secretBase32: string } | null;
}

export function readOperatorRole(text: string): OperatorRole {
  const role = OPERATOR_ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw refusal('invalid-input', 'role-unknown', { role: text, known: OPERATOR_ROLES }, 'one-of');
}

export interface OperatorWish {
  readonly name: string;
  readonly role: OperatorRole;
  /** Null for an operator that only has tokens. */
  readonly password: string | null;
  readonly alsoUserId?: string | null;
}

/** Hashes and seals. Refusal `invalid-input` for a name or password that breaks the rules. */
export async function prepareOperator(desk: Desk, input: OperatorWish): Promise<NewOperator> {
  const name = readName(input.name);
  const id = desk.newId('op');
  const verifier = input.password === null ? null : await sealPassword(desk, id, name, input.password);
  const enrolment =
    input.password !== null && needsFreshCode(desk.policy, input.role) ? await newSeed(desk, name) : null;
  return {
    id,
    name,
    role: input.role,
    verifier,
    alsoUserId: input.alsoUserId ?? null,
    totp: enrolment === null ? null : desk.vault.seal('seal/operator-totp', operatorTotpContext(id), enrolment.secret),
    enrolment: enrolment === null ? null : { uri: enrolment.uri, secretBase32: enrolment.secretBase32 },
  };
}

function readName(text: string): string {
  const name = text.normalize('NFC').trim();
  if (name === '' || name.length > 100 || /\p{C}/u.test(name)) {
    throw refusal('invalid-input', 'operator-name-form', {}, 'operator-name-example');
  }
  return name;
}

async function sealPassword(desk: Desk, operatorId: string, name: string, password: string): Promise<string> {
  const { minLength, maxCodePoints } = desk.policy.limits.operatorPassword;
  const length = [...password.normalize('NFC')].length;
  if (length < minLength || length > maxCodePoints || foldKey(password) === foldKey(name)) {
    throw refusal('invalid-input', 'operator-password-form', { min: minLength, max: maxCodePoints }, 'several-words');
  }
  return desk.secrets.make(
    'person',
    'seal/operator-password',
    operatorPasswordContext(operatorId),
    password.normalize('NFC'),
  );
}

export const newSeed = (desk: Desk, name: string) =>
  totp.begin({
    random: desk.chance.bytes,
    issuer: desk.name,
    accountName: 'countersign',
    login: name,
    settings: desk.policy.limits.totp,
  });

export const operatorRow = (operator: NewOperator, at: number): Parameters<Writes['operators']['insert']>[0] => ({
  id: operator.id,
  name: operator.name,
  name_key: foldKey(operator.name),
  role: operator.role,
  verifier: operator.verifier,
  totp: operator.totp,
  totp_last_step: null,
  also_user_id: operator.alsoUserId,
  disabled_at: null,
  created_at: at,
});

/** The door for making operators and tokens, and for changing what an operator may do. */
export const MANAGE_OPERATORS = { permission: 'operator:manage', fresh: true } as const;

/** Refusals: `invalid-input` for a name that is taken, or a name or password that breaks the rules. */
export async function addOperator(desk: Desk, signed: SignedOperator, wish: OperatorWish): Promise<NewOperator> {
  await askAuthority(desk, signed, MANAGE_OPERATORS);
  const at = desk.now();
  const operator = await prepareOperator(desk, wish);
  const detail = { operator: operator.id, name: operator.name, role: operator.role };
  return act(desk, signed, MANAGE_OPERATORS, {
    entry: (_operator, by) => ({ kind: 'operator.added', outcome: 'done', at, by: by.actor, detail }),
    change: async ({ write, now }) => {
      if ((await write.operators.byName(foldKey(operator.name))) !== undefined) {
        throw refusal('invalid-input', 'operator-name-taken', { name: operator.name }, 'other-name');
      }
      await write.operators.insert(operatorRow(operator, now));
      return operator;
    },
  });
}

export async function findOperator({ operators }: Pick<Reads, 'operators'>, reference: string): Promise<OperatorRow> {
  const row = reference.startsWith('op_')
    ? await operators.byId(reference)
    : await operators.byName(foldKey(reference));
  if (row !== undefined) return row;
  throw refusal('not-found', 'operator-unknown', { reference }, 'list-operators-or-add');
}
