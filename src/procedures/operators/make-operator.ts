/** Makes new operators (B70). They set password and authenticator app themselves, with a start code (B80). For changes see change-operator.ts. */

import type { Desk, OperatorRow, Reads, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { totp } from '../../factors/registry.js';
import { faultOfEmail, faultOfLogin, tidy } from '../../rules/directory-fields.js';
import { foldKey } from '../../rules/directory-keys.js';
import { minuteOf } from '../../rules/moment.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { sentState } from '../messages/read-outbox.js';
import { operatorTotpContext } from '../seal-contexts.js';
import { mailOperator } from './operator-notices.js';
import { sealOperatorPassword } from './operator-password.js';
import { layHand } from './second-operator.js';
import { giveStart } from './start-code.js';

/** The row of a new operator. `verifier` is sealed; null until the operator sets one, and for an operator that only has tokens. */
export type NewOperator = Omit<Parameters<Writes['operators']['insert']>[0], 'created_at' | 'role'> & {
  readonly role: OperatorRole;
};

export function readOperatorRole(text: string): OperatorRole {
  const role = OPERATOR_ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw refusal('invalid-input', 'role-unknown', { role: text, known: OPERATOR_ROLES }, 'one-of');
}

export interface OperatorWish {
  readonly name: string;
  readonly role: OperatorRole;
  readonly alsoUserId?: string | null;
  /**
   * Only for the first admin, who makes the desk and so has nobody to get a start code from. `step`: of the first code; null if the app is
   * not proved yet.
   */
  readonly own?: { readonly password: string; readonly totp: string; readonly step: number | null } | undefined;
}

/** Hashes and seals. Refusal `invalid-input` for a name that breaks the rules. */
export async function prepareOperator(desk: Desk, input: OperatorWish): Promise<NewOperator> {
  const name = readOperatorName(input.name);
  const id = desk.newId('op');
  const { own } = input;
  return {
    id,
    name,
    name_key: foldKey(name),
    role: input.role,
    verifier: own === undefined ? null : await sealOperatorPassword(desk, id, own.password),
    totp: own === undefined ? null : desk.vault.seal('seal/operator-totp', operatorTotpContext(id), own.totp),
    totp_last_step: own?.step ?? null,
    also_user_id: input.alsoUserId ?? null,
    disabled_at: null,
  };
}

/** No brackets, which stand behind names in the log, nor what a shell reads as its own. Earlier operators may have others. */
const PLAIN = /^(?!op_|system$)[\p{L}\p{N}](?: ?[\p{L}\p{M}\p{N}.,_@+’-])*$/iu;

export function readOperatorName(text: string): string {
  const name = tidy(text);
  if (faultOfLogin(name.replace(/[ ,]/g, '.')) === undefined && PLAIN.test(name)) return name;
  throw refusal('invalid-input', 'operator-name-form', {}, 'operator-name-example');
}

/** An address for notices. Refusal `invalid-input`. */
export function readOperatorEmail(text: string): string {
  const email = tidy(text);
  if (email !== '' && faultOfEmail(email) === undefined) return email;
  throw refusal('invalid-input', 'operator-email-form', { text }, 'email-example');
}

export const newSeed = (desk: Pick<Desk, 'chance' | 'name' | 'policy'>, name: string) =>
  totp.begin({
    random: desk.chance.bytes,
    issuer: desk.name,
    // The issuer names the desk. A longer label would make a QR code that no 80x24 terminal shows whole.
    accountName: '',
    login: name,
    settings: desk.policy.limits.totp,
  });

/** The door for making operators and tokens, and for changing what an operator may do. */
export const MANAGE_OPERATORS = { permission: 'operator:manage', fresh: true, logsRefusals: true } as const;

export interface NewPerson extends OperatorWish {
  readonly email: string | null;
  /** False for scripts: no start code, only tokens work. */
  readonly starts: boolean;
}

export type AddedOperator = Awaited<ReturnType<typeof addOperator>>;

/**
 * `start`: shown to the admin once; null for scripts. `mail`: where it was mailed too (`m…@desk.example`), and what became of the mail. Refusals:
 * `invalid-input` for a name that is taken, or a name or address that breaks the rules.
 */
export async function addOperator(desk: Desk, signed: SignedOperator, wish: NewPerson) {
  await askAuthority(desk, signed, MANAGE_OPERATORS);
  const email = wish.email === null ? null : readOperatorEmail(wish.email);
  const operator = await prepareOperator(desk, wish);
  const { id, name, role } = operator;
  const detail = { operator: id, name, role, starts: wish.starts, ...(email === null ? {} : { address: true }) };
  const { mail, ...added } = await act(desk, signed, MANAGE_OPERATORS, {
    entry: () => ({ kind: 'operator.added', detail }),
    change: async (acting) => {
      const { write, now } = acting;
      if ((await write.operators.byName(foldKey(name))) !== undefined)
        throw refusal('invalid-input', 'operator-name-taken', { name }, 'other-name');
      await write.operators.insert({ ...operator, created_at: now });
      await layHand(acting, id, 'made');
      if (operator.also_user_id !== null) await layHand(acting, id, 'linked');
      if (email !== null) await write.lifeCycle.putEmail(id, email, now);
      const start = wish.starts ? await giveStart(acting, id, 'added') : null;
      if (start === null || email === null) return { ...operator, start, mail: null };
      const values = { name, role: ['roleTitle', role], code: start.code, until: minuteOf(start.expiresAt) } as const;
      const mail = await mailOperator(desk, write, email, { kind: 'operator-invitation', values });
      return { ...operator, start, mail };
    },
  });
  return { ...added, mail: mail && { to: mail.sentTo, state: (await sentState(desk, mail.messageId)).state } };
}

export async function findOperator({ operators }: Pick<Reads, 'operators'>, reference: string): Promise<OperatorRow> {
  const row = reference.startsWith('op_')
    ? await operators.byId(reference)
    : await operators.byName(foldKey(reference));
  if (row !== undefined) return row;
  throw refusal('not-found', 'operator-unknown', { reference }, 'list-operators-or-add');
}
