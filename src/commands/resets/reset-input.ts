/**
 * The list of users to reset: arguments, a spreadsheet's file, or a whole account. If a line of a file is wrong, the whole file is
 * refused with line numbers, before anything is looked up.
 */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { isRefusal, type Problem, refusal } from '../../errors.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import type { WrittenRow } from '../../procedures/resets/find-reset-targets.js';
import type { planReset } from '../../procedures/resets/plan-reset.js';
import { guardCell, suggestion, unguardCell } from '../../rules/csv-table.js';
import { listOf, type ResetPlan, type WrittenList } from '../../rules/reset-plan.js';
import type { Context, Given } from '../command.js';
import { givenUser } from '../directory/listing-arguments.js';
import { fileName, readTable, TABLE_OPTIONS, tableInput } from '../directory/table-options.js';
import { type Words, wordsOf } from '../wording/words.js';

type ResetList = Omit<Parameters<typeof planReset>[2], 'reason' | 'ticket' | 'final'>;

export const RESET_OPTIONS = [
  '--account <account>',
  '--grant <grant>',
  { flags: '--from <file>', path: 'reads' },
  ...TABLE_OPTIONS,
  '--all',
  '--reason <text>',
  '--ticket <text>',
  '--dry-run',
  { flags: '--plan <file>', path: 'writes' },
  { flags: '--apply <file>', path: 'reads' },
  '--confirm <n>',
  { flags: '--failed <file>', path: 'writes' },
  '--final',
  '--wait',
] as const;
export const resetInput = () => ({
  ...tableInput(),
  confirm: z.coerce.number<string>().int('must be a whole number').optional(),
});
export type ResetGiven = Given<(typeof RESET_OPTIONS)[number] | '[users...]', ReturnType<typeof resetInput>>;

/** The options with these names, as typed. One is obeyed or refused, never passed over: a --dry-run would reset. */
export const typed = (given: ResetGiven, names: RegExp): readonly string[] =>
  Object.entries(given)
    .filter(([name, value]) => names.test(name) && [value].flat().some((one) => one !== undefined && one !== false))
    .map(([name]) => (name === 'users' ? name : `--${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`));

/** `keepCells`: to write them again (--failed, --plan); a long file would fill the memory otherwise. */
type ListGiven = ResetGiven & { readonly keepCells: boolean };

/** Refusals: usage (none or several ways at once), invalid-input with every bad line, not-found. */
export async function readResetList(context: Context, desk: Desk, given: ListGiven): Promise<ResetList> {
  const ways = [given.users.length > 0, given.from !== undefined, given.all].filter(Boolean).length;
  if (ways !== 1) throw refusal('usage', ways === 0 ? 'nobody-to-reset' : 'one-way-to-reset', {}, 'help-reset');
  if (given.from !== undefined) return fromFile(context, given.from, given);
  const options = typed(given, /^(map|set|ignoreOtherColumns|profile|encoding)$/);
  if (options.length > 0) throw refusal('usage', 'only-of-file', { options }, 'help-reset');
  if (!given.all) return fromArguments(desk, given.users, given.account);
  if (given.account === undefined) throw refusal('missing-option', 'all-of-account', {}, 'give-all');
  const wholeAccount = await findAccount(desk, given.account);
  return { rows: [], wholeAccount, source: `all of account ${wholeAccount.number}` };
}

const COLUMNS = ['user', 'account', 'login', 'email'] as const;

async function fromFile(context: Context, path: string, { account, keepCells, ...given }: ListGiven) {
  const shape = { required: [], optional: COLUMNS, others: 'carry' } as const;
  const table = await readTable<(typeof COLUMNS)[number]>(context, path, shape, given);
  const { columns } = table;
  const words = wordsOf(context);
  const file = fileName(path, words);
  const placed = account !== undefined || columns.has('account');
  const named = columns.has('login') || columns.has('email');
  if (!columns.has('user') && !(placed && named)) {
    const others = COLUMNS.filter((column) => !columns.has(column));
    const written = table.header.map((name) => `${name}${suggestion(name, others)}`).join(', ');
    const missing = placed ? 'person' : named ? 'account' : 'both';
    const problems = [{ line: table.headerLine, message: words('bulk.columns-are', { columns: written, missing }) }];
    throw refusal('invalid-input', 'list-header', { file }, 'list-columns', { problems });
  }
  const rows = table.rows.map(({ line, values }) => ({
    line,
    user: values.user ?? '',
    account: values.account || (account ?? ''),
    login: values.login ?? '',
    email: values.email ?? '',
  }));
  const problems = [...table.problems, ...rows.flatMap((row) => faultOf(row, words))].toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0),
  );
  if (problems.length > 0) throw refusal('invalid-input', 'list-faults', { file }, 'correct-lines', { problems });
  const { delimiter, header, bom, newline } = table;
  const cells = () => table.rows.map((row) => [row.line, row.cells] as const);
  return {
    rows,
    wholeAccount: null,
    source: path === '-' ? 'standard input' : path,
    ...(keepCells ? { list: { bom, newline, delimiter, header, cells: cells() } } : {}),
  };
}

function faultOf(row: WrittenRow, words: Words): readonly Problem[] {
  const { line, user, account, login, email } = row;
  if (user !== '') return user.startsWith('usr_') ? [] : [{ line, column: 'user', message: words('bulk.no-user-id') }];
  if (account === '') return [{ line, column: 'account', message: words('bulk.empty') }];
  return login === '' && email === '' ? [{ line, message: words('bulk.no-login') }] : [];
}

/**
 * Users named on the command line. An ambiguous name is refused with the candidates (B09), because the person can name one of them at
 * once. A name that is not found is an outcome of its line, as in a file.
 */
async function fromArguments(desk: Desk, users: readonly string[], account: string | undefined): Promise<ResetList> {
  const rows: WrittenRow[] = [];
  for (const [index, text] of users.entries()) {
    const found = await givenUser(desk, text, account).catch((error: unknown) => {
      if (isRefusal(error) && error.code === 'not-found') return undefined;
      throw error;
    });
    const slash = account === undefined || text.startsWith(`${account}/`) ? text.indexOf('/') : -1;
    const written = { account: account ?? text.slice(0, Math.max(0, slash)), login: text.slice(slash + 1) };
    const named = found === undefined ? written : { account: found.account.number, login: found.user.login };
    rows.push({ line: index + 1, user: '', email: '', ...named });
  }
  return { rows, wholeAccount: null, source: 'arguments' };
}

/** The list as a file, to be corrected and run again. No cell becomes a formula in a spreadsheet. */
export function listText({ bom, newline, delimiter, header, cells }: WrittenList): string {
  const quoted = (cell: string): string => {
    const safe = guardCell(unguardCell(cell));
    return /["\r\n;,\t|]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = [header, ...cells.map(([, row]) => row)];
  const text = rows.map((row) => `${row.map(quoted).join(delimiter)}${newline}`).join('');
  return bom ? `\uFEFF${text}` : text;
}

/** Writes lines of a plan that were not done. It replaces an earlier such file: the same header, and private as countersign writes it. */
export async function writeNotDone(
  { files }: Pick<Context, 'files'>,
  file: string | undefined,
  plan: ResetPlan,
  lines: readonly number[],
): Promise<void> {
  if (file === undefined || file === '-') return;
  const header = listText(listOf(plan, [])).replace(/^\uFEFF/, '');
  const literal = header.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const begins = new RegExp(`^\\uFEFF?${literal}`);
  const kind = { what: 'a file of lines that were not done', begins, ownOnly: true } as const;
  await files.write(file, listText(listOf(plan, lines)), kind);
}
