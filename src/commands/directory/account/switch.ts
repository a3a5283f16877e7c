/** `account disable`, `account enable`. */

import * as z from 'zod';
import { switchAccount } from '../../../procedures/directory/disable-customer.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { accountDocument } from '../account-view.js';
import { askDisable } from '../ask-disable.js';
import { REFERENCE } from '../listing-arguments.js';

interface Switch {
  readonly on: boolean;
  /** What it is now, in a sentence. */
  readonly word: 'enabled' | 'disabled';
}

const switching = (path: string, { on, word }: Switch) =>
  command({
    path,
    access: 'directory:write',
    arguments: [REFERENCE],
    options: ['--reason <text>'],
    input: () => z.object({ account: z.string(), reason: z.string().optional() }),
    run: async (context, given) => {
      const desk = await context.desk();
      const account = await findAccount(desk, given.account);
      const who = `${account.name} (${account.number})`;
      const reason = on ? given.reason : await askDisable(context, `${who} and all its users`, given.reason);
      const changed = await switchAccount(desk, context.operator(), account, { on, reason });
      const after = await findAccount(desk, account.id);
      return {
        view: [block.lines(changed ? `${who} is ${word}.` : `${who} was already ${word}.`)],
        document: { account: accountDocument(after), changed },
      };
    },
  });

export const disableAccount = switching('account disable', { on: false, word: 'disabled' });

export const enableAccount = switching('account enable', { on: true, word: 'enabled' });
