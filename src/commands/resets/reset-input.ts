/**
 * The list of users to reset: arguments, a spreadsheet's file, or a whole account. If a line of a file is wrong, the whole file is
 * refused with line numbers, before anything is looked up.
 */
import type { Desk } from '../../desk.js';
import { type Problem, Refusal } from '../../errors.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import type { WrittenRow } from '../../procedures/resets/find-reset-targets.js';
import { guardCell, suggestion, unguardCell } from '../../rules/csv-table.js';
import type { Account } from '../../rules/people.js';
import type { Context } from '../command.js';
import { givenUser } from '../directory/given-user.js';
import { readTable, type TableGiven } from '../directory/table-options.js';
import type { FileKind } from '../ports.js';

/** How the list was written, to write a part of it in the same form. */
export interface WrittenInput {
  /** The file begins with a byte order mark; without it Excel misreads accents. */
  readonly bom: boolean;
  readonly newline: '\n' | '\r\n';
  readonly delimiter: string;
  readonly header: readonly string[];
  /** Cells by line. */
  readonly cells: ReadonlyMap<number, readonly string[]>;
}

export interface ResetList {
  readonly rows: readonly WrittenRow[];
  readonly wholeAccount: Account | null;
  readonly source: string;
  readonly input: WrittenInput;
}

export interface ListGiven extends TableGiven {
  readonly users: readonly string[];
  readonly account?: string | undefined;
  readonly from?: string | undefined;
  readonly all: boolean;
  /** Keep the cells to write them again (--failed, --plan); a long file would fill the memory otherwise. */
  readonly keepCells: boolean;
}

/** Refusals: usage (none or several ways at once), invalid-input with every bad line, not-found. */
export async function readResetList(context: Context, desk: Desk, given: ListGiven): Promise<ResetList> {
  const ways = [given.users.length > 0, given.from !== undefined, given.all].filter(Boolean).length;
  if (ways !== 1) {
    throw new Refusal(
      'usage',
      ways === 0 ? 'no users to reset were given' : 'give users, --from or --all; only one of them',
      {
        hint: 'See: countersign help mfa reset',
      },
    );
  }
  if (given.from !== undefined) return fromFile(context, given.from, given);
  if (given.all) return wholeAccount(desk, given.account);
  return fromArguments(desk, given.users, given.account);
}

/** The form of a list that did not come from a file. */
const PLAIN = { bom: false, newline: '\n', delimiter: ',', header: ['account', 'login'] } as const;

const COLUMNS = ['user', 'account', 'login', 'email'] as const;

async function fromFile(
  context: Context,
  path: string,
  { account, keepCells, ...given }: ListGiven,
): Promise<ResetList> {
  const shape = { required: [], optional: COLUMNS, others: 'carry' } as const;
  const table = await readTable<(typeof COLUMNS)[number]>(context, path, shape, given);
  const { columns } = table;
  const placed = account !== undefined || columns.has('account');
  if (!columns.has('user') && !(placed && (columns.has('login') || columns.has('email')))) {
    const written = table.header.map((name) => `${name}${suggestion(name, COLUMNS)}`).join(', ');
    throw new Refusal('invalid-input', `${path}: the header does not say which users to reset. Nothing was changed.`, {
      problems: [{ line: table.headerLine, message: `the columns are ${written}` }],
      hint: 'The first line must name account and login, or account and email, or user (an id). Other headings: --map login=HEADING',
    });
  }
  const rows = table.rows.map(({ line, values }) => ({
    line,
    user: values.user ?? '',
    account: values.account || (account ?? ''),
    login: values.login ?? '',
    email: values.email ?? '',
  }));
  const problems = [...table.problems, ...rows.flatMap(faultOf)].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (problems.length > 0) {
    throw new Refusal('invalid-input', `${path} has errors; nothing was changed`, {
      problems,
      hint: 'Correct these lines and try again.',
    });
  }
  const { delimiter, header, bom, newline } = table;
  const cells = new Map(keepCells ? table.rows.map((row) => [row.line, row.cells]) : []);
  return {
    rows,
    wholeAccount: null,
    source: path === '-' ? 'standard input' : path,
    input: { bom, newline, delimiter, header, cells },
  };
}

function faultOf(row: WrittenRow): readonly Problem[] {
  const { line, user, account, login, email } = row;
  if (user !== '') return user.startsWith('usr_') ? [] : [{ line, column: 'user', message: 'is not an id (usr_…)' }];
  if (account === '') return [{ line, column: 'account', message: 'is empty' }];
  return login === '' && email === '' ? [{ line, message: 'has neither login nor email' }] : [];
}

async function wholeAccount(desk: Desk, reference: string | undefined): Promise<ResetList> {
  if (reference === undefined) {
    throw new Refusal('missing-option', 'missing: --account; --all means every login of one account', {
      hint: 'Give --account A --all.',
    });
  }
  const account = await findAccount(desk, reference);
  const input = { ...PLAIN, cells: new Map() };
  return { rows: [], wholeAccount: account, source: `all of account ${account.number}`, input };
}

/**
 * Users named on the command line. An ambiguous name is refused with the candidates (B09), because the person can name one of them at
 * once. A name that is not found is an outcome of its line, as in a file.
 */
async function fromArguments(desk: Desk, users: readonly string[], account: string | undefined): Promise<ResetList> {
  const rows: WrittenRow[] = [];
  for (const [index, text] of users.entries()) {
    const found = await namedUser(desk, text, account);
    rows.push({ line: index + 1, user: '', account: account ?? '', login: text, email: '', ...found });
  }
  const cells = new Map(rows.map((row) => [row.line, [row.account, row.login]]));
  return {
    rows,
    wholeAccount: null,
    source: 'arguments',
    input: { ...PLAIN, cells },
  };
}

async function namedUser(desk: Desk, text: string, account: string | undefined) {
  try {
    const found = await givenUser(desk, text, account);
    return { account: found.account.number, login: found.user.login };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-found') return {};
    throw error;
  }
}

/** The named lines in the form of the input, to be corrected and run again. No cell becomes a formula in a spreadsheet. */
export function writeRows({ bom, newline, delimiter, header, cells }: WrittenInput, lines: readonly number[]): string {
  const rows = lines.flatMap((line) => {
    const found = cells.get(line);
    return found === undefined ? [] : [found];
  });
  const quoted = (cell: string): string => {
    const safe = guardCell(unguardCell(cell));
    return /["\r\n;,\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const text = [header, ...rows].map((row) => `${row.map(quoted).join(delimiter)}${newline}`).join('');
  return bom ? `\uFEFF${text}` : text;
}

/** An earlier file of lines that were not done: the same header, and private as countersign writes it. A list of the desk's own is neither. */
export function rowsFile(input: WrittenInput): FileKind {
  const header = writeRows(input, []).replace(/^\uFEFF/, '');
  const literal = header.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { what: 'a file of lines that were not done', begins: new RegExp(`^\\uFEFF?${literal}`), ownOnly: true };
}
