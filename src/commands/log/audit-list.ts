/** `audit list`, `audit export`: read the log. Part of the noun in audit.ts. */
import * as z from 'zod';
import type { AuditFilter } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import {
  doorOfLog,
  entriesAfter,
  type LogDoor,
  type NewestEntries,
  newestEntries,
  noteExport,
  peopleOf,
  readFilter,
  requireGenuine,
} from '../../procedures/log/read-audit-log.js';
import { pause } from '../../procedures/pause.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { AUDIT_KINDS, isAuditFilter } from '../../rules/audit-kinds.js';
import { guardCell } from '../../rules/csv-table.js';
import { iso } from '../../rules/moment.js';
import { nearest } from '../../rules/nearest.js';
import { printable, printableJson } from '../../terminal/printable.js';
import { type Command, command, type Operated, type Result, wholeNumber } from '../command.js';
import { block, exitWhenStopped, localSecond } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const FILTERS = [
  '--by <who>',
  '--account <account>',
  '--user <user>',
  '--kind <kind>',
  '--outcome <outcome>',
  '--since <when>',
  '--until <when>',
] as const;

const filters = () => ({
  kind: z
    .string()
    .refine(isAuditFilter, { error: ({ input }) => `"${String(input)}" is not a kind of entry${nearKinds(input)}` })
    .optional(),
  outcome: z.enum(['done', 'refused', 'started', 'failed']).optional(),
});

function nearKinds(asked: unknown): string {
  const near = nearest(String(asked), AUDIT_KINDS);
  return near === undefined
    ? '; examples: mfa.reset, or mfa for every kind that begins with it'
    : `; did you mean ${near}?`;
}

/** Once a second is fast enough for a reader and cheap for the store. */
const FOLLOW_MS = 1000;

const list = command({
  path: 'audit list',
  access: 'audit:read-caller',
  options: [...FILTERS, '--limit <n>', '--follow'],
  own: () => ({ ...filters(), limit: wholeNumber(1, 10_000).default(50) }),
  run: async (at, { limit, follow, ...query }) => {
    const { context, desk, signed, words } = at;
    const door = doorOfLog(query, follow);
    await askAuthority(desk, signed, door);
    const filter = await readFilter(desk, query);
    const newest = await newestEntries(desk, filter, limit);
    const { entries } = newest;
    if (follow) return followLog(at, filter, door, newest);
    for (const entry of entries) await context.row(rowOf(entry));
    const people = await peopleOf(desk, signed, entries, door);
    const view = [tableOf(entries, people, words)];
    const result: Result = { view, document: null, streamed: true };
    if (newest.foreign.length > 0 || newest.missing !== undefined) await context.print(result);
    requireGenuine(newest);
    return result;
  },
});

/** One entry for scripts: as logged, with its time in ISO 8601. */
const rowOf = ({ v: _v, seq, at, kind, outcome, ...rest }: LoggedEntry) => {
  return { seq, at: iso(at), kind, outcome, ...rest };
};

function tableOf(entries: readonly LoggedEntry[], people: ReadonlyMap<string, string>, words: Words) {
  const named = (id: string | undefined): string => (id === undefined ? '' : (people.get(id) ?? id));
  return block.table(
    [
      { title: words('record.entry'), align: 'right' },
      ...words.all('record.time', 'record.what', 'record.outcome', 'record.by', 'record.about', 'audit.reason'),
    ],
    entries.map((entry) => [
      String(entry.seq),
      localSecond(entry.at),
      entry.kind,
      entry.outcome,
      entry.by.name,
      named(entry.user ?? entry.account),
      [entry.reason, entry.ticket].filter((text) => text !== undefined).join(' · '),
    ]),
    words('audit.none'),
  );
}

/** Ends with Ctrl-C (130), or with the first line that the reader of a closed pipe does not take. */
async function followLog(at: Operated, filter: AuditFilter, door: LogDoor, seen: NewestEntries): Promise<Result> {
  const { context, desk } = at;
  let after = seen.last;
  await writeEntries(at, door, seen.entries);
  requireGenuine(seen);
  while (!context.signal.aborted && !context.unread()) {
    await pause(FOLLOW_MS, context.signal);
    for await (const page of entriesAfter(desk, filter, after)) {
      await writeEntries(at, door, page);
      after = page.at(-1)?.seq ?? after;
    }
  }
  return { view: [], document: null, streamed: true, exit: exitWhenStopped(context.signal) };
}

/**
 * Writes entries at once: one row each with --json, otherwise lines without the heading, which would repeat. Checks the authority again, so
 * an operator who may no longer read the log sees no new entries.
 */
async function writeEntries(at: Operated, door: LogDoor, entries: readonly LoggedEntry[]): Promise<void> {
  const { context, desk, signed, words } = at;
  if (entries.length === 0) return;
  await askAuthority(desk, signed, door);
  for (const entry of entries) await context.row(rowOf(entry));
  if (context.options.json) return;
  const { rows } = tableOf(entries, await peopleOf(desk, signed, entries, door), words);
  const lines = rows.map((cells) => cells.filter((cell) => cell !== '').join('  '));
  await context.print({ view: [block.lines(...lines)], document: null });
}

const exportLog = command({
  path: 'audit export',
  access: 'audit:read',
  options: ['--format <format>', ...FILTERS],
  own: () => ({ ...filters(), format: z.enum(['ndjson', 'csv']).default('ndjson') }),
  run: async ({ context, desk, signed, words }, { format, ...query }) => {
    if (context.options.json && format === 'csv') throw refusal('usage', 'json-and-csv', {}, 'leave-one-out');
    const filter = await readFilter(desk, query);
    await noteExport(desk, signed, filter, format);
    const { textOf, heading } = format === 'csv' ? await csvLines() : { textOf: ndjsonLines, heading: '' };
    await context.write(heading);
    let count = 0;
    for await (const page of entriesAfter(desk, filter, -1)) {
      if (context.signal.aborted) throw new Refusal('cancelled', words('audit.incomplete'));
      if (context.unread()) return { view: [], document: null, streamed: true };
      await askAuthority(desk, signed, doorOfLog({}, true));
      await context.write(textOf(page));
      count += page.length;
    }
    context.notice(words('audit.exported', { count }));
    return { view: [], document: null, streamed: true };
  },
});

/** Parsing and printing keeps the order of canonical JSON; only invisible characters become \u escapes. */
const ndjsonLines = (entries: readonly LoggedEntry[]): string =>
  entries.map((entry) => `${printableJson(entry)}\n`).join('');

const CSV_COLUMNS = 'seq at kind outcome by_kind by_id by_name account user ticket reason detail policy'.split(' ');

/** RFC 4180. A cell that a spreadsheet would run as a formula gets a leading apostrophe. */
async function csvLines() {
  const { stringify } = await import('csv-stringify/sync');
  const csv = (rows: readonly (readonly unknown[])[]) =>
    stringify(rows as unknown[][], { record_delimiter: 'windows' });
  const cells = ({ at, by, detail, ...rest }: LoggedEntry): readonly string[] => {
    const text = detail && printableJson(detail);
    const parts = { ...rest, at: iso(at), by_kind: by.kind, by_id: by.id, by_name: by.name, detail: text };
    return CSV_COLUMNS.map((name) => String(parts[name as keyof typeof parts] ?? ''));
  };
  return {
    heading: csv([CSV_COLUMNS]),
    // Control and bidi characters of stored text must not get into a cell raw, so they are escaped as on the screen.
    textOf: (entries: readonly LoggedEntry[]) =>
      csv(entries.map((entry) => cells(entry).map((cell) => guardCell(printable(cell))))),
  };
}

export const commands: readonly Command[] = [list, exportLog];
