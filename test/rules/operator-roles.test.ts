import { describe, expect, it } from 'vitest';
import { needsFreshCode, PERMISSIONS, type Permission, permits } from '../../src/rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../src/rules/people.js';
import { shippedPolicy } from './shipped-policy.js';

/**
 * B71 read sentence by sentence: "verifier verifies; agent also resets with a grant; lead also approves, unlocks, bulk-resets;
 * admin also manages operators, policy, imports; auditor reads the audit log and nothing else". One letter a role, in that order.
 */
const B71: Readonly<Record<Permission, string>> = {
  verify: 'V A L M -',
  'directory:read': 'V A L M -',
  'mfa:read': 'V A L M -',
  'passphrase:setup': '- A L M -',
  'user:invite': '- A L M -',
  'mfa:reset-with-grant': '- A L M -',
  'mfa:reset-bulk': '- - L M -',
  'approval:decide': '- - L M -',
  'user:unlock': '- - L M -',
  'mfa:freeze': '- - L M -',
  'job:undo': '- - L M -',
  'grant:revoke': '- - L M -',
  'outbox:read': '- - L M -',
  'report:read': '- - L M -',
  // B83: verifiers and agents see contacts in a call, and a lead what the log says about one caller.
  'contacts:read': '- - L M -',
  'audit:read-caller': '- - L M R',
  'directory:write': '- - - M -',
  'operator:manage': '- - - M -',
  'policy:read': '- - - M -',
  'store:manage': '- - - M -',
  'outbox:flush': '- - L M -',
  'audit:read': '- - - M R',
  // Ours: a receipt in a ticket is a copy outside, and holds nothing but a number, a hash and a time.
  'audit:receipt': 'V A L M R',
};

const COLUMNS: readonly OperatorRole[] = ['verifier', 'agent', 'lead', 'admin', 'auditor'];

describe('what an operator may do', () => {
  const policy = shippedPolicy();
  const rows = Object.entries(B71).flatMap(([permission, letters]) =>
    letters
      .split(' ')
      .map((letter, column) => [COLUMNS[column] ?? 'auditor', letter !== '-', permission as Permission] as const),
  );

  it('the table covers every role and every permission once', () => {
    expect(Object.keys(B71).sort()).toEqual([...PERMISSIONS].sort());
    expect(COLUMNS).toEqual(OPERATOR_ROLES);
    expect(rows).toHaveLength(PERMISSIONS.length * OPERATOR_ROLES.length);
  });

  it.each(rows)('B71 %s: %s for %s', (role, allowed, permission) => {
    expect(permits(policy, role, permission)).toBe(allowed);
  });

  it.each(['boss', '', 'constructor', '__proto__', 'toString'])(
    'a role the policy does not know (%j) may do nothing',
    (role) => {
      expect(PERMISSIONS.filter((permission) => permits(policy, role as OperatorRole, permission))).toEqual([]);
    },
  );

  it('B70 lead and admin need a fresh code, the others do not', () => {
    expect(OPERATOR_ROLES.filter((role) => needsFreshCode(policy, role))).toEqual(['lead', 'admin']);
  });
});
