/**
 * What an operator's role allows (B71). The permissions are a closed list, because code checks each of them somewhere. Which role
 * has which is data (`data/roles.json`), read and cross-checked as part of the policy.
 */
import type { OperatorRole } from './people.js';

/** Every permission and what it opens. The text is shown by `policy show`. */
export const PERMISSION_MEANINGS = {
  'directory:read': 'find and show accounts and users',
  'contacts:read': "see customers' e-mail and phone outside a call, and lists of any length (B83)",
  'directory:write': 'add, edit, disable and import accounts and users',
  verify: 'verify callers; list the live grants',
  'passphrase:setup': 'set the first passphrase of an admin on the set-up call (B13)',
  'user:invite': 'send a one-time code with which a user sets the application password',
  'user:unlock': 'lift a lock, with a reason (B76)',
  'mfa:read': "see a user's factors, what is pending, reset jobs and approvals",
  'mfa:reset-with-grant': 'reset one user under a live grant (B54)',
  'mfa:reset-bulk': 'plan, apply and resume resets without a call, with reason and ticket (B51, B54)',
  'mfa:freeze': 'stop every reset of the desk, and let them go on (B63)',
  'job:undo': 'take a reset back (B61)',
  'approval:decide': "approve or reject another operator's request (B56)",
  'grant:revoke': 'end a live grant',
  'outbox:read': 'list queued messages; their codes are never shown',
  'outbox:flush': 'send queued messages now',
  'report:read': 'see the desk in figures',
  'operator:manage': 'add, edit and disable operators and their tokens',
  'policy:read': 'show and check the policy',
  'store:manage': 'migrate, back up, restore and rekey the store',
  'audit:read': 'list, verify, prove and export the audit log',
  'audit:read-caller': 'list what the log says about one caller',
  'audit:receipt': 'print size and root of the log, for a ticket',
} as const;

export type Permission = keyof typeof PERMISSION_MEANINGS;

/** The closed list, in the order of the table above. */
export const PERMISSIONS = Object.keys(PERMISSION_MEANINGS) as readonly Permission[];

/** The part of the policy about operators. */
export interface OperatorRules {
  readonly operators: Readonly<Record<OperatorRole, readonly Permission[]>>;
  /** Roles whose resets, approvals and key commands need a fresh one-time code (B70). */
  readonly freshCode: readonly OperatorRole[];
  /** Roles that may sign in by password alone (B80). Only verifiers can be named. */
  readonly withoutSecondFactor: readonly OperatorRole[];
}

/** Who may read the whole log may read what it says about one caller. */
const PART_OF: Partial<Readonly<Record<Permission, Permission>>> = { 'audit:read-caller': 'audit:read' };

/** True if the role has the permission, or one that it is a part of. A role that the policy does not know has none. */
export function permits(policy: { readonly roles: OperatorRules }, role: OperatorRole, permission: Permission) {
  const { operators } = policy.roles;
  if (!Object.hasOwn(operators, role)) return false;
  return [permission, PART_OF[permission]].some((one) => one !== undefined && operators[role].includes(one));
}

/** True if the role signs in with a password and an authenticator app: every role, unless the policy relaxes it (B80). */
export function needsSecondFactor(policy: { readonly roles: OperatorRules }, role: OperatorRole): boolean {
  return !policy.roles.withoutSecondFactor.includes(role);
}

/**
 * True if the role must have given a code within `limits.operatorSession.freshCodeMinutes` before a reset, an approval or a key command.
 */
export function needsFreshCode(policy: { readonly roles: OperatorRules }, role: OperatorRole): boolean {
  return policy.roles.freshCode.includes(role);
}
