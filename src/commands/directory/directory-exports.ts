/** `account export` and `user export`: the directory as CSV, ready to import again. */
import * as z from 'zod';
import { exportAccounts, exportUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { type Command, command, type OptionSpec, type Result } from '../command.js';

const FORM: readonly OptionSpec[] = [
  { flags: '--for <program>', about: 'excel: opens there with every accent and digit, and imports again unchanged' },
  { flags: '--separator <mark>', about: '";" where Excel writes decimals with a comma (default: ",")' },
];
const formInput = () => ({ for: z.enum(['excel']).optional(), separator: z.enum([',', ';']).default(',') });
const exportAllAccounts = command({
  path: 'account export',
  summary: 'write all companies as CSV to standard output, ready to import again',
  examples: ['countersign account export > accounts.csv'],
  access: 'directory:write',
  options: FORM,
  input: () => z.object(formInput()),
  run: async (context, given) => asCsv(await exportAccounts(await context.desk(), context.operator(), given)),
});

const exportAllUsers = command({
  path: 'user export',
  summary: 'write logins as CSV to standard output, without secrets, ready to import again',
  examples: [
    'countersign user export > users.csv',
    'countersign user export --account 100234 --for excel --separator ";" > users.csv',
  ],
  access: 'directory:write',
  options: [{ flags: '--account <account>', about: 'only the logins of this account' }, ...FORM],
  input: () => z.object({ account: z.string().optional(), ...formInput() }),
  run: async (context, { account, ...given }) => {
    const desk = await context.desk();
    const only = account === undefined ? undefined : await findAccount(desk, account);
    return asCsv(await exportUsers(desk, context.operator(), only, given));
  },
});

const asCsv = (csv: string): Result => ({ raw: csv, view: [], document: { csv } });

export const commands: readonly Command[] = [exportAllAccounts, exportAllUsers];
