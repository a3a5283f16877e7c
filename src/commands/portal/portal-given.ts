/** What every `portal` command takes: the options, their input, and the person that they name. */
import * as z from 'zod';
import type { Who } from '../../procedures/portal/customer-login.js';
import type { Context, OptionSpec } from '../command.js';
import { wordsOf } from '../wording/words.js';

/** The options of every `portal` command. Put them after the command's other options. */
export const PORTAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--account <account>', about: 'your company: number, id or unique name' },
  { flags: '--as <login>', about: 'your login' },
  {
    flags: '--password-stdin',
    about: 'read your application password from standard input; signs in for this command alone',
  },
  { flags: '--code <code>', about: 'code of your second factor, or a backup code' },
  { flags: '--device <file>', about: 'file that remembers this device, as cookies do in a browser', path: 'here' },
];

/** Their input; spread it into the command's own `z.object`. */
export const portalShape = () => ({
  account: z.string().optional(),
  as: z.string().optional(),
  passwordStdin: z.boolean().default(false),
  code: z.string().optional(),
  device: z.string().optional(),
});

export interface PortalGiven {
  readonly account?: string | undefined;
  readonly as?: string | undefined;
  readonly passwordStdin: boolean;
  readonly code?: string | undefined;
  readonly device?: string | undefined;
}

/** The options that name a person, for a command that can be copied. */
export const optionsOf = ({ account, login }: Who): string => `--account ${account} --as ${login}`;

export interface PersonNamed {
  readonly account: string;
  readonly as: string;
}

/** Company and login; asks for them if they are missing. `--as` may give both: ACCOUNT/LOGIN. */
export async function askPerson(context: Context, given: Pick<PortalGiven, 'account' | 'as'>): Promise<PersonNamed> {
  const slash = given.account === undefined ? (given.as?.indexOf('/') ?? -1) : -1;
  if (given.as !== undefined && slash > 0) {
    return { account: given.as.slice(0, slash), as: given.as.slice(slash + 1) };
  }
  // The desk's language is known once its settings are read.
  await context.settings();
  const words = wordsOf(context);
  const account = given.account ?? (await ask(context, '--account', words('portal.company')));
  const as = given.as ?? (await ask(context, '--as', words('portal.login')));
  return { account, as };
}

async function ask(context: Context, option: string, message: string): Promise<string> {
  return (await context.ask.prompts(option)).line({ message });
}
