/** `account …`: customer companies (B01, B63); `edit` is account/edit.ts. Imports and exports are directory-files.ts. */

import * as z from 'zod';
import { addAccount } from '../../procedures/directory/add-to-directory.js';
import { describeAccount } from '../../procedures/directory/describe-customer.js';
import { switchAccount } from '../../procedures/directory/disable-customer.js';
import { allAccounts } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchAccounts } from '../../procedures/directory/search-directory.js';
import { rowsFor } from '../../procedures/directory/see-people.js';
import { EDITIONS } from '../../rules/people.js';
import { askMissing } from '../ask-missing.js';
import type { Command } from '../command.js';
import { command } from '../command.js';
import { block } from '../wording/blocks.js';
import { editAccountCommand } from './account/edit.js';
import { accountDocument, accountTable, accountView, cutNote, describedDocument } from './account-view.js';
import { askDisable } from './ask-disable.js';
import { commands as files } from './directory-files.js';
import { COUNTRY, LIMIT, limitOf, PAGE, pageOf, REFERENCE } from './listing-arguments.js';

const listAccounts = command({
  path: 'account list',
  access: 'directory:read',
  options: [LIMIT],
  input: () => z.object({ limit: limitOf().optional() }),
  run: async (context, { limit }) => {
    const desk = await context.desk();
    const rows = await rowsFor(desk, context.operator(), limit);
    const found = await allAccounts(desk, (rows?.limit ?? 0) + 1);
    const shown = found.slice(0, rows?.limit);
    const more = found.length > shown.length;
    return {
      view: [accountTable(shown, 'No accounts yet.'), ...cutNote(shown.length, more, rows?.limit !== limit)],
      document: { accounts: shown.map(accountDocument), more },
    };
  },
});

const showAccount = command({
  path: 'account show',
  access: 'directory:read',
  arguments: [REFERENCE],
  input: () => z.object({ account: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const described = await describeAccount(desk, await findAccount(desk, given.account));
    return { view: accountView(described), document: { account: describedDocument(described) } };
  },
});

const CAPPED = { found: [], more: true } as const;

const searchAccountsCommand = command({
  path: 'account search',
  access: 'directory:read',
  arguments: ['<text...>'],
  options: [LIMIT, PAGE],
  input: () => z.object({ text: z.array(z.string()), limit: limitOf().default(20), page: pageOf() }),
  run: async (context, { text, limit, page }) => {
    const desk = await context.desk();
    const rows = await rowsFor(desk, context.operator(), limit, page);
    const { found, more } = rows === undefined ? CAPPED : await searchAccounts(desk, text.join(' '), rows);
    return {
      view: [accountTable(found, 'No account matches.'), ...cutNote(found.length, more, rows === undefined, page)],
      document: { accounts: found.map(accountDocument), more },
    };
  },
});

const addAccountCommand = command({
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

const disableAccount = switching('account disable', { on: false, word: 'disabled' });

const enableAccount = switching('account enable', { on: true, word: 'enabled' });

export const commands: readonly Command[] = [
  addAccountCommand,
  listAccounts,
  showAccount,
  searchAccountsCommand,
  editAccountCommand,
  disableAccount,
  enableAccount,
  ...files.filter(({ path }) => path.startsWith('account ')),
];
