/** `user list`, `user show`, `user search`. */
import * as z from 'zod';
import { mfaStatus } from '../../../procedures/codes/mfa-status.js';
import { describeUser } from '../../../procedures/directory/describe-customer.js';
import { allUsers } from '../../../procedures/directory/export-directory.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { searchUsers } from '../../../procedures/directory/search-directory.js';
import { command } from '../../command.js';
import { cutNote } from '../account-view.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from '../given-user.js';
import { limitOf } from '../listing-arguments.js';
import { describedUserDocument, userDocument, userTable, userView } from '../user-view.js';

export const listUsers = command({
  path: 'user list',
  summary: 'list the logins of one account, or of all',
  examples: [
    'countersign user list --account 100234',
    'countersign user list --account 100234 --json',
    'countersign user list --limit 100 --json',
  ],
  access: 'directory:read',
  options: [ACCOUNT_OPTION, { flags: '--limit <n>', about: 'show at most this many' }],
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

/** How many there are; empty if not all of them were read. */
function countOf(found: number, limit = Number.POSITIVE_INFINITY): string {
  if (found > limit) return '';
  return found === 1 ? '1 user' : `${found} users`;
}

export const showUser = command({
  path: 'user show',
  summary: 'show one login: contacts, role, what is set up, locks; never a secret',
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

export const searchUsersCommand = command({
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
      about: 'part of a name, login, e-mail or phone number; case and accents are ignored',
    },
  ],
  options: [ACCOUNT_OPTION, { flags: '--limit <n>', about: 'show at most this many (default: 20)' }],
  input: () => z.object({ text: z.array(z.string()), account: z.string().optional(), limit: limitOf().default(20) }),
  run: async (context, given) => {
    const desk = await context.desk();
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const { found, more } = await searchUsers(desk, given.text.join(' '), given.limit, account);
    return {
      view: [userTable(found, 'No user matches.', true), ...cutNote(found.length, more)],
      document: { users: found.map(userDocument), more },
    };
  },
});
