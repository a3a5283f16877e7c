/** What the procedures of this part ask of an operator. */
import { type SetUp, sendSetUpCode, setUpPassphrase } from '../../../src/procedures/passphrases/set-up-passphrase.js';
import { inviteMany } from '../../../src/procedures/portal/invite-many.js';
import { inviteUsers } from '../../../src/procedures/portal/invite-user.js';
import type { Doors } from './door.js';

/** One whose first passphrase the desk may set, so that only the lock can say forbidden. */
const ADMIN = {
  account: { id: 'none', number: '0', edition: 'x-series', disabledAt: null },
  user: { id: 'none', login: 'none', name: '', email: '', role: 'admin', disabledAt: null },
} as unknown as SetUp;

export const CUSTOMERS: Doors = {
  'passphrases/set-up-passphrase.sendSetUpCode': {
    permission: 'passphrase:setup',
    knock: (desk, signed) => sendSetUpCode(desk, signed, ADMIN),
  },
  'passphrases/set-up-passphrase.setUpPassphrase': {
    permission: 'passphrase:setup',
    knock: (desk, signed) => setUpPassphrase(desk, signed, ADMIN, { code: 'none', phrase: async () => 'weak' }),
  },
  'portal/invite-many.inviteMany': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => inviteMany(desk, signed, [], 0).next(),
  },
  'portal/invite-user.inviteUsers': {
    permission: 'user:invite',
    knock: (desk, signed) => inviteUsers(desk, signed, [ADMIN]),
  },
};
