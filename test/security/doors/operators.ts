/** What the procedures of procedures/operators ask of an operator. */
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { addOperator } from '../../../src/procedures/operators/make-operator.js';
import { createToken, revokeToken } from '../../../src/procedures/operators/operator-tokens.js';
import { refreshCode, signOutOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import type { Doors } from './door.js';

export const OPERATORS: Doors = {
  'operators/change-operator.changeOperator': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) => changeOperator(desk, signed, 'nobody', { disabled: true }),
  },
  'operators/make-operator.addOperator': {
    permission: 'operator:manage',
    fresh: true,
    knock: (desk, signed) => addOperator(desk, signed, { name: '', role: 'admin', password: '' }),
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
  'operators/sign-in-operator.refreshCode': {
    permission: 'signed-in',
    knock: (desk, signed) => refreshCode(desk, signed, '000000'),
  },
  'operators/sign-in-operator.signOutOperator': { permission: 'signed-in', knock: signOutOperator },
};
