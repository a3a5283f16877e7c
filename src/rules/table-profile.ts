/** How the exports of another system name their columns: data/profiles, or remembered by the desk under a name (B90). Pure. */
import { Refusal } from '../errors.js';
import type { CsvShape } from './csv-table.js';
import { nearest } from './nearest.js';

export interface TableProfile {
  /** Headings of each column, the best first; `givenName+surname` is two, joined by a space. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** Values of columns that the file does not have. */
  readonly given: Readonly<Record<string, string>>;
  readonly ignoreOthers: boolean;
  /** A label of the WHATWG Encoding Standard; absent: UTF-8. */
  readonly encoding?: string | undefined;
}

export const isProfileName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);

/** `login=userPrincipalName,name=givenName+surname`; a comma divides only before `word=`. Refusal `invalid-input`. */
export function readPairs(option: string, text: string, known: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text.split(/,(?=\s*\w+\s*=)/)) {
    const [, column = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (known.includes(column) && value !== '' && !pairs.has(column)) {
      pairs.set(column, value);
      continue;
    }
    const close = nearest(column, known);
    const why =
      column === '' || value === '' ? 'is not COLUMN=TEXT' : pairs.has(column) ? 'comes twice' : 'is no column here';
    throw new Refusal('invalid-input', `${option}: "${part.trim()}" ${why}`, {
      hint: `${close === undefined || known.includes(column) ? '' : `Did you mean ${close}? `}Columns: ${known.join(', ')}.`,
    });
  }
  return pairs;
}

/** The shape that reads a table with the headings of a profile. A heading of `mustHave` that the file lacks is refused by name. */
export function shapeWith<Column extends string>(
  shape: CsvShape<Column>,
  profile: TableProfile,
  mustHave: readonly string[],
): CsvShape<Column> {
  const known = [...shape.required, ...shape.optional];
  const own = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([column]) => known.includes(column as Column))) as Partial<
      Record<Column, T>
    >;
  const wanted = known.filter((column) => mustHave.includes(column) && !shape.required.includes(column));
  return {
    required: [...shape.required, ...wanted],
    optional: shape.optional.filter((column) => !wanted.includes(column)),
    others: profile.ignoreOthers ? 'carry' : shape.others,
    headings: own(profile.columns),
    given: own(profile.given),
  };
}

/** Refusal `config` for a file that somebody changed by hand into something else. */
export function readProfile(name: string, text: string): TableProfile {
  try {
    const { columns = {}, given = {}, ignoreOthers = false, encoding } = JSON.parse(text) as Partial<TableProfile>;
    const lists = Object.values(columns).every((all) => Array.isArray(all) && all.every(isText));
    if (lists && Object.values(given).every(isText) && (encoding === undefined || isText(encoding)))
      return { columns, given, ignoreOthers: ignoreOthers === true, encoding };
  } catch {
    // Answered below.
  }
  throw new Refusal('config', `the profile ${name} is not one that countersign wrote`, {
    hint: `Write it anew: --profile ${name} --map COLUMN=HEADING,…`,
  });
}

const isText = (value: unknown): boolean => typeof value === 'string';
