/** `user add`: sets role and scopes once; later they change in the portal (B16). */

import * as z from 'zod';
import { addUser } from '../../../procedures/directory/add-to-directory.js';
import { seenAfterAct } from '../../../procedures/directory/see-people.js';
import { CUSTOMER_ROLES } from '../../../rules/people.js';
import { askMissing } from '../../ask-missing.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { ACCOUNT_OPTION } from '../given-user.js';
import { heldLines } from '../power-change.js';
import { ssoBlocks, userDocument } from '../user-view.js';

const addInput = () =>
  z.object({
    login: z.string().optional(),
    account: z.string().optional(),
    name: z.string().optional(),
    email: z.string().optional(),
    phone: z.string().optional(),
    role: z.string().optional(),
    scope: z.array(z.string()).default([]),
    signIn: z.string().default('native'),
  });

export const addUserCommand = command<z.infer<ReturnType<typeof addInput>>>({
  path: 'user add',
  summary: 'add a login to an account',
  examples: [
    'countersign user add ana --account 100241 --name "Ana Trujillo" --email ana@anatr.example --phone "(5) 555-4729" --role admin',
    'countersign user add nancy --account 100234 --name "Nancy Davolio" --email n@alfki.example --phone "(206) 555-9857" --role secondary-admin --scope billing --scope account-info',
  ],
  access: 'directory:write',
  arguments: [{ name: '[login]', about: 'login, unique inside the account' }],
  options: [
    ACCOUNT_OPTION,
    { flags: '--name <name>', about: "the person's name" },
    { flags: '--email <address>', about: 'e-mail address; "" for none' },
    { flags: '--phone <number>', about: 'phone number in any form; "" for none' },
    { flags: '--role <role>', about: 'classic: primary-admin, secondary-admin, user; x-series: admin, user' },
    {
      flags: '--scope <scope>',
      about: 'privilege of a secondary admin, such as billing or billing:inquiry',
      many: true,
    },
    { flags: '--sign-in <kind>', about: 'native or sso (default: native)' },
  ],
  input: addInput,
  run: async (context, given) => {
    const asked = await askMissing(context, given, [
      { name: 'login', option: '<login>', message: 'Login' },
      { name: 'account', option: '--account', message: 'Account' },
      { name: 'name', option: '--name', message: 'Name of the person' },
      { name: 'email', option: '--email', message: 'E-mail (empty for none)' },
      { name: 'phone', option: '--phone', message: 'Phone (empty for none)' },
      { name: 'role', option: '--role', message: 'Role', choices: CUSTOMER_ROLES },
    ]);
    const desk = await context.desk();
    const found = await addUser(desk, context.operator(), {
      ...asked,
      scopes: given.scope,
      signIn: given.signIn,
    });
    const who = `${found.account.number}/${found.user.login}`;
    return {
      view: [
        block.lines(`Added ${found.user.name} (${who}), ${found.user.role}.`, ...heldLines(found.user)),
        ...ssoBlocks(found),
        ...(found.user.email === '' || found.user.signIn === 'sso'
          ? []
          : [block.next(`countersign user invite ${who}`)]),
      ],
      document: { user: userDocument(await seenAfterAct(desk, context.operator(), found)) },
    };
  },
});
