/** `account edit`: name, single sign-on, resets by phone; or, with a second operator, edition and way to sign in. */
import * as z from 'zod';
import { refusal } from '../../../errors.js';
import { type AccountEdit, type EditedAccount, editAccount } from '../../../procedures/directory/edit-account.js';
import { findAccount } from '../../../procedures/directory/find-account.js';
import { type Context, command, type Given, type Operated, type Result } from '../../command.js';
import { block } from '../../wording/blocks.js';
import type { Words } from '../../wording/words.js';
import { accountDocument } from '../account-view.js';
import { COUNTRY, LANGUAGE, REFERENCE } from '../listing-arguments.js';
import { requireAlone, runEdition, runSignIn, WAIT } from '../power-change.js';

const OPTIONS = [
  '--name <name>',
  '--sso <provider>',
  '--no-sso',
  '--sso-issuer <url>',
  '--sso-audience <text>',
  { flags: '--sso-jwks <file|url>', path: 'reads' },
  '--forbid-phone-resets',
  '--allow-phone-resets',
  COUNTRY,
  LANGUAGE,
  '--connector <name>',
  '--edition <edition>',
  '--drop-privileges',
  '--sign-in <kind>',
  '--reason <text>',
  WAIT,
] as const;
const own = () => ({ sso: z.union([z.string(), z.literal(false)]).optional() });

type Edit = Given<(typeof OPTIONS)[number] | typeof REFERENCE, ReturnType<typeof own>>;

export const editAccountCommand = command({
  path: 'account edit',
  access: 'directory:write',
  arguments: [REFERENCE],
  options: OPTIONS,
  own,
  run: async (at, given) => {
    const { context, desk, signed, words } = at;
    const power = await runPower(at, given);
    if (power !== null) return power;
    const change = await changeOf(context, given);
    const edited = await editAccount(desk, signed, await findAccount(desk, given.account), change);
    return {
      view: [block.lines(...editedLines(edited, words))],
      document: { account: accountDocument(edited.account), changed: edited.fields },
    };
  },
});

/** Edition and way to sign in, each alone. */
async function runPower(at: Operated, given: Edit): Promise<Result | null> {
  const { account: reference, edition, signIn, reason, wait, dropPrivileges, ...others } = given;
  if (edition === undefined && signIn === undefined) return null;
  requireAlone(edition === undefined ? '--sign-in' : '--edition', Object.values(others));
  const account = await findAccount(at.desk, reference);
  if (edition === undefined) return runSignIn(at, { account, user: null }, { signIn: signIn ?? '', reason, wait });
  requireAlone('--edition', [signIn]);
  return runEdition(at, account, { edition, dropPrivileges, reason, wait });
}

async function changeOf(context: Context, given: Edit): Promise<AccountEdit> {
  const { name, sso, ssoIssuer, ssoAudience, ssoJwks, forbidPhoneResets, allowPhoneResets, ...others } = given;
  const { reason, country, language, connector } = others;
  if (forbidPhoneResets && allowPhoneResets) throw refusal('usage', 'both-phone-resets', {});
  const wanted =
    [name, sso, ssoIssuer, ssoAudience, ssoJwks, country, language, connector].some((one) => one !== undefined) ||
    forbidPhoneResets ||
    allowPhoneResets;
  if (!wanted) throw refusal('missing-option', 'change-missing', {}, 'help-account-edit');
  const keys = ssoJwks === undefined || /^https?:/i.test(ssoJwks) ? ssoJwks : await context.files.readText(ssoJwks);
  return {
    name,
    sso: sso === false ? null : sso,
    issuer: ssoIssuer,
    audience: ssoAudience,
    keys,
    country,
    language,
    connector,
    reason,
    forbidPhoneResets: forbidPhoneResets ? true : allowPhoneResets ? false : undefined,
  };
}

function editedLines({ account, fields, stranded }: EditedAccount, words: Words): readonly string[] {
  const facts = { who: `${account.name} (${account.number})`, fieldName: fields };
  const first = words(fields.length === 0 ? 'directory.nothing' : 'directory.account-changed', facts);
  return stranded === 0 ? [first] : [first, words('directory.stranded', { count: stranded })];
}
