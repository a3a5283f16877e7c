/** `account add`. */

import * as z from 'zod';
import { addAccount } from '../../../procedures/directory/add-to-directory.js';
import { EDITIONS } from '../../../rules/people.js';
import { askMissing } from '../../ask-missing.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { accountDocument } from '../account-view.js';
import { COUNTRY } from '../listing-arguments.js';

export const addAccountCommand = command({
  path: 'account add',
  access: 'directory:write',
  arguments: ['[name]'],
  options: ['--number <n>', '--edition <edition>', '--sso <provider>', COUNTRY],
  input: () =>
    z.object({
      name: z.string().optional(),
      number: z.string().optional(),
      edition: z.string().optional(),
      sso: z.string().optional(),
      country: z.string().optional(),
    }),
  run: async (context, given) => {
    const asked = await askMissing(context, given, [
      { name: 'name', option: '<name>', message: 'Name of the company' },
      { name: 'number', option: '--number', message: 'Account number' },
      { name: 'edition', option: '--edition', message: 'Edition', choices: EDITIONS },
    ]);
    const { sso, country } = given;
    const account = await addAccount(await context.desk(), context.operator(), { ...asked, sso, country });
    return {
      view: [
        block.lines(`Added ${account.name} (${account.number}), ${account.edition}.`),
        block.next(`countersign user add LOGIN --account ${account.number} --name N --email E --phone P --role R`),
      ],
      document: { account: accountDocument(account) },
    };
  },
});
