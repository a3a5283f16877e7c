/** `user …`: logins inside accounts (B05, B09), a verb a file. */
import type { Command } from '../command.js';
import { commands as files } from './directory-files.js';
import { addUserCommand } from './user/add.js';
import { editUserCommand } from './user/edit.js';
import { listUsers, searchUsersCommand, showUser } from './user/look.js';
import { successorCommand } from './user/successor.js';
import { commands as access } from './user-access.js';

export const commands: readonly Command[] = [
  addUserCommand,
  listUsers,
  showUser,
  searchUsersCommand,
  editUserCommand,
  successorCommand,
  ...access,
  ...files.filter(({ path }) => path.startsWith('user ')),
];
