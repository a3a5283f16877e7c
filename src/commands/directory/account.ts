/** `account …`: customer companies (B01, B63); `edit` is account/edit.ts. Imports and exports are directory-files.ts. */
import { addAccount } from '../../procedures/directory/add-to-directory.js';
import { describeAccount } from '../../procedures/directory/describe-customer.js';
import { switchAccount } from '../../procedures/directory/disable-customer.js';
import { allAccounts } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchAccounts } from '../../procedures/directory/search-directory.js';
import { rowsFor } from '../../procedures/directory/see-people.js';
import { EDITIONS } from '../../rules/people.js';
import { askDisable, askMissing } from '../ask-missing.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { editAccountCommand } from './account/edit.js';
import { accountDocument, accountTable, accountView, cutNote, describedDocument } from './account-view.js';
import { commands as files } from './directory-files.js';
import { COUNTRY, LIMIT, limitOf, PAGE, pageOf, REFERENCE } from './listing-arguments.js';

const listAccounts = command({
  path: 'account list',
  access: 'directory:read',
  options: [LIMIT],
  own: () => ({ limit: limitOf().optional() }),
  run: async ({ desk, signed, words }, { limit }) => {
    const rows = await rowsFor(desk, signed, limit);
    const found = await allAccounts(desk, (rows?.limit ?? 0) + 1);
    const shown = found.slice(0, rows?.limit);
    const more = found.length > shown.length;
    const cut = cutNote(words, shown.length, more, rows?.limit !== limit);
    return {
      view: [accountTable(shown, words('directory.no-accounts'), words), ...cut],
      document: { accounts: shown.map(accountDocument), more },
    };
  },
});

const showAccount = command({
  path: 'account show',
  access: 'directory:read',
  arguments: [REFERENCE],
  run: async ({ desk, words }, given) => {
    const described = await describeAccount(desk, await findAccount(desk, given.account));
    return { view: accountView(described, words), document: { account: describedDocument(described) } };
  },
});

const CAPPED = { found: [], more: true } as const;

const searchAccountsCommand = command({
  path: 'account search',
  access: 'directory:read',
  arguments: ['<text...>'],
  options: [LIMIT, PAGE],
  own: () => ({ limit: limitOf().default(20), page: pageOf() }),
  run: async ({ desk, signed, words }, { text, limit, page }) => {
    const rows = await rowsFor(desk, signed, limit, page);
    const { found, more } = rows === undefined ? CAPPED : await searchAccounts(desk, text.join(' '), rows);
    const cut = cutNote(words, found.length, more, rows === undefined, page);
    return {
      view: [accountTable(found, words('directory.no-account'), words), ...cut],
      document: { accounts: found.map(accountDocument), more },
    };
  },
});

const addAccountCommand = command({
  path: 'account add',
  access: 'directory:write',
  arguments: ['[name]'],
  options: ['--number <n>', '--edition <edition>', '--sso <provider>', COUNTRY],
  run: async ({ context, desk, signed, words }, given) => {
    const asked = await askMissing(context, given, [
      { name: 'name', option: '<name>', message: words('directory.ask-company') },
      { name: 'number', option: '--number', message: words('directory.ask-number') },
      { name: 'edition', option: '--edition', message: words('directory.Edition'), choices: EDITIONS },
    ]);
    const { sso, country } = given;
    const account = await addAccount(desk, signed, { ...asked, sso, country });
    const { name, number, edition } = account;
    return {
      view: [
        block.lines(words('directory.account-added', { name, number, edition })),
        block.next(`countersign user add LOGIN --account ${number} --name N --email E --phone P --role R`),
      ],
      document: { account: accountDocument(account) },
    };
  },
});

const switching = (switched: 'enabled' | 'disabled') =>
  command({
    path: `account ${switched === 'enabled' ? 'enable' : 'disable'}`,
    access: 'directory:write',
    arguments: [REFERENCE],
    options: ['--reason <text>'],
    run: async ({ context, desk, signed, words }, given) => {
      const account = await findAccount(desk, given.account);
      const who = `${account.name} (${account.number})`;
      const on = switched === 'enabled';
      const what = words('directory.all-users', { who });
      const reason = on ? given.reason : await askDisable(context, what, given.reason);
      const changed = await switchAccount(desk, signed, account, { on, reason });
      const after = await findAccount(desk, account.id);
      return {
        view: [block.lines(words('directory.switched-now', { who, changed: String(changed), switched }))],
        document: { account: accountDocument(after), changed },
      };
    },
  });

export const commands: readonly Command[] = [
  addAccountCommand,
  listAccounts,
  showAccount,
  searchAccountsCommand,
  editAccountCommand,
  switching('disabled'),
  switching('enabled'),
  ...files.filter(({ path }) => path.startsWith('account ')),
];
