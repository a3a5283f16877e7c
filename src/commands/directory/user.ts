/** `user …`: logins inside accounts (B05, B09). Roles and scopes come with add and import and change in the portal (B16). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { mfaStatus } from '../../procedures/codes/mfa-status.js';
import { addUser } from '../../procedures/directory/add-to-directory.js';
import { describeUser } from '../../procedures/directory/describe-customer.js';
import { editUser } from '../../procedures/directory/edit-user.js';
import { allUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchUsers } from '../../procedures/directory/search-directory.js';
import { CUSTOMER_ROLES } from '../../rules/people.js';
import { askMissing } from '../ask-missing.js';
import { type Command, command } from '../command.js';
import { limitOf } from './account.js';
import { cutNote } from './account-view.js';
import { commands as files } from './directory-files.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from './given-user.js';
import { commands as access } from './user-access.js';
import { describedUserDocument, ssoBlocks, userDocument, userTable, userView } from './user-view.js';

const addInput = () =>
  z.object({
    login: z.string().optional(),
    account: z.string().optional(),
    name: z.string().optional(),
    email: z.string().optional(),
    phone: z.string().optional(),
    role: z.string().optional(),
    scope: z.array(z.string()).default([]),
    signIn: z.string().default('native'),
  });

const add = command<z.infer<ReturnType<typeof addInput>>>({
  path: 'user add',
  summary: 'add a login to an account',
  examples: [
    'countersign user add ana --account 100241 --name "Ana Trujillo" --email ana@anatr.example --phone "(5) 555-4729" --role admin',
    'countersign user add nancy --account 100234 --name "Nancy Davolio" --email n@alfki.example --phone "(206) 555-9857" --role secondary-admin --scope billing --scope account-info',
  ],
  access: 'directory:write',
  arguments: [{ name: '[login]', about: 'login, unique inside the account' }],
  options: [
    ACCOUNT_OPTION,
    { flags: '--name <name>', about: "the person's name" },
    { flags: '--email <address>', about: 'e-mail address; "" for none' },
    { flags: '--phone <number>', about: 'phone number, as it is written; "" for none' },
    { flags: '--role <role>', about: 'classic: primary-admin, secondary-admin, user; x-series: admin, user' },
    {
      flags: '--scope <scope>',
      about: 'a privilege of a secondary admin, such as billing or billing:inquiry',
      many: true,
    },
    { flags: '--sign-in <kind>', about: 'native or sso (default: native)' },
  ],
  input: addInput,
  run: async (context, given) => {
    const asked = await askMissing(context, given, [
      { name: 'login', option: '<login>', message: 'Login' },
      { name: 'account', option: '--account', message: 'Account' },
      { name: 'name', option: '--name', message: 'Name of the person' },
      { name: 'email', option: '--email', message: 'E-mail (empty for none)' },
      { name: 'phone', option: '--phone', message: 'Phone (empty for none)' },
      { name: 'role', option: '--role', message: 'Role', choices: CUSTOMER_ROLES },
    ]);
    const found = await addUser(await context.desk(), context.operator(), {
      ...asked,
      scopes: given.scope,
      signIn: given.signIn,
    });
    const who = `${found.account.number}/${found.user.login}`;
    return {
      view: [
        { kind: 'lines', lines: [`Added ${found.user.name} (${who}), ${found.user.role}.`] },
        ...ssoBlocks(found),
        ...(found.user.email === '' || found.user.signIn === 'sso'
          ? []
          : [{ kind: 'next', lines: [`countersign user invite ${who}`] } as const]),
      ],
      document: { user: userDocument(found) },
    };
  },
});

const list = command({
  path: 'user list',
  summary: 'the logins of one account, or of all',
  examples: [
    'countersign user list --account 100234',
    'countersign user list --account 100234 --json',
    'countersign user list --limit 100 --json',
  ],
  access: 'directory:read',
  options: [ACCOUNT_OPTION, { flags: '--limit <n>', about: 'how many at most' }],
  input: () => z.object({ account: z.string().optional(), limit: limitOf().optional() }),
  run: async (context, { account: reference, limit }) => {
    const desk = await context.desk();
    const account = reference === undefined ? undefined : await findAccount(desk, reference);
    const found = await allUsers(desk, account, limit === undefined ? undefined : limit + 1);
    const shown = found.slice(0, limit);
    return {
      view: [
        ...(account === undefined
          ? []
          : [
              {
                kind: 'title',
                text: `${account.name} (${account.number})`,
                aside: countOf(found.length, limit),
              } as const,
            ]),
        userTable(shown, 'No users yet.', account === undefined),
        ...cutNote(shown.length, found.length > shown.length),
      ],
      document: { users: shown.map(userDocument) },
    };
  },
});

/** How many there are, where all of them were read. */
function countOf(found: number, limit = Number.POSITIVE_INFINITY): string {
  if (found > limit) return '';
  return found === 1 ? '1 user' : `${found} users`;
}

const show = command({
  path: 'user show',
  summary: 'one login: contacts, role, what is set up, locks; never a secret',
  examples: [
    'countersign user show 100234/nancy.davolio',
    'countersign user show nancy.davolio@alfki.example --account 100234 --json',
  ],
  access: 'directory:read',
  arguments: [USER_ARGUMENT],
  options: [ACCOUNT_OPTION],
  input: () => z.object({ user: z.string(), account: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const found = await givenUser(desk, given.user, given.account);
    const mfa = await mfaStatus(desk, found.account, found.user);
    const described = { ...(await describeUser(desk, found)), mfa };
    return { view: userView(described), document: { user: describedUserDocument(described) } };
  },
});

const search = command({
  path: 'user search',
  summary: 'find people by part of name, login, e-mail or phone',
  examples: [
    'countersign user search anders',
    'countersign user search 555-9857',
    'countersign user search nancy --account 100234 --json',
  ],
  access: 'directory:read',
  arguments: [
    {
      name: '<text...>',
      about: 'part of a name, login, e-mail or the digits of a phone; case and accents do not count',
    },
  ],
  options: [ACCOUNT_OPTION, { flags: '--limit <n>', about: 'how many at most (default: 20)' }],
  input: () => z.object({ text: z.array(z.string()), account: z.string().optional(), limit: limitOf().default(20) }),
  run: async (context, given) => {
    const desk = await context.desk();
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const { found, more } = await searchUsers(desk, given.text.join(' '), given.limit, account);
    return {
      view: [userTable(found, 'Nobody fits.', true), ...cutNote(found.length, more)],
      document: { users: found.map(userDocument), more },
    };
  },
});

const edit = command({
  path: 'user edit',
  summary: 'change name, e-mail or phone (role and scopes change in the portal, by an admin of the company)',
  examples: [
    'countersign user edit 100234/nancy.davolio --phone "(206) 555-0100"',
    'countersign user edit nancy.davolio --account 100234 --email nancy@new.example --json',
  ],
  access: 'directory:write',
  arguments: [USER_ARGUMENT],
  options: [
    ACCOUNT_OPTION,
    { flags: '--name <name>', about: 'the new name' },
    { flags: '--email <address>', about: 'the new e-mail address; old and new are told' },
    { flags: '--phone <number>', about: 'the new phone number' },
  ],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      name: z.string().optional(),
      email: z.string().optional(),
      phone: z.string().optional(),
    }),
  run: async (context, { user, account, ...change }) => {
    if (Object.values(change).every((value) => value === undefined)) {
      throw new Refusal('missing-option', 'missing: --name, --email or --phone', {
        hint: 'Role and scopes are changed in the portal, by an admin of the company.',
      });
    }
    const desk = await context.desk();
    const found = await givenUser(desk, user, account);
    const edited = await editUser(desk, context.operator(), found, change);
    const who = `${found.account.number}/${found.user.login}`;
    const said =
      edited.notices.length === 0
        ? []
        : [`Told: ${edited.notices.length === 1 ? 'the address' : 'the old and the new address'} on file.`];
    return {
      view: [
        {
          kind: 'lines',
          lines: [
            edited.fields.length === 0
              ? `Nothing to change for ${who}.`
              : `Changed ${edited.fields.join(', ')} of ${who}.`,
            ...said,
          ],
        },
      ],
      document: {
        user: userDocument({ account: found.account, user: edited.user }),
        changed: edited.fields,
        notices: edited.notices,
      },
    };
  },
});

export const commands: readonly Command[] = [
  add,
  list,
  show,
  search,
  edit,
  ...access,
  ...files.filter(({ path }) => path.startsWith('user ')),
];
