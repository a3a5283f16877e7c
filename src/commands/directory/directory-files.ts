/** `account import`, `user import` and their exports: the directory as CSV. */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import { exportAccounts, exportUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import {
  type Counts,
  type ImportReport,
  type ImportRequest,
  importDirectory,
  previewImport,
} from '../../procedures/directory/import-directory.js';
import { deliverOutbox } from '../../procedures/messages/deliver-outbox.js';
import { ACCOUNT_SHAPE, USER_SHAPE } from '../../rules/directory-rows.js';
import type { Block, View } from '../../terminal/render.js';
import { type Command, type Context, command, type OptionSpec, type Result } from '../command.js';
import { IMPORT_PLAN, importPlanText, readImportPlan } from './import-plan.js';
import { readTable, TABLE_OPTIONS, tableInput } from './table-options.js';

const FILE = { name: '[file]', about: 'CSV file, or - for standard input', path: 'reads' } as const;
const ACCOUNTS = { flags: '--accounts <file>', about: 'import these companies first, at once', path: 'reads' } as const;
const CLEAR: OptionSpec = {
  flags: '--clear-contacts',
  about: 'an empty cell removes the e-mail or phone on file (default: it is kept)',
};
const PLANNED: readonly OptionSpec[] = [
  { flags: '--dry-run', about: 'show what would be added and changed, and change nothing' },
  {
    flags: '--plan <file>',
    about: 'write that into a file, to be applied later; - for standard output',
    path: 'writes',
  },
  { flags: '--apply <file>', about: 'import a plan exactly as it was looked at', path: 'reads' },
  { flags: '--confirm <n>', about: 'how many rows are added or updated; asked for where many change' },
  {
    flags: '--accept-damaged',
    about: 'take damaged values as they are written (default: what is on file is kept)',
  },
];
const plannedInput = () => ({
  file: z.string().optional(),
  dryRun: z.boolean().default(false),
  plan: z.string().optional(),
  apply: z.string().optional(),
  confirm: z.coerce.number<string>().int('must be a whole number').optional(),
  acceptDamaged: z.boolean().default(false),
  ...tableInput(),
});
type Given = z.infer<z.ZodObject<ReturnType<typeof plannedInput>>>;

const importAccounts = command({
  path: 'account import',
  summary: 'import companies from a CSV file, all rows or none',
  examples: ['countersign account import accounts.csv --dry-run', 'countersign account import - --json < accounts.csv'],
  access: 'directory:write',
  arguments: [FILE],
  options: [...PLANNED, ...TABLE_OPTIONS],
  input: () => z.object(plannedInput()),
  run: async (context, given) =>
    importing(context, given, async (file) => {
      const { acceptDamaged } = given;
      return { accounts: await readTable(context, file, ACCOUNT_SHAPE, given), acceptDamaged };
    }),
});

const importUsers = command({
  path: 'user import',
  summary: 'import logins from a CSV file, all rows or none; existing logins keep role, scopes and secrets',
  examples: [
    'countersign user import users.csv --dry-run',
    'countersign user import users.csv --accounts accounts.csv --json',
    'countersign user import export.csv --profile okta --set account=100234,role=user --plan import.plan',
    'countersign user import --apply import.plan --confirm 12',
  ],
  access: 'directory:write',
  arguments: [FILE],
  options: [ACCOUNTS, ...PLANNED, CLEAR, ...TABLE_OPTIONS],
  input: () =>
    z.object({ ...plannedInput(), accounts: z.string().optional(), clearContacts: z.boolean().default(false) }),
  run: async (context, given) =>
    importing(context, given, async (file) => {
      // The options name columns of the users.
      const { ignoreOtherColumns, encoding, accounts, acceptDamaged, clearContacts } = given;
      const plain = { ignoreOtherColumns, encoding };
      const companies = accounts === undefined ? undefined : await readTable(context, accounts, ACCOUNT_SHAPE, plain);
      const users = await readTable(context, file, USER_SHAPE, given);
      const both = companies === undefined ? { users } : { accounts: companies, users };
      return { ...both, acceptDamaged, clearContacts };
    }),
});

async function importing(
  context: Context,
  given: Given & { readonly accounts?: string | undefined; readonly clearContacts?: boolean },
  read: (file: string) => Promise<ImportRequest>,
): Promise<Result> {
  const desk = await context.desk();
  const request =
    given.apply === undefined ? await read(fileOf(given)) : await planned(context, desk, given.apply, given);
  if (given.dryRun || given.plan !== undefined) return previewed(context, desk, request, given);
  const report = await confirmed(context, given.confirm, (confirm) =>
    importDirectory(desk, context.operator(), { ...request, confirm }),
  );
  const waiting = report.notices.length - (await deliverNotices(context, desk, report.notices));
  // What the import tells the companies' admins (B84).
  if (!context.signal.aborted) await desk.sendQueued();
  return {
    view: [...importView(report), ...waitingBlocks(waiting)],
    document: { import: { ...report, notices: report.notices.length, noticesWaiting: waiting } },
  };
}

function fileOf({ file }: Given): string {
  if (file !== undefined) return file;
  throw new Refusal('missing-option', 'missing: the file to import', { hint: 'A CSV file, or - for standard input.' });
}

/** A plan is applied as it is, so whatever would change it is refused. */
async function planned(context: Context, desk: Desk, path: string, given: object): Promise<ImportRequest> {
  const beside = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value === false || ['apply', 'confirm'].includes(name) ? [] : [name],
  );
  if (beside.length === 0) return readImportPlan(context, desk, path);
  throw new Refusal(
    'usage',
    '--apply imports a plan exactly as it is; leave out the file and all options but --confirm',
    {
      hint: 'Make another plan instead.',
    },
  );
}

async function previewed(context: Context, desk: Desk, request: ImportRequest, given: Given): Promise<Result> {
  const preview = await previewImport(desk, context.operator(), request);
  const text = importPlanText(desk, request, preview);
  const { outcome: _outcome, ...shown } = preview;
  const after = { confirm: preview.confirm, plan: given.plan === '-' ? '- < FILE' : given.plan };
  const next =
    after.plan === undefined
      ? `run it without --dry-run${preview.confirm > 0 ? ` and with --confirm ${preview.confirm}` : ''}`
      : `countersign user import --apply ${after.plan} --confirm ${after.confirm}`;
  const view: View = [
    ...importView(preview),
    ...listed(
      'Changes of what is on file:',
      preview.changes.map(
        ({ line, account, login, column, old, new: now }) =>
          `line ${line}: ${login === null ? account : `${account}/${login}`} ${column}: ${old || '(none)'} -> ${now || '(none)'}`,
      ),
    ),
    { kind: 'lines', lines: ['Nothing was changed.'] },
    { kind: 'next', lines: [next] },
  ];
  if (given.plan === '-') {
    if (!context.options.quiet) await context.show(view);
    return { view: [], document: null, raw: text };
  }
  if (given.plan !== undefined) await context.files.write(given.plan, text, IMPORT_PLAN);
  const file = given.plan === undefined ? {} : { file: given.plan };
  return { view, document: { import: { dryRun: true, ...shown, notices: 0, noticesWaiting: 0, ...file } } };
}

/** A person types the number that a script gives with --confirm. */
async function confirmed(
  context: Context,
  given: number | undefined,
  run: (confirm: number | undefined) => Promise<ImportReport>,
): Promise<ImportReport> {
  try {
    return await run(given);
  } catch (error) {
    const count = isRefusal(error) && error.because?.reason === 'import-confirm' && error.because.facts['count'];
    if (typeof count !== 'number' || !context.ask.possible) throw error;
    const prompts = await context.ask.prompts('--confirm');
    const message = `Type ${count} to add or update ${count} rows`;
    if (await prompts.typed({ message, expected: String(count) })) return run(count);
    throw new Refusal('cancelled', 'You did not type the number, so nothing was changed.');
  }
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
