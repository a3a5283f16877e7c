/** `account edit`: name, single sign-on, resets by phone; or, with a second operator, edition and way to sign in. */

import * as z from 'zod';
import { Refusal } from '../../../errors.js';
import { type AccountEdit, type EditedAccount, editAccount } from '../../../procedures/directory/edit-account.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { type Context, command, type Result } from '../../command.js';
import { block } from '../../wording/blocks.js';
import { accountDocument } from '../account-view.js';
import { COUNTRY, LANGUAGE, REFERENCE } from '../listing-arguments.js';
import { requireAlone, runEdition, runSignIn, WAIT } from '../power-change.js';

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
    country: z.string().optional(),
    language: z.string().optional(),
    edition: z.string().optional(),
    dropPrivileges: z.boolean().default(false),
    signIn: z.string().optional(),
    reason: z.string().optional(),
    wait: z.boolean().default(false),
  });

export const editAccountCommand = command<z.infer<ReturnType<typeof editInput>>>({
  path: 'account edit',
  summary: 'change name, single sign-on, resets by phone, or with a second operator the edition (never the number)',
  examples: [
    'countersign account edit 100234 --name "Alfreds Feinkost"',
    'countersign account edit 100241 --sso-issuer https://login.example --sso-audience countersign --sso-jwks keys.json',
    'countersign account edit 100234 --forbid-phone-resets',
    'countersign account edit 100234 --edition x-series --reason "contract of 3 May"',
  ],
  access: 'directory:write',
  arguments: [REFERENCE],
  options: [
    { flags: '--name <name>', about: 'the new name' },
    { flags: '--sso <provider>', about: "the provider's name (default: the issuer's host)" },
    { flags: '--no-sso', about: 'remove single sign-on and its settings' },
    { flags: '--sso-issuer <url>', about: "issuer of the provider's tokens" },
    { flags: '--sso-audience <text>', about: 'audience that the tokens must name' },
    {
      flags: '--sso-jwks <file|url>',
      about: "the provider's public keys (JWK set); - for standard input",
      path: 'reads',
    },
    { flags: '--forbid-phone-resets', about: 'refuse every MFA reset by phone for this company' },
    {
      flags: '--allow-phone-resets',
      about: 'allow them again: admins only, with --reason, never because a caller asks',
    },
    COUNTRY,
    LANGUAGE,
    {
      flags: '--edition <edition>',
      about: 'classic or x-series; every role moves along; needs --reason and a second operator',
    },
    {
      flags: '--drop-privileges',
      about: 'with --edition: single privileges that the new edition does not know may end',
    },
    { flags: '--sign-in <kind>', about: 'native or sso for all logins; needs --reason and a second operator' },
    { flags: '--reason <text>', about: 'why, for the log' },
    WAIT,
  ],
  input: editInput,
  run: async (context, given) => {
    const desk = await context.desk();
    const power = await runPower(context, given);
    if (power !== null) return power;
    const change = await changeOf(context, given);
    const edited = await editAccount(desk, context.operator(), await findAccount(desk, given.account), change);
    return {
      view: [block.lines(...editedLines(edited))],
      document: { account: accountDocument(edited.account), changed: edited.fields },
    };
  },
});

/** Edition and way to sign in, each alone. */
async function runPower(context: Context, given: z.infer<ReturnType<typeof editInput>>): Promise<Result | null> {
  const { account: reference, edition, signIn, reason, wait, dropPrivileges, ...others } = given;
  if (edition === undefined && signIn === undefined) return null;
  requireAlone(edition === undefined ? '--sign-in' : '--edition', Object.values(others));
  const account = await findAccount(await context.desk(), reference);
  if (edition === undefined) return runSignIn(context, { account, user: null }, { signIn: signIn ?? '', reason, wait });
  requireAlone('--edition', [signIn]);
  return runEdition(context, account, { edition, dropPrivileges, reason, wait });
}

async function changeOf(context: Context, given: z.infer<ReturnType<typeof editInput>>): Promise<AccountEdit> {
  const { name, sso, ssoIssuer, ssoAudience, ssoJwks, forbidPhoneResets, allowPhoneResets, ...others } = given;
  const { reason, country, language } = others;
  if (forbidPhoneResets && allowPhoneResets)
    throw new Refusal('usage', '--forbid-phone-resets and --allow-phone-resets cannot be used together');
  const wanted =
    [name, sso, ssoIssuer, ssoAudience, ssoJwks, country, language].some((one) => one !== undefined) ||
    forbidPhoneResets ||
    allowPhoneResets;
  if (!wanted)
    throw new Refusal('missing-option', 'missing: what to change', { hint: 'See: countersign help account edit' });
  const keys = ssoJwks === undefined || /^https?:/i.test(ssoJwks) ? ssoJwks : await context.files.readText(ssoJwks);
  return {
    name,
    sso: sso === false ? null : sso,
    issuer: ssoIssuer,
    audience: ssoAudience,
    keys,
    country,
    language,
    reason,
    forbidPhoneResets: forbidPhoneResets ? true : allowPhoneResets ? false : undefined,
  };
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  name: 'name',
  sso: 'single sign-on',
  'sso-settings': 'single sign-on settings',
  country: 'country',
  language: 'language',
  'phone-resets': 'resets by phone',
};

function editedLines({ account, fields, stranded }: EditedAccount): readonly string[] {
  if (fields.length === 0) return [`Nothing to change for ${account.name} (${account.number}).`];
  const first = `Changed ${account.name} (${account.number}): ${fields.map((field) => FIELD_WORDS[field] ?? field).join(', ')}.`;
  return stranded === 0
    ? [first]
    : [first, `${stranded} of its logins can sign in by single sign-on only, so they cannot sign in now.`];
}
