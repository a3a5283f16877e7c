/** `user …`: logins inside accounts (B05, B09). */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { mfaStatus } from '../../procedures/codes/mfa-status.js';
import { addUser } from '../../procedures/directory/add-to-directory.js';
import { describeUser } from '../../procedures/directory/describe-customer.js';
import { userPages } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchUsers } from '../../procedures/directory/search-directory.js';
import {
  type SeenUser,
  seenAfterAct,
  viewAllUsers,
  viewUser,
  viewUsers,
} from '../../procedures/directory/see-people.js';
import { editUser } from '../../procedures/exits/edit-user.js';
import { appointSuccessor } from '../../procedures/exits/hand-over.js';
import { CUSTOMER_ROLES, type Owner } from '../../rules/people.js';
import { askMissing, untilApproved } from '../ask.js';
import { type Command, command } from '../command.js';
import { longList } from '../wording/long-list.js';
import { block, inShell, moments, pick } from '../wording/results.js';
import { cutNote, describedUserDocument, ssoBlocks, userDocument, userTable, userView } from './customer-view.js';
import { commands as files } from './directory-files.js';
import { givenUser, limitOf, pageOf } from './listing-arguments.js';
import { heldLines, reasonFor, runSignIn } from './power-change.js';
import { commands as access } from './user-access.js';

const listUsers = command({
  path: 'user list',
  access: 'directory:read',
  options: ['--account <account>', '--limit <n>'],
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
    const asked = { list: 'user list', account, limit } as const;
    const { found, more, capped } = await viewUsers(desk, signed, asked, async (rows) => {
      const users: Owner[] = [];
      for await (const page of userPages(desk, account, rows.limit + 1)) users.push(...page);
      return { found: users.slice(0, rows.limit), more: users.length > rows.limit };
    });
    return {
      view: [...above(found.length, more), table(found), ...cutNote(words, found.length, more, capped)],
      document: { users: found.map(userDocument), more },
    };
  },
});

/** So many are read without counting how many there are. */
const FEW = 1_000;

const showUser = command({
  path: 'user show',
  access: 'directory:read',
  arguments: ['<user>'],
  options: ['--account <account>'],
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

const searchUsersCommand = command({
  path: 'user search',
  access: 'directory:read',
  arguments: ['<text...>'],
  options: ['--account <account>', '--limit <n>', '--page <n>'],
  own: () => ({ limit: limitOf().default(20), page: pageOf() }),
  run: async ({ desk, signed, words }, given) => {
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const text = given.text.join(' ');
    const { limit, page } = given;
    const asked = { list: 'user search', text, account, limit, page } as const;
    const { found, more, capped } = await viewUsers(desk, signed, asked, (rows) =>
      searchUsers(desk, text, rows, account),
    );
    const cut = cutNote(words, found.length, more, capped, page);
    return {
      view: [userTable(found, words('directory.no-user'), true, words), ...cut],
      document: { users: found.map(userDocument), more },
    };
  },
});

const editUserCommand = command({
  path: 'user edit',
  access: 'directory:write',
  arguments: ['<user>'],
  options: [
    '--account <account>',
    '--name <name>',
    '--email <address>',
    '--phone <number>',
    '--external <id>',
    '--language <code>',
    '--sign-in <kind>',
    '--reason <text>',
    '--wait',
  ],
  run: async (at, { user, account, signIn, reason, wait, ...change }) => {
    const { context, desk, signed, words } = at;
    if (signIn !== undefined) return runSignIn(at, await givenUser(desk, user, account), { signIn, reason, wait });
    if (Object.values(change).every((value) => value === undefined))
      throw refusal('missing-option', 'user-change-missing', {}, 'roles-in-portal');
    const found = await givenUser(desk, user, account);
    const edited = await untilApproved(context, wait, () => editUser(desk, signed, found, { ...change, reason }));
    const who = `${found.account.number}/${found.user.login}`;
    const count = edited.notices.length;
    const key = edited.fields.length === 0 ? 'directory.nothing' : 'directory.changed';
    const said = count === 0 ? [] : [words('directory.notice-goes', { count })];
    return {
      view: [block.lines(words(key, { who, fieldName: edited.fields }), ...said)],
      document: {
        user: userDocument(await seenAfterAct(desk, signed, { account: found.account, user: edited.user })),
        changed: edited.fields,
        notices: edited.notices,
      },
    };
  },
});

/** `user successor`: where an admin of a company is gone, another login takes the role over. */
const successorCommand = command({
  path: 'user successor',
  access: 'directory:write',
  arguments: ['<user>'],
  options: ['--account <account>', '--of <login>', '--reason <text>', '--wait'],
  own: () => ({ of: z.string() }),
  run: async ({ context, desk, signed, words }, given) => {
    const reason = reasonFor(given);
    const { account, user: to } = await givenUser(desk, given.user, given.account);
    const { user: from } = await givenUser(desk, given.of, account.id);
    const wish = { account, from, to, reason };
    const done = await untilApproved(context, given.wait, () => appointSuccessor(desk, signed, wish));
    const { user, roleBefore, grantsEnded } = done;
    const role = words.term('roleTitle', user.role);
    const lines = [
      words('directory.handed', { ...pick(user, 'name', 'login'), role, account: account.name }),
      ...heldLines(user, words),
      words('directory.plain-user', pick(from, 'name', 'login')),
    ];
    const successor = {
      user: pick(user, 'id', 'login', 'name', 'role'),
      roleBefore,
      ...moments(user, 'powerHeldUntil'),
    };
    return { view: [block.lines(...lines)], document: { successor: { ...successor, grantsEnded, of: from.id } } };
  },
});

/** `user add`: sets role and scopes once; later they change in the portal (B16). */
const addUserCommand = command({
  path: 'user add',
  access: 'directory:write',
  arguments: ['[login]'],
  options: [
    '--account <account>',
    '--name <name>',
    '--email <address>',
    '--phone <number>',
    '--role <role>',
    { flags: '--scope <scope>', many: true },
    '--sign-in <kind>',
  ],
  own: () => ({ signIn: z.string().default('native') }),
  run: async ({ context, desk, signed, words }, given) => {
    const asked = await askMissing(context, given, [
      { name: 'login', option: '<login>', message: words('directory.ask-login') },
      { name: 'account', option: '--account', message: words('directory.ask-account') },
      { name: 'name', option: '--name', message: words('directory.ask-name') },
      { name: 'email', option: '--email', message: words('directory.ask-email') },
      { name: 'phone', option: '--phone', message: words('directory.ask-phone') },
      { name: 'role', option: '--role', message: words('directory.Role'), choices: CUSTOMER_ROLES },
    ]);
    const found = await addUser(desk, signed, { ...asked, scopes: given.scope, signIn: given.signIn });
    const who = `${found.account.number}/${found.user.login}`;
    const { name } = found.user;
    const role = words.term('roleTitle', found.user.role);
    return {
      view: [
        block.lines(words('directory.user-added', { name, who, role }), ...heldLines(found.user, words)),
        ...ssoBlocks(found, words),
        ...(found.user.email === '' || found.user.signIn === 'sso'
          ? []
          : [block.next(`countersign user invite ${inShell(who)}`)]),
      ],
      document: { user: userDocument(await seenAfterAct(desk, signed, found)) },
    };
  },
});

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
