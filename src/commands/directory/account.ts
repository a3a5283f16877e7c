/** `account …`: customer companies (B01, B63). Imports and exports are directory-files.ts. */

import * as z from 'zod';
import { refusal } from '../../errors.js';
import { addAccount } from '../../procedures/directory/add-to-directory.js';
import { describeAccount } from '../../procedures/directory/describe-customer.js';
import { switchAccount } from '../../procedures/directory/disable-customer.js';
import { allAccounts } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchAccounts } from '../../procedures/directory/search-directory.js';
import { rowsFor } from '../../procedures/directory/see-people.js';
import { type AccountEdit, editAccount } from '../../procedures/exits/edit-account.js';
import { EDITIONS } from '../../rules/people.js';
import { askDisable, askMissing, untilApproved } from '../ask.js';
import { type Command, type Context, command, type Given, type Operated, type Result } from '../command.js';
import { block, pick } from '../wording/results.js';
import { accountDocument, accountTable, accountView, cutNote, describedDocument } from './customer-view.js';
import { commands as files } from './directory-files.js';
import { limitOf, pageOf } from './listing-arguments.js';
import { runEdition, runSignIn } from './power-change.js';

const OPTIONS = [
  '--name <name>',
  '--sso <provider>',
  '--no-sso',
  '--sso-issuer <url>',
  '--sso-audience <text>',
  { flags: '--sso-jwks <file|url>', path: 'reads' },
  '--forbid-phone-resets',
  '--allow-phone-resets',
  '--country <code>',
  '--language <code>',
  '--connector <name>',
  '--edition <edition>',
  '--drop-privileges',
  '--sign-in <kind>',
  '--reason <text>',
  '--wait',
] as const;
const own = () => ({ sso: z.union([z.string(), z.literal(false)]).optional() });

type Edit = Given<(typeof OPTIONS)[number] | '<account>', ReturnType<typeof own>>;

const editAccountCommand = command({
  path: 'account edit',
  access: 'directory:write',
  arguments: ['<account>'],
  options: OPTIONS,
  own,
  run: async (at, given) => {
    const { context, desk, signed, words } = at;
    const power = await runPower(at, given);
    if (power !== null) return power;
    const change = await changeOf(context, given);
    const found = await findAccount(desk, given.account);
    const { account, fields, stranded } = await untilApproved(context, given.wait, () =>
      editAccount(desk, signed, found, change),
    );
    const facts = { who: `${account.name} (${account.number})`, fieldName: fields };
    const first = words(fields.length === 0 ? 'directory.nothing' : 'directory.account-changed', facts);
    const left = stranded === 0 ? [] : [words('directory.stranded', { count: stranded })];
    return { view: [block.lines(first, ...left)], document: { account: accountDocument(account), changed: fields } };
  },
});

/** Edition and way to sign in, each alone: a second operator sees such a change by itself. */
async function runPower(at: Operated, given: Edit): Promise<Result | null> {
  const { account, edition, signIn } = given;
  if (edition !== undefined) return runEdition(at, await findAccount(at.desk, account), { ...given, edition });
  if (signIn === undefined) return null;
  return runSignIn(at, { account: await findAccount(at.desk, account), user: null }, { ...given, signIn });
}

async function changeOf(context: Context, given: Edit): Promise<AccountEdit> {
  const { sso, ssoIssuer, ssoAudience, ssoJwks, forbidPhoneResets, allowPhoneResets, reason } = given;
  const change = {
    ...pick(given, 'name', 'country', 'language', 'connector'),
    sso: sso === false ? null : sso,
    issuer: ssoIssuer,
    audience: ssoAudience,
    keys: ssoJwks,
    forbidPhoneResets: forbidPhoneResets || (allowPhoneResets ? false : undefined),
  };
  if (Object.values(change).every((one) => one === undefined))
    throw refusal('missing-option', 'change-missing', {}, 'help-account-edit');
  const keys = ssoJwks === undefined || /^https?:/i.test(ssoJwks) ? ssoJwks : await context.files.readText(ssoJwks);
  return { ...change, keys, reason };
}

const listAccounts = command({
  path: 'account list',
  access: 'directory:read',
  options: ['--limit <n>'],
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
  arguments: ['<account>'],
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
  options: ['--limit <n>', '--page <n>'],
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
  options: ['--number <n>', '--edition <edition>', '--sso <provider>', '--country <code>'],
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
    arguments: ['<account>'],
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
