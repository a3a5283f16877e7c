/** What an import changes of rows on file, cell by cell, old and new, for whoever looks at it before (B90). Pure. */
import type { SidePlan } from './directory-import.js';
import type { AccountEntry, UserEntry } from './directory-rows.js';
import type { Account, User } from './people.js';

export interface CellChange {
  readonly line: number | undefined;
  /** Number of the company. */
  readonly account: string;
  /** Null for a change of the company itself. */
  readonly login: string | null;
  readonly column: string;
  /** As on file; empty if nothing is. */
  readonly old: string;
  readonly new: string;
}

export function cellChanges(
  accounts: SidePlan<Account, AccountEntry>,
  users: SidePlan<User, UserEntry>,
  homeOf: (entry: UserEntry) => Pick<Account, 'number'>,
): readonly CellChange[] {
  const cells = (before: object, entry: { readonly line?: number }, fields: readonly string[]) =>
    fields.map((column) => ({ line: entry.line, column, old: textOf(before, column), new: textOf(entry, column) }));
  return [
    ...accounts.update.flatMap(({ before, entry, fields }) =>
      cells(before, entry, fields).map((cell) => ({ account: before.number, login: null, ...cell })),
    ),
    ...users.update.flatMap(({ before, entry, fields }) =>
      cells(before, entry, fields).map((cell) => ({ account: homeOf(entry).number, login: before.login, ...cell })),
    ),
  ];
}

const textOf = (row: object, column: string): string =>
  (row as Readonly<Record<string, string | null | undefined>>)[column] ?? '';
