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
  summary: 'add a company',
  examples: [
    'countersign account add "Alfreds Futterkiste" --number 100234 --edition classic',
    'countersign account add Northwind --number 100241 --edition x-series --sso okta --json',
  ],
  access: 'directory:write',
  arguments: [{ name: '[name]', about: 'name of the company' }],
  options: [
    { flags: '--number <n>', about: 'account number' },
    { flags: '--edition <edition>', about: 'classic or x-series; never assumed' },
    { flags: '--sso <provider>', about: 'single sign-on provider, if the company has one' },
    COUNTRY,
  ],
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
