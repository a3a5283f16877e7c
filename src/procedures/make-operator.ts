/** New operators, their secrets and their tokens (B70). Passwords and seeds are hashed and sealed here, before any transaction. */
import type { Desk, OperatorRow, SignedOperator, Writes } from '../desk.js';
import { Refusal } from '../errors.js';
import { totp } from '../factors/registry.js';
import { foldKey } from '../rules/directory-keys.js';
import { days, hours } from '../rules/duration.js';
import { needsFreshCode } from '../rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../rules/people.js';
import { operatorPasswordPlace, operatorTotpPlace } from './places.js';

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

export interface NewToken {
  readonly id: string;
  readonly operatorId: string;
  readonly role: OperatorRole;
  readonly label: string;
  readonly digest: string;
  readonly expiresAt: number;
  /** Shown once, never stored. */
  readonly token: string;
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
    totp: enrolment === null ? null : desk.vault.seal('seal/operator-totp', operatorTotpPlace(id), enrolment.secret),
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
    operatorPasswordPlace(operatorId),
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

export function prepareToken(
  desk: Desk,
  input: { operatorId: string; role: OperatorRole; label: string; expiresAt?: number },
): NewToken {
  const { defaultHours, maxDays } = desk.policy.limits.operatorToken;
  const expiresAt = input.expiresAt ?? desk.now() + hours(defaultHours);
  if (expiresAt <= desk.now() || expiresAt > desk.now() + days(maxDays)) {
    throw new Refusal('invalid-input', `--expires: a token ends within ${maxDays} days from now`, {
      hint: 'For instance: --expires 24h or --expires 30d',
    });
  }
  const { token, digest } = desk.digests.newToken('cst');
  return {
    id: desk.newId('tok'),
    operatorId: input.operatorId,
    role: input.role,
    label: input.label,
    digest,
    expiresAt,
    token,
  };
}

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

export const tokenRow = (token: NewToken, at: number): Parameters<Writes['operators']['insertToken']>[0] => ({
  id: token.id,
  operator_id: token.operatorId,
  label: token.label,
  role: token.role,
  digest: token.digest,
  created_at: at,
  expires_at: token.expiresAt,
  revoked_at: null,
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
    throw new Refusal('not-found', `there is no operator "${reference}"`, { hint: 'See: countersign operator list' });
  return row;
}

/** Role change, new password, disabling: each ends what was signed in under the old state. */
export async function changeOperator(
  desk: Desk,
  signed: SignedOperator,
  row: OperatorRow,
  change: { role?: OperatorRole; disabled?: boolean },
): Promise<{ readonly sessions: number; readonly tokens: number }> {
  const at = desk.now();
  if (row.id === signed.operator.id) {
    throw new Refusal('forbidden', 'nobody changes their own role or disables themselves', {
      hint: 'Ask another admin.',
    });
  }
  const kind =
    change.disabled === undefined ? 'operator.edited' : change.disabled ? 'operator.disabled' : 'operator.enabled';
  const detail = {
    operator: row.id,
    ...(change.role === undefined ? {} : { roleBefore: row.role, role: change.role }),
  };
  return desk.store.record({ kind, outcome: 'done', at, by: signed.actor, detail }, async (write) => {
    await write.operators.update(row.id, {
      ...(change.role === undefined ? {} : { role: change.role }),
      ...(change.disabled === undefined ? {} : { disabled_at: change.disabled ? at : null }),
    });
    return {
      sessions: await write.operators.endSessionsOf(row.id, at),
      tokens: await write.operators.revokeTokensOf(row.id, at),
    };
  });
}

/** A token never has more power than the operator who owns it. */
export async function createToken(desk: Desk, signed: SignedOperator, token: NewToken): Promise<void> {
  const at = desk.now();
  const detail = {
    token: token.id,
    operator: token.operatorId,
    role: token.role,
    label: token.label,
    expiresAt: token.expiresAt,
  };
  await desk.store.record({ kind: 'token.created', outcome: 'done', at, by: signed.actor, detail }, (write) =>
    write.operators.insertToken(tokenRow(token, at)),
  );
}

export async function revokeToken(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  const row = await desk.store.read.operators.tokenById(id);
  if (row === undefined)
    throw new Refusal('not-found', `there is no token "${id}"`, { hint: 'See: countersign operator token list' });
  const at = desk.now();
  await desk.store.record(
    { kind: 'token.revoked', outcome: 'done', at, by: signed.actor, detail: { token: id } },
    (write) => write.operators.updateToken(id, { revoked_at: row.revoked_at ?? at }),
  );
}
