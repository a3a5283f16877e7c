/** `account …`: customer companies (B01, B63), a verb a file. Imports and exports are directory-files.ts. */
import type { Command } from '../command.js';
import { addAccountCommand } from './account/add.js';
import { editAccountCommand } from './account/edit.js';
import { listAccounts, searchAccountsCommand, showAccount } from './account/look.js';
import { disableAccount, enableAccount } from './account/switch.js';
import { commands as files } from './directory-files.js';

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
