/** New operators, and what changes about them (B70). Passwords and seeds are hashed and sealed before any transaction. */
import type { Desk, OperatorRow, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { totp } from '../../factors/registry.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { needsFreshCode } from '../../rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../rules/people.js';
import { liftLock } from '../lock-outs.js';
import { operatorPasswordContext, operatorTotpContext } from '../seal-contexts.js';

export interface NewOperator {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** Sealed; null for an operator that only has tokens. */
  readonly verifier: string | null;
  readonly totp: string | null;
  readonly alsoUserId: string | null;
  /** To be shown to the operator once; null where the role needs no code or no password was set. */
  readonly enrolment: { readonly uri: string; readonly secretBase32: string } | null;
}

export function readOperatorRole(text: string): OperatorRole {
  const role = OPERATOR_ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw new Refusal('invalid-input', `there is no operator role "${text}"`, {
    hint: `One of: ${OPERATOR_ROLES.join(', ')}.`,
  });
}

/** Hashes and seals. Refusal `invalid-input` for a name or password that does not fit. */
export async function prepareOperator(
  desk: Desk,
  input: { name: string; role: OperatorRole; password: string | null; alsoUserId?: string | null },
): Promise<NewOperator> {
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
    throw new Refusal('invalid-input', "an operator's name is 1 to 100 visible characters", {
      hint: 'For instance: --operator mira',
    });
  }
  return name;
}

export async function sealPassword(desk: Desk, operatorId: string, name: string, password: string): Promise<string> {
  const { minLength, maxCodePoints } = desk.policy.limits.operatorPassword;
  const length = [...password.normalize('NFC')].length;
  if (length < minLength || length > maxCodePoints || foldKey(password) === foldKey(name)) {
    throw new Refusal(
      'invalid-input',
      `an operator's password has ${minLength} to ${maxCodePoints} characters and is not the name`,
      {
        hint: 'Several words in a row are easy to type and hard to guess.',
      },
    );
  }
  return desk.secrets.make(
    'person',
    'seal/operator-password',
    operatorPasswordContext(operatorId),
    password.normalize('NFC'),
  );
}

const newSeed = (desk: Desk, name: string) =>
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

/** Adds an operator. Nobody makes an operator of a role above what `operator:manage` was checked for. */
export async function addOperator(desk: Desk, signed: SignedOperator, operator: NewOperator): Promise<void> {
  const at = desk.now();
  await desk.store.record(
    {
      kind: 'operator.added',
      outcome: 'done',
      at,
      by: signed.actor,
      detail: { operator: operator.id, name: operator.name, role: operator.role },
    },
    async (write) => {
      if ((await write.operators.byName(foldKey(operator.name))) !== undefined) {
        throw new Refusal('invalid-input', `there is an operator named "${operator.name}" already`, {
          hint: 'Choose another name.',
        });
      }
      await write.operators.insert(operatorRow(operator, at));
    },
  );
}

export async function findOperator(desk: Desk, reference: string): Promise<OperatorRow> {
  const row = reference.startsWith('op_')
    ? await desk.store.read.operators.byId(reference)
    : await desk.store.read.operators.byName(foldKey(reference));
  if (row === undefined)
    throw new Refusal('not-found', `there is no operator "${reference}"`, {
      hint: 'See: countersign operator list   One for scripts is made with: countersign operator add NAME --role R --no-password',
    });
  return row;
}

export interface OperatorChange {
  readonly role?: OperatorRole;
  readonly disabled?: boolean;
  /** Lifts the lock of wrong sign-ins; ends nothing. */
  readonly unlock?: boolean;
}

export interface OperatorChanged {
  readonly sessions: number;
  readonly tokens: number;
  readonly unlocked: boolean;
  /** To be shown once: the role needs codes, and the operator had no authenticator app (B70). */
  readonly enrolment: NewOperator['enrolment'];
}

/** A change of role and disabling end what was signed in under the old state. Refusal `forbidden` for either on oneself. */
export async function changeOperator(
  desk: Desk,
  signed: SignedOperator,
  row: OperatorRow,
  change: OperatorChange,
): Promise<OperatorChanged> {
  const at = desk.now();
  const ends = change.role !== undefined || change.disabled !== undefined;
  if (ends && row.id === signed.operator.id) {
    throw new Refusal('forbidden', 'nobody changes their own role or disables themselves', {
      hint: 'Ask another admin.',
    });
  }
  const lacksApp = row.verifier !== null && row.totp === null && needsFreshCode(desk.policy, change.role ?? 'verifier');
  const enrolment = lacksApp ? await newSeed(desk, row.name) : null;
  const columns = {
    ...(change.role === undefined ? {} : { role: change.role }),
    ...(change.disabled === undefined ? {} : { disabled_at: change.disabled ? at : null }),
    ...(enrolment === null
      ? {}
      : { totp: desk.vault.seal('seal/operator-totp', operatorTotpContext(row.id), enrolment.secret) }),
  };
  const ended = await desk.store.record(entryOfChange(signed, row, change, at), async (write, log) => {
    if (ends) await write.operators.update(row.id, columns);
    const lifts = change.unlock === true && (await liftLock(desk, write, log, `sign-in:${row.id}`, 'lead'));
    if (!ends) return { sessions: 0, tokens: 0, unlocked: lifts };
    return {
      sessions: await write.operators.endSessionsOf(row.id, at),
      tokens: await write.operators.revokeTokensOf(row.id, at),
      unlocked: lifts,
    };
  });
  return { ...ended, enrolment: enrolment && { uri: enrolment.uri, secretBase32: enrolment.secretBase32 } };
}

function entryOfChange(signed: SignedOperator, row: OperatorRow, change: OperatorChange, at: number): AuditEntry {
  const { role, disabled, unlock } = change;
  const kind =
    disabled === undefined ? 'operator.edited' : disabled ? ('operator.disabled' as const) : 'operator.enabled';
  const detail = {
    operator: row.id,
    ...(role === undefined ? {} : { roleBefore: row.role, role }),
    ...(unlock === true ? { unlock } : {}),
  };
  return { kind, outcome: 'done', at, by: signed.actor, detail };
}
