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
  access: 'directory:write',
  arguments: ['[login]'],
  options: [
    ACCOUNT_OPTION,
    '--name <name>',
    '--email <address>',
    '--phone <number>',
    '--role <role>',
    {
      flags: '--scope <scope>',
      many: true,
    },
    '--sign-in <kind>',
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
