/** `user edit`: name, e-mail and phone. */
import * as z from 'zod';
import { Refusal } from '../../../errors.js';
import { editUser } from '../../../procedures/directory/edit-user.js';
import { seenAfterAct } from '../../../procedures/directory/see-people.js';
import { command } from '../../command.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from '../given-user.js';
import { userDocument } from '../user-view.js';

export const editUserCommand = command({
  path: 'user edit',
  summary: 'change name, e-mail or phone (an admin of the company changes role and scopes in the portal)',
  examples: [
    'countersign user edit 100234/nancy.davolio --phone "(206) 555-0100"',
    'countersign user edit nancy.davolio --account 100234 --email nancy@new.example --json',
  ],
  access: 'directory:write',
  arguments: [USER_ARGUMENT],
  options: [
    ACCOUNT_OPTION,
    { flags: '--name <name>', about: 'the new name' },
    { flags: '--email <address>', about: 'the new e-mail address; a notice goes to the old and the new one' },
    { flags: '--phone <number>', about: 'the new phone number' },
  ],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      name: z.string().optional(),
      email: z.string().optional(),
      phone: z.string().optional(),
    }),
  run: async (context, { user, account, ...change }) => {
    if (Object.values(change).every((value) => value === undefined)) {
      throw new Refusal('missing-option', 'missing: --name, --email or --phone', {
        hint: 'An admin of the company changes role and scopes in the portal.',
      });
    }
    const desk = await context.desk();
    const found = await givenUser(desk, user, account);
    const edited = await editUser(desk, context.operator(), found, change);
    const who = `${found.account.number}/${found.user.login}`;
    const said =
      edited.notices.length === 0
        ? []
        : [`A notice goes to ${edited.notices.length === 1 ? 'the address' : 'the old and the new address'} on file.`];
    return {
      view: [
        {
          kind: 'lines',
          lines: [
            edited.fields.length === 0
              ? `Nothing to change for ${who}.`
              : `Changed ${edited.fields.join(', ')} of ${who}.`,
            ...said,
          ],
        },
      ],
      document: {
        user: userDocument(await seenAfterAct(desk, context.operator(), { account: found.account, user: edited.user })),
        changed: edited.fields,
        notices: edited.notices,
      },
    };
  },
});
