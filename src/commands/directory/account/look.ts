/** `account list`, `account show`, `account search`. */
import * as z from 'zod';
import { describeAccount } from '../../../procedures/directory/describe-customer.js';
import { allAccounts } from '../../../procedures/directory/export-directory.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { searchAccounts } from '../../../procedures/directory/search-directory.js';
import { rowsFor } from '../../../procedures/directory/see-people.js';
import { command } from '../../command.js';
import { accountDocument, accountTable, accountView, cutNote, describedDocument } from '../account-view.js';
import { LIMIT, limitOf, PAGE, pageOf, REFERENCE } from '../listing-arguments.js';

export const listAccounts = command({
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

export const showAccount = command({
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

export const searchAccountsCommand = command({
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
