/** `user edit`: name, e-mail and phone; or, with a second operator, the way to sign in. */

import * as z from 'zod';
import { Refusal } from '../../../errors.js';
import { editUser } from '../../../procedures/directory/edit-user.js';
import { seenAfterAct } from '../../../procedures/directory/see-people.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from '../given-user.js';
import { LANGUAGE } from '../listing-arguments.js';
import { requireAlone, runSignIn, WAIT } from '../power-change.js';
import { userDocument } from '../user-view.js';

export const editUserCommand = command({
  path: 'user edit',
  access: 'directory:write',
  arguments: [USER_ARGUMENT],
  options: [
    ACCOUNT_OPTION,
    '--name <name>',
    '--email <address>',
    '--phone <number>',
    '--external <id>',
    LANGUAGE,
    '--sign-in <kind>',
    '--reason <text>',
    WAIT,
  ],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      name: z.string().optional(),
      email: z.string().optional(),
      phone: z.string().optional(),
      external: z.string().optional(),
      language: z.string().optional(),
      signIn: z.string().optional(),
      reason: z.string().optional(),
      wait: z.boolean().default(false),
    }),
  run: async (context, { user, account, signIn, reason, wait, ...change }) => {
    if (signIn !== undefined) {
      requireAlone('--sign-in', Object.values(change));
      const found = await givenUser(await context.desk(), user, account);
      return runSignIn(context, found, { signIn, reason, wait });
    }
    if (Object.values(change).every((value) => value === undefined)) {
      throw new Refusal('missing-option', 'missing: --name, --email, --phone, --external, --language or --sign-in', {
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
        block.lines(
          edited.fields.length === 0
            ? `Nothing to change for ${who}.`
            : `Changed ${edited.fields.join(', ')} of ${who}.`,
          ...said,
        ),
      ],
      document: {
        user: userDocument(await seenAfterAct(desk, context.operator(), { account: found.account, user: edited.user })),
        changed: edited.fields,
        notices: edited.notices,
      },
    };
  },
});
