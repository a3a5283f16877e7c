/** `user successor`: where an admin of a company is gone, another login takes the role over. */

import * as z from 'zod';
import { appointSuccessor } from '../../../procedures/exits/hand-over.js';
import { untilApproved } from '../../ask-approver.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from '../given-user.js';
import { handedDocument, handedLines, reasonFor, WAIT } from '../power-change.js';

export const successorCommand = command({
  path: 'user successor',
  access: 'directory:write',
  arguments: [USER_ARGUMENT],
  options: [ACCOUNT_OPTION, '--of <login>', '--reason <text>', WAIT],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      of: z.string(),
      reason: z.string().optional(),
      wait: z.boolean().default(false),
    }),
  run: async (context, given) => {
    const reason = reasonFor(given);
    const desk = await context.desk();
    const { account, user: to } = await givenUser(desk, given.user, given.account);
    const { user: from } = await givenUser(desk, given.of, account.id);
    const wish = { account, from, to, reason };
    const done = await untilApproved(context, given.wait, () => appointSuccessor(desk, context.operator(), wish));
    const lines = [...handedLines(done, account), `${from.name} (${from.login}) is a plain user.`];
    return { view: [block.lines(...lines)], document: { successor: { ...handedDocument(done), of: from.id } } };
  },
});
