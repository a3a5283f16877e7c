/** What the procedures of procedures/directory ask of an operator. */

import { Refusal } from '../../../src/errors.js';
import { addAccount, addUser, forgetSilent } from '../../../src/procedures/directory/add-to-directory.js';
import { switchAccount, switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { exportAccounts, exportUsers } from '../../../src/procedures/directory/export-directory.js';
import { abandonImport, makeRoom } from '../../../src/procedures/directory/room-for-import.js';
import {
  noteList,
  rowsFor,
  seenAfterAct,
  seePeople,
  viewAllUsers,
  viewUser,
  viewUsers,
} from '../../../src/procedures/directory/see-people.js';
import { unlockCaller } from '../../../src/procedures/directory/unlock-caller.js';
import { changeEdition } from '../../../src/procedures/exits/change-edition.js';
import { changeSignIn } from '../../../src/procedures/exits/change-sign-in.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { appointSuccessor } from '../../../src/procedures/exits/hand-over.js';
import { withSecondOperator } from '../../../src/procedures/exits/with-second-operator.js';
import { importDirectory, previewImport } from '../../../src/procedures/imports/import-directory.js';
import { stageImport } from '../../../src/procedures/imports/stage-import.js';
import type { Account, User } from '../../../src/rules/people.js';
import type { Doors } from './door.js';

const NOTHING: Parameters<typeof stageImport>[2]['ready'] = {
  companies: { plan: { add: [], update: [], unchanged: 0 }, added: [], problems: [], warnings: [] },
  people: {
    plan: { add: [], update: [], unchanged: 0 },
    kept: [],
    warnings: [],
    ofRows: [],
    problems: [],
    builtOn: new Map(),
    homeOf: () => account,
  },
  companyRows: [],
  added: [],
};

const account: Account = {
  id: 'acc_none',
  number: 'none',
  name: 'None',
  edition: 'classic',
  sso: null,
  country: null,
  language: null,
  connector: null,
  mfaRequiredAt: null,
  phoneResetForbidden: false,
  disabledAt: null,
};
const user = { id: 'usr_none', accountId: account.id, login: 'none', email: '', phone: '', disabledAt: null } as User;
const off = { on: false, reason: undefined };

const WRITE = 'directory:write';

export const DIRECTORY: Doors = {
  'directory/add-to-directory.addAccount': {
    permission: WRITE,
    knock: (desk, signed) => addAccount(desk, signed, { number: '', name: '', edition: 'none' }),
  },
  'directory/add-to-directory.forgetSilent': { permission: WRITE, knock: (desk, signed) => forgetSilent(desk, signed) },
  'directory/add-to-directory.addUser': {
    permission: WRITE,
    knock: (desk, signed) =>
      addUser(desk, signed, {
        account: 'none',
        login: '',
        name: '',
        email: '',
        phone: '',
        role: '',
        scopes: [],
        signIn: '',
      }),
  },
  'directory/disable-customer.switchAccount': {
    permission: WRITE,
    knock: (desk, signed) => switchAccount(desk, signed, account, off),
  },
  'directory/disable-customer.switchUser': {
    permission: WRITE,
    knock: (desk, signed) => switchUser(desk, signed, { account, user }, off),
  },
  // The second door, which asks for a fresh code too, is in test/procedures/directory/edit-directory.test.ts.
  'exits/edit-account.editAccount': {
    permission: WRITE,
    knock: (desk, signed) => editAccount(desk, signed, account, { name: '' }),
  },
  'exits/edit-user.editUser': {
    permission: WRITE,
    knock: (desk, signed) => editUser(desk, signed, { account, user }, { email: 'not an address' }),
  },
  'directory/export-directory.exportAccounts': { permission: WRITE, knock: exportAccounts },
  'directory/export-directory.exportUsers': {
    permission: WRITE,
    knock: (desk, signed) => exportUsers(desk, signed, account),
  },
  'exits/change-edition.changeEdition': {
    permission: WRITE,
    fresh: true,
    knock: (desk, signed) =>
      changeEdition(desk, signed, account, { edition: 'classic', dropPrivileges: false, reason: '' }),
  },
  'exits/change-sign-in.changeSignIn': {
    permission: WRITE,
    fresh: true,
    knock: (desk, signed) => changeSignIn(desk, signed, account, { signIn: 'sso', user: null, reason: '' }),
  },
  'exits/hand-over.appointSuccessor': {
    permission: WRITE,
    fresh: true,
    knock: (desk, signed) => appointSuccessor(desk, signed, { account, from: user, to: user, reason: '' }),
  },
  'exits/with-second-operator.withSecondOperator': {
    permission: WRITE,
    fresh: true,
    knock: (desk, signed) =>
      withSecondOperator(
        desk,
        signed,
        { why: 'edition', account, reason: '' },
        {
          plan: async () => {
            throw new Refusal('not-found', 'nothing');
          },
          apply: async () => null,
          entry: () => ({ kind: 'account.edited' }),
        },
      ),
  },
  'imports/import-directory.importDirectory': {
    permission: WRITE,
    knock: (desk, signed) => importDirectory(desk, signed, {}),
  },
  'imports/import-directory.previewImport': {
    permission: WRITE,
    knock: (desk, signed) => previewImport(desk, signed, {}),
  },
  'imports/stage-import.stageImport': {
    permission: WRITE,
    knock: (desk, signed) => stageImport(desk, signed, { ready: NOTHING }, async () => undefined),
  },
  'directory/room-for-import.abandonImport': {
    permission: WRITE,
    knock: (desk, signed) => abandonImport(desk, signed, 'none'),
  },
  'directory/room-for-import.makeRoom': { permission: WRITE, knock: (desk, signed) => makeRoom(desk, signed) },
  'directory/see-people.seePeople': {
    permission: 'mfa:read',
    knock: (desk, signed) => seePeople(desk, signed, 'none', []).next(),
  },
  'directory/see-people.noteList': {
    permission: 'directory:read',
    knock: (desk, signed) => noteList(desk, signed, { list: 'console' }, { people: 0, shown: 10 }),
  },
  'directory/see-people.rowsFor': { permission: 'signed-in', knock: (desk, signed) => rowsFor(desk, signed, 5) },
  'directory/see-people.seenAfterAct': {
    permission: 'signed-in',
    knock: (desk, signed) => seenAfterAct(desk, signed, { account, user }),
  },
  'directory/see-people.viewUser': {
    permission: 'directory:read',
    knock: (desk, signed) => viewUser(desk, signed, { account, user }, { view: 'user' }),
  },
  'directory/see-people.viewAllUsers': {
    permission: 'directory:read',
    knock: (desk, signed) => viewAllUsers(desk, signed, undefined),
  },
  'directory/see-people.viewUsers': {
    permission: 'directory:read',
    knock: (desk, signed) =>
      viewUsers(desk, signed, { list: 'user list', limit: 1 }, async () => ({ found: [], more: false })),
  },
  'directory/unlock-caller.unlockCaller': {
    permission: 'user:unlock',
    knock: (desk, signed) => unlockCaller(desk, signed, { account, user }, ''),
  },
};
