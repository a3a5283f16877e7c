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
  access: 'directory:write',
  options: FORM,
  input: () => z.object(formInput()),
  run: async (context, given) => asCsv(await exportAccounts(await context.desk(), context.operator(), given)),
});

const exportAllUsers = command({
  path: 'user export',
  access: 'directory:write',
  options: ['--account <account>', ...FORM],
  input: () => z.object({ account: z.string().optional(), ...formInput() }),
  run: async (context, { account, ...given }) => {
    const desk = await context.desk();
    const only = account === undefined ? undefined : await findAccount(desk, account);
    return asCsv(await exportUsers(desk, context.operator(), only, given));
  },
});

const asCsv = (csv: string): Result => ({ raw: csv, view: [], document: { csv } });

export const commands: readonly Command[] = [exportAllAccounts, exportAllUsers];
