/** `account import|export`, `user import|export`: the directory from CSV, looked at before or at once, and as CSV, ready to import again. */
import * as z from 'zod';
import { Refusal, refusal } from '../../errors.js';
import { exportAccounts, exportUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { importDirectory } from '../../procedures/exits/import-directory.js';
import { previewImport } from '../../procedures/imports/import-directory.js';
import type { Counts, ImportReport, ImportRequest } from '../../procedures/imports/plan-directory.js';
import { deliverOutbox } from '../../procedures/messages/deliver-outbox.js';
import { ACCOUNT_SHAPE, USER_SHAPE } from '../../rules/directory-rows.js';
import type { Block, View } from '../../terminal/render.js';
import { untilApproved } from '../ask.js';
import { type Command, type Context, command, type Given, type Operated, type OptionSpec } from '../command.js';
import { block } from '../wording/results.js';
import { type ScreenKey, type Words, wordsOf } from '../wording/words.js';
import { confirmed, IMPORT_PLAN, importPlanText, readImportPlan } from './import-plan.js';
import { WAIT } from './power-change.js';
import { readTable, TABLE_OPTIONS, tableInput } from './table-options.js';

const FILE = { name: '[file]', about: 'CSV file, or - for standard input', path: 'reads' } as const;
const ACCOUNTS = { flags: '--accounts <file>', about: 'import these companies first, at once', path: 'reads' } as const;
const PLANNED = [
  { flags: '--dry-run', about: 'show what would be added and changed, and change nothing' },
  { flags: '--plan <file>', about: 'write it into a file, to be applied later; - for standard output', path: 'writes' },
  { flags: '--apply <file>', about: 'import a plan exactly as it was looked at', path: 'reads' },
  { flags: '--confirm <n>', about: 'how many rows are added or updated; asked for where many change' },
  WAIT,
  { flags: '--accept-damaged', about: 'take damaged values as written (default: those on file are kept)' },
  ...TABLE_OPTIONS,
] as const satisfies readonly OptionSpec[];
const CLEAR = {
  flags: '--clear-contacts',
  about: 'an empty cell removes the e-mail or phone (default: it is kept)',
} as const;
const plannedInput = () => ({
  confirm: z.coerce.number<string>().int('must be a whole number').optional(),
  ...tableInput(),
});
type Planned = Given<typeof FILE | (typeof PLANNED)[number], ReturnType<typeof plannedInput>>;

const importAccounts = command({
  path: 'account import',
  access: 'directory:write',
  arguments: [FILE],
  options: PLANNED,
  own: plannedInput,
  run: async (at, given) =>
    importing(at, given, async (file) => ({ accounts: await readTable(at.context, file, ACCOUNT_SHAPE, given) })),
});

const importUsers = command({
  path: 'user import',
  access: 'directory:write',
  arguments: [FILE],
  options: [ACCOUNTS, ...PLANNED.slice(0, -TABLE_OPTIONS.length), CLEAR, ...TABLE_OPTIONS],
  own: plannedInput,
  run: async (at, given) =>
    importing(at, given, async (file) => {
      // The options name columns of the users.
      const plain = { ignoreOtherColumns: given.ignoreOtherColumns, encoding: given.encoding };
      const companies = given.accounts && (await readTable(at.context, given.accounts, ACCOUNT_SHAPE, plain));
      const users = await readTable(at.context, file, USER_SHAPE, given);
      return { ...(companies ? { accounts: companies } : {}), users, clearContacts: given.clearContacts };
    }),
});

async function importing(at: Operated, given: Planned, read: (file: string) => Promise<ImportRequest>) {
  const { context, desk, signed, words } = at;
  const { apply, file, acceptDamaged } = given;
  if (apply === undefined && file === undefined) throw refusal('missing-option', 'file-missing', {}, 'csv-file');
  const request =
    apply === undefined ? { ...(await read(file ?? '')), acceptDamaged } : await readImportPlan(context, apply, given);
  if (given.dryRun || given.plan !== undefined) return previewed(at, request, given);
  const report = await untilApproved(context, given.wait, () =>
    confirmed(context, given.confirm, (confirm) => importDirectory(desk, signed, { ...request, confirm })),
  );
  const waiting = report.notices.length - (await deliverNotices(at, report.notices));
  // What the import tells the companies' admins (B84).
  if (!context.signal.aborted) await desk.sendQueued();
  const queued = [block.lines(words('import.waiting', { count: waiting })), block.next('countersign outbox flush')];
  return {
    view: [...importView(report, words), ...(waiting === 0 ? [] : queued)],
    document: { import: { ...report, notices: report.notices.length, noticesWaiting: waiting } },
  };
}

async function previewed(at: Operated, request: ImportRequest, { plan }: Planned) {
  const { context, desk, signed, words } = at;
  const preview = await previewImport(desk, signed, request);
  const { outcome: _outcome, ...shown } = preview;
  const apply = `countersign user import --apply ${plan === '-' ? '- < FILE' : plan} --confirm ${preview.confirm}`;
  const changes = preview.changes.map(({ line, account, login, column, old, new: now }) => {
    const who = login === null ? account : `${account}/${login}`;
    return words('import.change', { line, who, column, before: old || null, after: now || null });
  });
  const view: View = [
    ...importView(preview, words),
    ...listed('import.changes', changes, words),
    block.lines(words('import.nothing')),
    block.next(plan === undefined ? words('import.next') : apply),
  ];
  if (plan === '-') {
    if (!context.options.quiet) await context.show(view);
    return { view: [], document: null, raw: importPlanText(desk, request, preview) };
  }
  if (plan !== undefined) await context.files.write(plan, importPlanText(desk, request, preview), IMPORT_PLAN);
  return { view, document: { import: { dryRun: true, ...shown, notices: 0, noticesWaiting: 0, file: plan } } };
}

const NOTICES_AT_ONCE = 100;

/** Returns how many were delivered. After an interruption the rest stays queued. */
async function deliverNotices({ context, desk, words }: Operated, ids: readonly string[]): Promise<number> {
  const progress = context.progress(words('import.sending'), ids.length);
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

const LISTED = 10;

function importView({ accounts, users, kept, warnings, notices }: ImportReport, words: Words): View {
  const keptLines = kept.map(({ line, account, login, field, here, inFile }) =>
    words('import.kept', { line, who: `${account}/${login}`, field, here: here || null, there: inFile || null }),
  );
  const told = [words('import.notices'), words('import.notices-are', { count: notices.length })] as const;
  return [
    block.fields(
      ...countRow('import.accounts', accounts, words),
      ...countRow('import.users', users, words),
      ...(notices.length === 0 ? [] : [told]),
    ),
    ...listed('import.kept-head', keptLines, words),
    ...listed('import.look', warningLines(warnings, words), words),
  ];
}

/** One line for each kind of warning, with the first lines of the file that it concerns. */
function warningLines(warnings: ImportReport['warnings'], words: Words): readonly string[] {
  const linesOf = new Map<string, (number | undefined)[]>();
  for (const { line, column, message } of warnings) {
    const what = `${column} ${message}`;
    const lines = linesOf.get(what);
    if (lines === undefined) linesOf.set(what, [line]);
    else lines.push(line);
  }
  return [...linesOf].map(([warning, lines]) => {
    const [column = '', ...message] = warning.split(' ');
    const what = `${column} ${words.known(message.join(' '))}`;
    const [count, more, shown] = [lines.length, Math.max(0, lines.length - LISTED), lines.slice(0, LISTED).join(', ')];
    return words('import.lines', { what, count, lines: shown, more });
  });
}

function countRow(label: ScreenKey, counts: Counts | null, words: Words): readonly (readonly [string, string])[] {
  if (counts === null) return [];
  const { rows, added, updated, unchanged } = counts;
  return [[words(label), words('import.rows', { rows, added, updated, unchanged })]];
}

/** The first lines are enough to see what it is about; --json lists all. */
function listed(heading: ScreenKey, lines: readonly string[], words: Words): readonly Block[] {
  if (lines.length === 0) return [];
  const rest = lines.length > LISTED ? [words('import.more', { count: lines.length - LISTED })] : [];
  return [block.lines(words(heading), ...lines.slice(0, LISTED).map((line) => `  ${line}`), ...rest)];
}

const FORM = [
  { flags: '--for <program>', about: 'excel: opens there with every accent and digit, and imports again unchanged' },
  { flags: '--separator <mark>', about: '";" where Excel writes decimals with a comma (default: ",")' },
] as const;
const formInput = () => ({ for: z.enum(['excel']).optional(), separator: z.enum([',', ';']).default(',') });
const exportAllAccounts = command({
  path: 'account export',
  access: 'directory:write',
  options: FORM,
  own: formInput,
  run: async ({ context, desk, signed }, given) => asCsv(context, await exportAccounts(desk, signed, given)),
});

const exportAllUsers = command({
  path: 'user export',
  access: 'directory:write',
  options: ['--account <account>', ...FORM],
  own: formInput,
  run: async ({ context, desk, signed }, { account, ...given }) => {
    const only = account === undefined ? undefined : await findAccount(desk, account);
    return asCsv(context, await exportUsers(desk, signed, only, given));
  },
});

/** Written as it is read; under --json it is one text. */
async function asCsv(context: Context, pages: AsyncIterable<string>) {
  let csv = '';
  for await (const text of pages) {
    if (context.signal.aborted) throw new Refusal('cancelled', wordsOf(context)('audit.incomplete'));
    if (context.options.json) csv += text;
    else await context.write(text);
  }
  return { view: [], document: { csv } };
}

export const commands: readonly Command[] = [importAccounts, importUsers, exportAllAccounts, exportAllUsers];
