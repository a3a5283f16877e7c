/**
 * What the policy files must say together: references that must exist, figures that must be in order, and powers that no file may
 * give (B04, B13, B16, B54, B56, B59, B70, B71). Each check returns all its faults; none stops at the first.
 */
import type { Permission } from './operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from './people.js';
import type { PolicyFault } from './policy-faults.js';
import type { ActionsFile, LimitsFile, RolesFile } from './policy-schema.js';

/** Every reset on the phone is verified for this action (B54). */
export const MFA_RESET = 'login-security:mfa-reset';

export function checkActions(file: ActionsFile): readonly PolicyFault[] {
  const ids = file.categories.map(({ id }) => id);
  const faults = repeated(ids, (index) => ['categories', index, 'id'], 'the category ');
  for (const [c, category] of file.categories.entries()) {
    const actions = category.actions.map(({ id }) => id);
    const pathOf = (index: number) => ['categories', c, 'actions', index, 'id'];
    faults.push(...repeated(actions, pathOf, `the action ${category.id}:`));
  }
  const known = file.categories.flatMap(({ id, actions }) => actions.map((action) => `${id}:${action.id}`));
  if (!known.includes(MFA_RESET))
    faults.push({ path: ['categories'], message: `must hold ${MFA_RESET}, which resets by phone need (B54)` });
  return faults;
}

export function checkRoles(file: RolesFile): readonly PolicyFault[] {
  return [...checkCustomers(file), ...checkOperators(file), ...checkFreshCode(file), ...checkSecondFactor(file)];
}

function checkCustomers(file: RolesFile): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  for (const [edition, roles] of Object.entries(file.customers)) {
    for (const [role, rule] of Object.entries(roles)) {
      const path = ['customers', edition, role];
      if (role === 'user' && rule.holds !== 'nothing')
        faults.push({ path: [...path, 'holds'], message: 'must be "nothing": a plain user holds no category (B04)' });
      if (rule.holds === 'everything') continue;
      if (rule.assignsScopes)
        faults.push({ path: [...path, 'assignsScopes'], message: 'is only for roles that hold everything (B16)' });
      const first = [...path, 'firstPassphraseByDesk'];
      if (rule.firstPassphraseByDesk)
        faults.push({ path: first, message: 'is only for roles that hold everything (B13)' });
    }
  }
  return faults;
}

/** Powers that these roles must not have, whatever the desk wishes. The auditor has its own rule. */
const FORBIDDEN: readonly (readonly [OperatorRole, Permission, string])[] = [
  ['verifier', 'mfa:reset-with-grant', 'a verifier verifies only (B71)'],
  ['verifier', 'mfa:reset-bulk', 'a verifier verifies only (B71)'],
  ['agent', 'mfa:reset-bulk', 'an agent resets under a grant and no other way (B54)'],
  ['agent', 'approval:decide', 'an agent cannot approve (B71)'],
  ['verifier', 'approval:decide', 'a verifier verifies only (B71)'],
  ['verifier', 'contacts:read', 'a verifier sees contacts only in a call (B83)'],
  ['agent', 'contacts:read', 'an agent sees contacts only in a call (B83)'],
];

/** Powers that some role must have, so that the desk can leave every state that it can get into. */
const SOMEBODY: readonly (readonly [Permission, string])[] = [
  ['operator:manage', 'nobody could manage operators'],
  ['approval:decide', 'nobody could give the second approval (B56)'],
  ['user:unlock', 'nobody could lift a lock (B76)'],
  ['audit:read', 'nobody could read the audit log'],
];

function checkOperators({ operators }: RolesFile): readonly PolicyFault[] {
  const faults = OPERATOR_ROLES.flatMap((role) => repeated(operators[role], (index) => ['operators', role, index]));
  for (const [role, permission, why] of FORBIDDEN)
    if (operators[role].includes(permission))
      faults.push({ path: ['operators', role], message: `must not hold ${permission}: ${why}` });
  const path = ['operators', 'auditor'];
  if (operators.auditor.some((permission) => permission !== 'audit:read' && permission !== 'audit:receipt'))
    faults.push({ path, message: 'may hold audit:receipt, audit:read and nothing else (B71)' });
  for (const [permission, why] of SOMEBODY)
    if (!OPERATOR_ROLES.some((role) => operators[role].includes(permission)))
      faults.push({ path: ['operators'], message: `gives ${permission} to no role: ${why}` });
  return faults;
}

/** Powers that need "a fresh TOTP before a lead's or admin's reset, approval or key command". */
const NEEDS_FRESH_CODE: readonly Permission[] = [
  'mfa:reset-bulk',
  'approval:decide',
  'store:manage',
  'operator:manage',
];

function checkFreshCode({ operators, freshCode }: RolesFile): readonly PolicyFault[] {
  const faults = repeated(freshCode, (index) => ['freshCode', index]);
  for (const role of OPERATOR_ROLES) {
    const power = NEEDS_FRESH_CODE.find((permission) => operators[role].includes(permission));
    if (power !== undefined && !freshCode.includes(role))
      faults.push({ path: ['freshCode'], message: `must name ${role}, who holds ${power} (B70)` });
  }
  return faults;
}

/** A verifier can change nothing, so a desk may let verifiers in by a password alone; nobody else (B80). */
function checkSecondFactor({ withoutSecondFactor }: RolesFile): readonly PolicyFault[] {
  const path = (index: number) => ['withoutSecondFactor', index];
  const others = withoutSecondFactor.flatMap((role, index) => {
    const message = `must not name ${role}: only verifiers may sign in without a second factor (B80)`;
    return role === 'verifier' ? [] : [{ path: path(index), message }];
  });
  return [...repeated(withoutSecondFactor, path), ...others];
}

/** A rule between figures, beyond the floor and ceiling of each: where a fault is shown, its words, the rule. */
const rule = (path: string, message: string, holds: (limits: LimitsFile) => boolean) => ({ path, message, holds });

/** One figure of a group must not exceed another. */
const notAbove = <G extends keyof LimitsFile>(
  group: G,
  figure: keyof LimitsFile[G] & string,
  most: keyof LimitsFile[G] & string,
) => rule(`${group}.${figure}`, `must not exceed ${most}`, ({ [group]: of }) => of[figure] <= of[most]);

const BETWEEN_FIGURES = [
  rule('throttle.lockFromFailure', 'must be below disabledAtFailure', ({ throttle }) => {
    return throttle.lockFromFailure < throttle.disabledAtFailure;
  }),
  notAbove('throttle', 'firstLockMinutes', 'maxLockMinutes'),
  rule('alarms.company.floor', 'must not be below throttle.lockFromFailure', ({ alarms, throttle }) => {
    return alarms.company.floor >= throttle.lockFromFailure;
  }),
  notAbove('operatorSession', 'freshCodeMinutes', 'idleMinutes'),
  notAbove('portalSession', 'freshPasswordMinutes', 'idleMinutes'),
  rule('operatorToken.defaultHours', 'must not exceed maxDays', ({ operatorToken }) => {
    return operatorToken.defaultHours <= operatorToken.maxDays * 24;
  }),
  notAbove('invitation', 'perHour', 'perDay'),
  rule(
    'approval.adminTargets',
    'must be true: resetting an admin always needs a second operator (B56, B59)',
    ({ approval }) => approval.adminTargets,
  ),
];

export function checkLimits(limits: LimitsFile): readonly PolicyFault[] {
  const broken = BETWEEN_FIGURES.filter(({ holds }) => !holds(limits));
  return broken.map(({ path, message }) => ({ path: path.split('.'), message }));
}

/** A fault for every later occurrence of a value already seen. `what` stands before it. */
const repeated = (values: readonly string[], pathOf: (index: number) => PolicyFault['path'], what = '') =>
  values.flatMap((value, index) =>
    values.indexOf(value) === index ? [] : [{ path: pathOf(index), message: `repeats ${what}${value}` }],
  );
