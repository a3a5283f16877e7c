/** `account import`, `user import` and their exports: the directory as CSV. */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { exportAccounts, exportUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import {
  type Counts,
  type ImportReport,
  type ImportRequest,
  importDirectory,
} from '../../procedures/directory/import-directory.js';
import { deliverOutbox } from '../../procedures/messages/deliver-outbox.js';
import { ACCOUNT_SHAPE, USER_SHAPE } from '../../rules/directory-rows.js';
import type { Block, View } from '../../terminal/render.js';
import { type Command, type Context, command, type OptionSpec, type Result } from '../command.js';
import { readTable, TABLE_OPTIONS, tableInput } from './table-options.js';

const FILE = { name: '<file>', about: 'CSV file, or - for standard input', path: 'reads' } as const;
const ACCOUNTS = { flags: '--accounts <file>', about: 'import these companies first, at once', path: 'reads' } as const;
const DAMAGED: OptionSpec = {
  flags: '--accept-damaged',
  about: 'take damaged values as they are written (default: what is on file is kept)',
};
const CLEAR: OptionSpec = {
  flags: '--clear-contacts',
  about: 'an empty cell removes the e-mail or phone on file (default: it is kept)',
};
const allowedInput = () => ({ acceptDamaged: z.boolean().default(false), clearContacts: z.boolean().default(false) });

const importAccounts = command({
  path: 'account import',
  summary: 'import companies from a CSV file, all rows or none',
  examples: ['countersign account import accounts.csv', 'countersign account import - --json < accounts.csv'],
  access: 'directory:write',
  arguments: [FILE],
  options: [DAMAGED, ...TABLE_OPTIONS],
  input: () => z.object({ file: z.string(), ...allowedInput(), ...tableInput() }),
  run: async (context, { file, acceptDamaged, ...given }) =>
    importing(context, { accounts: await readTable(context, file, ACCOUNT_SHAPE, given), acceptDamaged }),
});

const importUsers = command({
  path: 'user import',
  summary: 'import logins from a CSV file, all rows or none; existing logins keep role, scopes and secrets',
  examples: [
    'countersign user import users.csv',
    'countersign user import users.csv --accounts accounts.csv --json',
    'countersign user import export.csv --profile okta --set account=100234,role=user',
  ],
  access: 'directory:write',
  arguments: [FILE],
  options: [ACCOUNTS, DAMAGED, CLEAR, ...TABLE_OPTIONS],
  input: () => z.object({ file: z.string(), accounts: z.string().optional(), ...allowedInput(), ...tableInput() }),
  run: async (context, { file, accounts, acceptDamaged, clearContacts, ...given }) => {
    // The options name columns of the users.
    const plain = { ignoreOtherColumns: given.ignoreOtherColumns, encoding: given.encoding };
    const companies = accounts === undefined ? undefined : await readTable(context, accounts, ACCOUNT_SHAPE, plain);
    const users = await readTable(context, file, USER_SHAPE, given);
    const both = companies === undefined ? { users } : { accounts: companies, users };
    return importing(context, { ...both, acceptDamaged, clearContacts });
  },
});

async function importing(context: Context, request: ImportRequest): Promise<Result> {
  const desk = await context.desk();
  const report = await importDirectory(desk, context.operator(), request);
  const waiting = report.notices.length - (await deliverNotices(context, desk, report.notices));
  // What the import tells the companies' admins (B84).
  if (!context.signal.aborted) await desk.sendQueued();
  const { accounts, users, kept, warnings, notices } = report;
  return {
    view: [...importView(report), ...waitingBlocks(waiting)],
    document: { import: { accounts, users, kept, warnings, notices: notices.length, noticesWaiting: waiting } },
  };
}

const NOTICES_AT_ONCE = 100;

/** Returns how many were delivered. After an interruption the rest stays queued. */
async function deliverNotices(context: Context, desk: Desk, ids: readonly string[]): Promise<number> {
  const progress = context.progress('Sending notices', ids.length);
  let delivered = 0;
  try {
    for (let from = 0; from < ids.length && !context.signal.aborted; from += NOTICES_AT_ONCE) {
      const some = ids.slice(from, from + NOTICES_AT_ONCE);
      delivered += (await deliverOutbox(desk, some)).delivered;
      progress.step(some.length);
    }
  } finally {
    progress.done();
  }
  return delivered;
}

function waitingBlocks(waiting: number): View {
  if (waiting === 0) return [];
  return [
    { kind: 'lines', lines: [`${waiting} notices are not delivered yet.`] },
    { kind: 'next', lines: ['countersign outbox flush'] },
  ];
}

const LISTED = 10;

function importView({ accounts, users, kept, warnings, notices }: ImportReport): View {
  const keptLines = kept.map(
    (one) =>
      `line ${one.line}: ${one.account}/${one.login} keeps ${one.field} ${one.here === '' ? '(none)' : one.here}, not ${one.inFile === '' ? '(none)' : one.inFile}`,
  );
  return [
    {
      kind: 'fields',
      rows: [
        ...countRow('Accounts', accounts),
        ...countRow('Users', users),
        ...(notices.length === 0
          ? []
          : [['Notices', `${notices.length} of changed contacts, to old and new addresses`] as const]),
      ],
    },
    ...listed('Kept as they are; roles and scopes change in the portal:', keptLines),
    ...listed('Worth a look:', warningLines(warnings)),
  ];
}

/** One line for each kind of warning, with the first lines of the file that it concerns. */
function warningLines(warnings: ImportReport['warnings']): readonly string[] {
  const linesOf = new Map<string, (number | undefined)[]>();
  for (const { line, column, message } of warnings) {
    const what = `${column} ${message}`;
    const lines = linesOf.get(what);
    if (lines === undefined) linesOf.set(what, [line]);
    else lines.push(line);
  }
  return [...linesOf].map(([what, lines]) => {
    const rest = lines.length > LISTED ? `, and ${lines.length - LISTED} more (--json lists them)` : '';
    return `${what}: line${lines.length === 1 ? '' : 's'} ${lines.slice(0, LISTED).join(', ')}${rest}`;
  });
}

const countRow = (label: string, counts: Counts | null): readonly (readonly [string, string])[] =>
  counts === null
    ? []
    : [[label, `${counts.rows} rows: ${counts.added} added, ${counts.updated} updated, ${counts.unchanged} unchanged`]];

/** The first lines are enough to see what it is about; --json lists all. */
function listed(heading: string, lines: readonly string[]): readonly Block[] {
  if (lines.length === 0) return [];
  const rest = lines.length > LISTED ? [`  and ${lines.length - LISTED} more (--json lists them)`] : [];
  return [{ kind: 'lines', lines: [heading, ...lines.slice(0, LISTED).map((line) => `  ${line}`), ...rest] }];
}

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

export const commands: readonly Command[] = [importAccounts, importUsers, exportAllAccounts, exportAllUsers];
