/** What `mfa reset` takes, and its list as a file: to be corrected and run again. */
import { guardCell, unguardCell } from '../../rules/csv-table.js';
import { listOf, type ResetPlan, type WrittenList } from '../../rules/reset-plan.js';
import type { Context, Given } from '../command.js';
import { PEOPLE_OPTIONS } from '../directory/people-list.js';
import type { tableInput } from '../directory/table-options.js';

export const RESET_OPTIONS = [
  ...PEOPLE_OPTIONS,
  '--grant <grant>',
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
export type ResetGiven = Given<(typeof RESET_OPTIONS)[number] | '[users...]', ReturnType<typeof tableInput>>;

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
