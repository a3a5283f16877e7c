/** The list of people that a command acts on: arguments, a spreadsheet's file, or a whole account. If a line of a file is wrong, the whole file is refused with line numbers, before anything is looked up. */
import type { Desk } from '../../desk.js';
import { isRefusal, type Problem, refusal } from '../../errors.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import type { WrittenRow } from '../../procedures/resets/find-reset-targets.js';
import type { planReset } from '../../procedures/resets/plan-reset.js';
import { suggestion } from '../../rules/csv-table.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Context, Given } from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';
import { givenUser } from './listing-arguments.js';
import { fileName, readTable, TABLE_OPTIONS, type tableInput } from './table-options.js';

export const PEOPLE_OPTIONS = [
  '--account <account>',
  { flags: '--from <file>', path: 'reads' },
  ...TABLE_OPTIONS,
  '--all',
] as const;
type PeopleGiven = Given<(typeof PEOPLE_OPTIONS)[number] | '[users...]', ReturnType<typeof tableInput>>;

type PeopleList = Omit<Parameters<typeof planReset>[2], 'reason' | 'ticket' | 'final'>;

/** `keepCells`: to write them again (--failed, --plan); a long file would fill the memory otherwise. */
type ListGiven = PeopleGiven & { readonly keepCells: boolean };

/** Refusals: usage (none or several ways at once), invalid-input with every bad line, not-found. */
export async function readPeople(context: Context, desk: Desk, given: ListGiven, command: string): Promise<PeopleList> {
  const ways = [given.users.length > 0, given.from !== undefined, given.all].filter(Boolean).length;
  if (ways !== 1) throw refusal('usage', ways === 0 ? 'nobody-named' : 'one-way-to-name', { command }, 'see');
  if (given.from !== undefined) return fromFile(context, desk, given.from, given);
  if (!given.all) return fromArguments(desk, given.users, given.account);
  if (given.account === undefined) throw refusal('missing-option', 'all-of-account', {}, 'give-all');
  const wholeAccount = await findAccount(desk, given.account);
  return { rows: [], wholeAccount, source: `all of account ${wholeAccount.number}` };
}

const COLUMNS = ['user', 'account', 'login', 'email'] as const;

async function fromFile(context: Context, desk: Desk, path: string, { account, keepCells, ...given }: ListGiven) {
  const only = account === undefined ? undefined : await findAccount(desk, account);
  const shape = { required: [], optional: COLUMNS, others: 'carry' } as const;
  const table = await readTable<(typeof COLUMNS)[number]>(context, path, shape, given);
  const { columns } = table;
  const words = wordsOf(context);
  const file = fileName(path, words);
  const placed = account !== undefined || columns.has('account');
  const named = columns.has('login') || columns.has('email');
  if (!columns.has('user') && !(placed && named)) {
    const others = COLUMNS.filter((column) => !columns.has(column));
    const written = table.header.map((name) => words.known(`${name}${suggestion(name, others)}`)).join(', ');
    const missing = placed ? 'person' : named ? 'account' : 'both';
    const problems = [{ line: table.headerLine, message: words('bulk.columns-are', { columns: written, missing }) }];
    throw refusal('invalid-input', 'list-header', { file }, 'list-columns', { problems });
  }
  const rows = table.rows.map(({ line, values }) => ({
    line,
    user: values.user ?? '',
    account: values.account || (only?.number ?? ''),
    login: values.login ?? '',
    email: values.email ?? '',
  }));
  const problems = [...table.problems, ...rows.flatMap((row) => faultOf(row, words, only))].toSorted(
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

function faultOf(row: WrittenRow, words: Words, only?: Awaited<ReturnType<typeof findAccount>>): readonly Problem[] {
  const { line, user, account, login, email } = row;
  if (only && ![only.number, only.id, only.name].some((name) => foldKey(name) === foldKey(account)))
    return [{ line, column: 'account', message: words('bulk.other-account', { account: only.number }) }];
  if (user !== '') return user.startsWith('usr_') ? [] : [{ line, column: 'user', message: words('bulk.no-user-id') }];
  if (account === '') return [{ line, column: 'account', message: words('bulk.empty') }];
  return login === '' && email === '' ? [{ line, message: words('bulk.no-login') }] : [];
}

/**
 * Users named on the command line. An ambiguous name is refused with the candidates (B09), because the person can name one of them at
 * once. A name that is not found is an outcome of its line, as in a file.
 */
async function fromArguments(desk: Desk, users: readonly string[], account: string | undefined): Promise<PeopleList> {
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
