/** What the procedures of procedures/operators ask of an operator. */
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { addOperator } from '../../../src/procedures/operators/make-operator.js';
import { changeOwnPassword } from '../../../src/procedures/operators/operator-password.js';
import { createToken, revokeToken } from '../../../src/procedures/operators/operator-tokens.js';
import { recoverOperator } from '../../../src/procedures/operators/recover-operator.js';
import { newRecoveryCodes } from '../../../src/procedures/operators/recovery-codes.js';
import { refreshCode, signOutOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import type { Doors } from './door.js';

const yes = { make: async () => '', check: async () => ({ matches: true, outdated: false }) };

export const OPERATORS: Doors = {
  'operators/change-operator.changeOperator': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) => changeOperator(desk, signed, 'nobody', { disabled: true }),
  },
  'operators/make-operator.addOperator': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) => addOperator(desk, signed, { name: '', role: 'admin', email: null, starts: true }),
  },
  'operators/operator-tokens.createToken': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) => createToken(desk, signed, { owner: 'nobody', label: '' }),
  },
  'operators/operator-tokens.revokeToken': {
    permission: 'operator:manage',
    knock: (desk, signed) => revokeToken(desk, signed, 'tok_none'),
  },
  'operators/operator-password.changeOwnPassword': {
    permission: 'signed-in',
    inPerson: true,
    // A wrong password is refused with the code that the table takes for a lock, so this one is never asked for it.
    knock: (desk, signed) => changeOwnPassword({ ...desk, secrets: yes }, signed, { old: '', next: async () => '' }),
  },
  'operators/recover-operator.recoverOperator': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) =>
      recoverOperator(desk, signed, { reference: 'nobody', reason: 'test', second: async () => null }),
  },
  'operators/recovery-codes.newRecoveryCodes': {
    permission: 'signed-in',
    fresh: true,
    inPerson: true,
    knock: newRecoveryCodes,
  },
  'operators/sign-in-operator.refreshCode': {
    permission: 'signed-in',
    knock: (desk, signed) => refreshCode(desk, signed, '000000'),
  },
  'operators/sign-in-operator.signOutOperator': { permission: 'signed-in', knock: signOutOperator },
};
