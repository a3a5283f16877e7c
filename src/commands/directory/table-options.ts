/** Options of every command that reads a table: other people's columns, remembered under a name, and other encodings (B90). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { readCsv } from '../../procedures/directory/read-csv.js';
import type { CsvShape, CsvTable } from '../../rules/csv-table.js';
import { nearest } from '../../rules/nearest.js';
import { isProfileName, readPairs, readProfile, shapeWith, type TableProfile } from '../../rules/table-profile.js';
import type { Context, OptionSpec } from '../command.js';

export const TABLE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--map <columns>',
    about: 'headings that the file has for columns: login=userPrincipalName,name=givenName+surname',
  },
  { flags: '--set <values>', about: 'values of columns that the file does not have: account=100234,role=user' },
  { flags: '--ignore-other-columns', about: 'pass over columns that countersign does not know' },
  {
    flags: '--profile <name>',
    about:
      'headings by name: okta, entra, google, or your own; with --map, keeps them as your own in the config folder',
  },
  { flags: '--encoding <name>', about: 'how a file without a mark is written, such as windows-1252 (default: UTF-8)' },
];

export const tableInput = () => ({
  map: z.string().optional(),
  set: z.string().optional(),
  ignoreOtherColumns: z.boolean().default(false),
  profile: z.string().refine(isProfileName, 'a name is small letters, digits, - and _').optional(),
  encoding: z.string().refine(isEncoding, 'is no encoding; for instance windows-1252, utf-16le, macintosh').optional(),
});

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label) instanceof TextDecoder;
  } catch {
    return false;
  }
}

export interface TableGiven {
  readonly map?: string | undefined;
  readonly set?: string | undefined;
  readonly ignoreOtherColumns: boolean;
  readonly profile?: string | undefined;
  readonly encoding?: string | undefined;
}

/** Reads a table, names each line that was passed over, and keeps a new profile once its headings have fitted. Refusals as `readCsv`. */
export async function readTable<Column extends string>(
  context: Context,
  path: string,
  shape: CsvShape<Column>,
  given: TableGiven,
): Promise<CsvTable<Column>> {
  const known = [...shape.required, ...shape.optional];
  const map = given.map === undefined ? new Map<string, string>() : readPairs('--map', given.map, known);
  const set = given.set === undefined ? new Map<string, string>() : readPairs('--set', given.set, known);
  const named = await namedProfile(context, given);
  const profile: TableProfile = {
    columns: { ...named.columns, ...Object.fromEntries([...map].map(([column, heading]) => [column, [heading]])) },
    given: { ...named.given, ...Object.fromEntries(set) },
    ignoreOthers: named.ignoreOthers || given.ignoreOtherColumns,
    encoding: given.encoding ?? named.encoding,
  };
  const fitted = shapeWith(shape, profile, [...map.keys()]);
  const table = await readCsv(context.files.readChunks(path), fitted, undefined, profile.encoding);
  tellOfLines(context, path, table);
  const { profiles } = context.house;
  if (given.profile !== undefined && map.size > 0 && !profiles.shipped().includes(given.profile)) {
    const file = await profiles.save(given.profile, `${JSON.stringify(profile, null, 2)}\n`);
    context.notice(`The headings are kept as profile ${given.profile}: ${file}`);
  }
  return table;
}

const NONE: TableProfile = { columns: {}, given: {}, ignoreOthers: false };

/** A name that is not known yet becomes one by --map. */
async function namedProfile(context: Context, { profile, map }: TableGiven): Promise<TableProfile> {
  if (profile === undefined) return NONE;
  const text = await context.house.profiles.read(profile);
  if (text !== undefined) return readProfile(profile, text);
  if (map !== undefined) return NONE;
  const names = await context.house.profiles.names();
  const close = nearest(profile, names);
  throw new Refusal(
    'invalid-input',
    `there is no profile "${profile}"${close === undefined ? '' : `; did you mean ${close}?`}`,
    {
      hint: `Profiles: ${names.join(', ')}. To keep one of your own: --profile ${profile} --map COLUMN=HEADING,…`,
    },
  );
}

const LISTED = 5;

/** What is passed over is named, so that nobody looks for it in vain. */
function tellOfLines(context: Context, path: string, { notes }: CsvTable<string>): void {
  for (const { line, message } of notes.slice(0, LISTED))
    context.notice(`${path === '-' ? 'standard input' : path}, line ${line} is not a row of the table: ${message}`);
  if (notes.length > LISTED) context.notice(`and ${notes.length - LISTED} more such lines`);
}
