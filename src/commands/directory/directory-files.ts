/** `account import|export`, `user import|export`: the directory from CSV, looked at before or at once, and as CSV, ready to import again. */
import * as z from 'zod';
import { Refusal, refusal } from '../../errors.js';
import { exportAccounts, exportUsers } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { importDirectory, previewImport } from '../../procedures/imports/import-directory.js';
import type { Counts, ImportReport, ImportRequest } from '../../procedures/imports/plan-directory.js';
import { deliverOutbox } from '../../procedures/messages/deliver-outbox.js';
import { ACCOUNT_SHAPE, USER_SHAPE } from '../../rules/directory-rows.js';
import { chunksOf, grouped } from '../../rules/lists.js';
import type { Block, View } from '../../terminal/render.js';
import { untilApproved } from '../ask.js';
import { type Command, type Context, command, type Given, type Operated } from '../command.js';
import { block, inShell } from '../wording/results.js';
import { type ScreenKey, type Words, wordsOf } from '../wording/words.js';
import { confirmed, IMPORT_PLAN, importPlanText, nounOf, readImportPlan } from './import-plan.js';
import { readTable, TABLE_OPTIONS, tableInput } from './table-options.js';

const FILE = { name: '[file]', path: 'reads' } as const;
const PLANNED = [
  '--dry-run',
  { flags: '--plan <file>', path: 'writes' },
  { flags: '--apply <file>', path: 'reads' },
  '--confirm <n>',
  '--wait',
  '--accept-damaged',
] as const;
type Planned = Given<typeof FILE | (typeof PLANNED | typeof TABLE_OPTIONS)[number], ReturnType<typeof tableInput>>;

const importAccounts = command({
  path: 'account import',
  access: 'directory:write',
  arguments: [FILE],
  options: [...PLANNED, ...TABLE_OPTIONS],
  own: tableInput,
  run: async (at, given) =>
    importing(at, 'account', given, async (file) => ({
      accounts: await readTable(at.context, file, ACCOUNT_SHAPE, given),
    })),
});

const importUsers = command({
  path: 'user import',
  access: 'directory:write',
  arguments: [FILE],
  options: [{ flags: '--accounts <file>', path: 'reads' }, ...PLANNED, '--clear-contacts', ...TABLE_OPTIONS],
  own: tableInput,
  run: async (at, given) =>
    importing(at, 'user', given, async (file) => {
      // The options name columns of the users.
      const plain = { ignoreOtherColumns: given.ignoreOtherColumns, encoding: given.encoding };
      const companies = given.accounts && (await readTable(at.context, given.accounts, ACCOUNT_SHAPE, plain));
      const users = await readTable(at.context, file, USER_SHAPE, given);
      return { ...(companies ? { accounts: companies } : {}), users, clearContacts: given.clearContacts };
    }),
});

async function importing(at: Operated, noun: string, given: Planned, read: (file: string) => Promise<ImportRequest>) {
  const { context, desk, signed, words } = at;
  const { apply, file, acceptDamaged } = given;
  if (apply === undefined && file === undefined) throw refusal('missing-option', 'file-missing', {}, 'csv-file');
  const rows = apply === undefined ? await read(file ?? '') : await readImportPlan(context, apply, noun);
  const request = { acceptDamaged, ...rows, signal: context.signal };
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
  const apply = `countersign ${nounOf(request)} import --apply ${plan === '-' ? '- < FILE' : inShell(plan ?? '')} --confirm ${preview.confirm}`;
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
    for (const some of chunksOf(ids, NOTICES_AT_ONCE)) {
      if (context.signal.aborted) break;
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
  const count = notices.length;
  const rowsOf = (counts: Counts | null) => counts && words('import.rows', { ...counts });
  return [
    block.fields(
      [words('import.accounts'), rowsOf(accounts)],
      [words('import.users'), rowsOf(users)],
      [words('import.notices'), count === 0 ? null : words('import.notices-are', { count })],
    ),
    ...listed('import.kept-head', keptLines, words),
    ...listed('import.look', warningLines(warnings, words), words),
  ];
}

/** One line for each kind of warning, with the first lines of the file that it concerns. */
function warningLines(warnings: ImportReport['warnings'], words: Words): readonly string[] {
  const alike = grouped(warnings, ({ column, message }) => `${column} ${message}`);
  return [...alike].map(([warning, same]) => {
    const [column = '', ...message] = warning.split(' ');
    const what = `${column} ${words.known(message.join(' '))}`;
    const shown = same.slice(0, LISTED).map(({ line }) => line);
    return words('import.lines', {
      what,
      count: same.length,
      lines: shown.join(', '),
      more: Math.max(0, same.length - LISTED),
    });
  });
}

/** The first lines are enough to see what it is about; --json lists all. */
function listed(heading: ScreenKey, lines: readonly string[], words: Words): readonly Block[] {
  if (lines.length === 0) return [];
  const rest = lines.length > LISTED ? [words('import.more', { count: lines.length - LISTED })] : [];
  return [block.lines(words(heading), ...lines.slice(0, LISTED).map((line) => `  ${line}`), ...rest)];
}

const FORM = ['--for <program>', '--separator <mark>'] as const;
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
    if (context.unread()) break;
    if (context.options.json) csv += text;
    else await context.write(text);
  }
  return { view: [], document: { csv } };
}

export const commands: readonly Command[] = [importAccounts, importUsers, exportAllAccounts, exportAllUsers];
