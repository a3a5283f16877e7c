/** `user list`, `user show`, `user search`. */
import { mfaStatus } from '../../../procedures/codes/mfa-status.js';
import { describeUser } from '../../../procedures/directory/describe-customer.js';
import { userPages } from '../../../procedures/directory/export-directory.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { type FoundUser, searchUsers } from '../../../procedures/directory/search-directory.js';
import { type SeenUser, viewAllUsers, viewUser, viewUsers } from '../../../procedures/directory/see-people.js';
import { command } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { longList } from '../../wording/long-list.js';
import { cutNote } from '../account-view.js';
import { ACCOUNT_OPTION, givenUser, limitOf, PAGE, pageOf, USER_ARGUMENT } from '../listing-arguments.js';
import { describedUserDocument, userDocument, userTable, userView } from '../user-view.js';

export const listUsers = command({
  path: 'user list',
  access: 'directory:read',
  options: [ACCOUNT_OPTION, '--limit <n>'],
  own: () => ({ limit: limitOf().optional() }),
  run: async ({ context, desk, signed, words }, { account: reference, limit }) => {
    const account = reference === undefined ? undefined : await findAccount(desk, reference);
    const above = (count: number, more: boolean) =>
      account === undefined
        ? []
        : [block.title(`${account.name} (${account.number})`, more ? '' : words('directory.count-users', { count }))];
    const table = (rows: readonly SeenUser[]) =>
      userTable(rows, words('directory.no-users'), account === undefined, words);
    const long = limit !== undefined && limit <= FEW ? undefined : await viewAllUsers(desk, signed, account, limit);
    if (long !== undefined) {
      const { count, more, pages } = long;
      const around = { above: above(count, more), below: cutNote(words, count, more, false), beside: { more } };
      return longList(context, pages, { name: 'users', table, document: userDocument, ...around });
    }
    const { found, more, capped } = await viewUsers(
      desk,
      signed,
      { list: 'user list', account, limit },
      async (rows) => {
        const users: FoundUser[] = [];
        for await (const page of userPages(desk, account, rows.limit + 1)) users.push(...page);
        return { found: users.slice(0, rows.limit), more: users.length > rows.limit };
      },
    );
    return {
      view: [...above(found.length, more), table(found), ...cutNote(words, found.length, more, capped)],
      document: { users: found.map(userDocument), more },
    };
  },
});

/** So many are read without counting how many there are. */
const FEW = 1_000;

export const showUser = command({
  path: 'user show',
  access: 'directory:read',
  arguments: [USER_ARGUMENT],
  options: [ACCOUNT_OPTION],
  run: async ({ desk, signed, words }, given) => {
    const found = await givenUser(desk, given.user, given.account);
    const mfa = await mfaStatus(desk, found.account, found.user);
    const all = await describeUser(desk, found);
    const asked = { view: 'user', others: all.sharing } as const;
    const { person, others } = await viewUser(desk, signed, found, asked);
    const described = { ...all, ...person, sharing: others, mfa };
    return { view: userView(described, words), document: { user: describedUserDocument(described) } };
  },
});

export const searchUsersCommand = command({
  path: 'user search',
  access: 'directory:read',
  arguments: ['<text...>'],
  options: [ACCOUNT_OPTION, '--limit <n>', PAGE],
  own: () => ({ limit: limitOf().default(20), page: pageOf() }),
  run: async ({ desk, signed, words }, given) => {
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const text = given.text.join(' ');
    const { found, more, capped } = await viewUsers(
      desk,
      signed,
      { list: 'user search', text, account, limit: given.limit, page: given.page },
      (rows) => searchUsers(desk, text, rows, account),
    );
    const cut = cutNote(words, found.length, more, capped, given.page);
    return {
      view: [userTable(found, words('directory.no-user'), true, words), ...cut],
      document: { users: found.map(userDocument), more },
    };
  },
});
