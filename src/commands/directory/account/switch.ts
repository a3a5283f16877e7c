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
  readonly summary: string;
  readonly why: string;
  /** What it is now, in a sentence. */
  readonly word: 'enabled' | 'disabled';
}

const switching = (path: string, { on, summary, why, word }: Switch) =>
  command({
    path,
    summary,
    examples: [`countersign ${path} 100234 --reason "${why}"`],
    access: 'directory:write',
    arguments: [REFERENCE],
    options: [{ flags: '--reason <text>', about: on ? 'why, for the log' : 'why, for the log; needed' }],
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

export const disableAccount = switching('account disable', {
  on: false,
  summary: 'disable a company: its users cannot be verified or sign in',
  why: 'contract ended',
  word: 'disabled',
});

export const enableAccount = switching('account enable', {
  on: true,
  summary: 'enable a disabled company again',
  why: 'contract renewed',
  word: 'enabled',
});
