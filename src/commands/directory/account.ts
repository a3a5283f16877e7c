/** `account …`: customer companies (B01, B63). Files are account-files.ts. */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { addAccount } from '../../procedures/directory/add-to-directory.js';
import { describeAccount } from '../../procedures/directory/describe-customer.js';
import { switchAccount } from '../../procedures/directory/disable-customer.js';
import { type AccountEdit, type EditedAccount, editAccount } from '../../procedures/directory/edit-account.js';
import { allAccounts } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { searchAccounts } from '../../procedures/directory/search-directory.js';
import { EDITIONS } from '../../rules/people.js';
import { askMissing } from '../ask-missing.js';
import { type Command, type Context, command } from '../command.js';
import { accountDocument, accountTable, accountView, cutNote, describedDocument } from './account-view.js';
import { commands as files } from './directory-files.js';

const REFERENCE = { name: '<account>', about: 'number, id or unique name' } as const;
const LIMIT = { flags: '--limit <n>', about: 'how many at most' } as const;
export const limitOf = () => z.coerce.number().int().min(1).max(1_000_000);

const add = command({
  path: 'account add',
  summary: 'add a company',
  examples: [
    'countersign account add "Alfreds Futterkiste" --number 100234 --edition classic',
    'countersign account add Northwind --number 100241 --edition x-series --sso okta --json',
  ],
  access: 'directory:write',
  arguments: [{ name: '[name]', about: 'name of the company' }],
  options: [
    { flags: '--number <n>', about: 'account number' },
    { flags: '--edition <edition>', about: 'classic or x-series; never assumed' },
    { flags: '--sso <provider>', about: 'single sign-on provider, where it has one' },
  ],
  input: () =>
    z.object({
      name: z.string().optional(),
      number: z.string().optional(),
      edition: z.string().optional(),
      sso: z.string().optional(),
    }),
  run: async (context, given) => {
    const asked = await askMissing(context, given, [
      { name: 'name', option: '<name>', message: 'Name of the company' },
      { name: 'number', option: '--number', message: 'Account number' },
      { name: 'edition', option: '--edition', message: 'Edition', choices: EDITIONS },
    ]);
    const account = await addAccount(await context.desk(), context.operator(), { ...asked, sso: given.sso });
    return {
      view: [
        { kind: 'lines', lines: [`Added ${account.name} (${account.number}), ${account.edition}.`] },
        {
          kind: 'next',
          lines: [`countersign user add LOGIN --account ${account.number} --name N --email E --phone P --role R`],
        },
      ],
      document: { account: accountDocument(account) },
    };
  },
});

const list = command({
  path: 'account list',
  summary: 'all companies, in the order of their numbers',
  examples: ['countersign account list', 'countersign account list --limit 20 --json'],
  access: 'directory:read',
  options: [LIMIT],
  input: () => z.object({ limit: limitOf().optional() }),
  run: async (context, { limit }) => {
    const found = await allAccounts(await context.desk(), limit === undefined ? undefined : limit + 1);
    const shown = found.slice(0, limit);
    return {
      view: [accountTable(shown, 'No accounts yet.'), ...cutNote(shown.length, found.length > shown.length)],
      document: { accounts: shown.map(accountDocument) },
    };
  },
});

const show = command({
  path: 'account show',
  summary: 'one company: edition, users, MFA, single sign-on',
  examples: ['countersign account show 100234', 'countersign account show "Alfreds Futterkiste" --json'],
  access: 'directory:read',
  arguments: [REFERENCE],
  input: () => z.object({ account: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const described = await describeAccount(desk, await findAccount(desk, given.account));
    return { view: accountView(described), document: { account: describedDocument(described) } };
  },
});

const search = command({
  path: 'account search',
  summary: 'find companies by part of name or number',
  examples: ['countersign account search futter', 'countersign account search taqueria --json'],
  access: 'directory:read',
  arguments: [{ name: '<text...>', about: 'part of a name or number; case and accents do not count' }],
  options: [LIMIT],
  input: () => z.object({ text: z.array(z.string()), limit: limitOf().default(20) }),
  run: async (context, { text, limit }) => {
    const { found, more } = await searchAccounts(await context.desk(), text.join(' '), limit);
    return {
      view: [accountTable(found, 'No account fits.'), ...cutNote(found.length, more)],
      document: { accounts: found.map(accountDocument), more },
    };
  },
});

const editInput = () =>
  z.object({
    account: z.string(),
    name: z.string().optional(),
    sso: z.union([z.string(), z.literal(false)]).optional(),
    ssoIssuer: z.string().optional(),
    ssoAudience: z.string().optional(),
    ssoJwks: z.string().optional(),
    forbidPhoneResets: z.boolean().default(false),
    allowPhoneResets: z.boolean().default(false),
    reason: z.string().optional(),
  });

const edit = command<z.infer<ReturnType<typeof editInput>>>({
  path: 'account edit',
  summary: 'change name, single sign-on or resets by phone (number and edition never change)',
  examples: [
    'countersign account edit 100234 --name "Alfreds Feinkost"',
    'countersign account edit 100241 --sso-issuer https://login.example --sso-audience countersign --sso-jwks keys.json',
    'countersign account edit 100234 --forbid-phone-resets',
  ],
  access: 'directory:write',
  arguments: [REFERENCE],
  options: [
    { flags: '--name <name>', about: 'the new name' },
    { flags: '--sso <provider>', about: "the provider's name (default: the issuer's host)" },
    { flags: '--no-sso', about: 'no single sign-on any more; its settings go too' },
    { flags: '--sso-issuer <url>', about: "issuer of the provider's tokens" },
    { flags: '--sso-audience <text>', about: 'audience the tokens must name' },
    { flags: '--sso-jwks <file|url>', about: "the provider's public keys (JWK set)" },
    { flags: '--forbid-phone-resets', about: 'no MFA reset by phone for this customer' },
    { flags: '--allow-phone-resets', about: 'take that back: by an admin, with --reason, never for a caller' },
    { flags: '--reason <text>', about: 'why, for the log' },
  ],
  input: editInput,
  run: async (context, given) => {
    const desk = await context.desk();
    const change = await changeOf(context, given);
    const edited = await editAccount(desk, context.operator(), await findAccount(desk, given.account), change);
    return {
      view: [{ kind: 'lines', lines: editedLines(edited) }],
      document: { account: accountDocument(edited.account), changed: edited.fields },
    };
  },
});

async function changeOf(context: Context, given: z.infer<ReturnType<typeof editInput>>): Promise<AccountEdit> {
  const { name, sso, ssoIssuer, ssoAudience, ssoJwks, forbidPhoneResets, allowPhoneResets, reason } = given;
  if (forbidPhoneResets && allowPhoneResets)
    throw new Refusal('usage', '--forbid-phone-resets and --allow-phone-resets exclude each other');
  const wanted =
    [name, sso, ssoIssuer, ssoAudience, ssoJwks].some((one) => one !== undefined) ||
    forbidPhoneResets ||
    allowPhoneResets;
  if (!wanted)
    throw new Refusal('missing-option', 'missing: what to change', { hint: 'See: countersign account edit --help' });
  const keys = ssoJwks === undefined || /^https?:/i.test(ssoJwks) ? ssoJwks : await context.files.readText(ssoJwks);
  return {
    name,
    sso: sso === false ? null : sso,
    issuer: ssoIssuer,
    audience: ssoAudience,
    keys,
    reason,
    forbidPhoneResets: forbidPhoneResets ? true : allowPhoneResets ? false : undefined,
  };
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  name: 'name',
  sso: 'single sign-on',
  'sso-settings': 'settings of single sign-on',
  'phone-resets': 'resets by phone',
};

function editedLines({ account, fields, stranded }: EditedAccount): readonly string[] {
  if (fields.length === 0) return [`Nothing to change for ${account.name} (${account.number}).`];
  const first = `Changed ${account.name} (${account.number}): ${fields.map((field) => FIELD_WORDS[field] ?? field).join(', ')}.`;
  return stranded === 0
    ? [first]
    : [first, `${stranded} of its logins signed in by single sign-on only and cannot sign in now.`];
}

const switching = (word: 'disable' | 'enable') =>
  command({
    path: `account ${word}`,
    summary:
      word === 'disable' ? 'switch a company off: nobody of it is verified or signs in' : 'switch a company on again',
    examples: [`countersign account ${word} 100234 --reason "contract ${word === 'disable' ? 'ended' : 'renewed'}"`],
    access: 'directory:write',
    arguments: [REFERENCE],
    options: [{ flags: '--reason <text>', about: 'why, for the log' }],
    input: () => z.object({ account: z.string(), reason: z.string().optional() }),
    run: async (context, given) => {
      const desk = await context.desk();
      const account = await findAccount(desk, given.account);
      const changed = await switchAccount(desk, context.operator(), account, {
        on: word === 'enable',
        reason: given.reason,
      });
      const after = await findAccount(desk, account.id);
      return {
        view: [
          {
            kind: 'lines',
            lines: [
              changed
                ? `${account.name} (${account.number}) is ${word}d.`
                : `${account.name} (${account.number}) was ${word}d already.`,
            ],
          },
        ],
        document: { account: accountDocument(after), changed },
      };
    },
  });

export const commands: readonly Command[] = [
  add,
  list,
  show,
  search,
  edit,
  switching('disable'),
  switching('enable'),
  ...files.filter(({ path }) => path.startsWith('account ')),
];
