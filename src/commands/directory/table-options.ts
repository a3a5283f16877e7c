/** Options of every command that reads a table: other people's columns, remembered under a name, and other encodings (B90). */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { readCsv } from '../../procedures/directory/read-csv.js';
import { type CsvShape, type CsvTable, suggestion } from '../../rules/csv-table.js';
import cells from '../../rules/damaged-cells.json' with { type: 'json' };
import { isProfileName } from '../../rules/table-profile.js';
import { type Context, type Given, wholeNumber } from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';

export const TABLE_OPTIONS = [
  '--map <columns>',
  '--set <values>',
  '--ignore-other-columns',
  '--profile <name>',
  '--encoding <name>',
] as const;

/** Whatever takes such a table may ask how many it is about. */
export const tableInput = () => ({
  confirm: wholeNumber().optional(),
  profile: z.string().refine(isProfileName, 'a name is small letters, digits, - and _').optional(),
  encoding: z.enum(cells.encodings).optional(),
});

/** A file of data/profiles. `columns`: headings of each column, the best first. `given`: values of columns that the file does not have. */
const profileSchema = () =>
  z.object({
    columns: z.record(z.string(), z.array(z.string())).default({}),
    given: z.record(z.string(), z.string()).default({}),
    ignoreOthers: z.boolean().default(false),
    encoding: z.string().optional(),
  });
type TableProfile = z.infer<ReturnType<typeof profileSchema>>;

export type TableGiven = Given<(typeof TABLE_OPTIONS)[number], ReturnType<typeof tableInput>>;

/** As notices and refusals name it. */
export const fileName = (path: string, words: Words): string => (path === '-' ? words('import.stdin') : path);

const LISTED = 5;

/** Reads a table, names each line that was passed over, and keeps a new profile once its headings have fitted. Refusals as `readCsv`. */
export async function readTable<Column extends string>(
  context: Context,
  path: string,
  shape: CsvShape<Column>,
  given: TableGiven,
): Promise<CsvTable<Column>> {
  const known = [...shape.required, ...shape.optional];
  const map = readPairs('--map', given.map, known);
  const free = known.filter((column) => !map.has(column));
  const set = readPairs('--set', given.set, free);
  const named = await namedProfile(context, given);
  const profile: TableProfile = {
    columns: { ...named.columns, ...Object.fromEntries([...map].map(([to, heading]) => [to, [heading]])) },
    given: Object.fromEntries([...Object.entries({ ...named.given }).filter(([column]) => !map.has(column)), ...set]),
    ignoreOthers: named.ignoreOthers || given.ignoreOtherColumns,
    encoding: given.encoding ?? named.encoding,
  };
  const fitted: CsvShape<Column> = {
    // A heading that somebody names must be there.
    required: [...new Set([...shape.required, ...([...map.keys()] as Column[])])],
    optional: shape.optional.filter((column) => !map.has(column)),
    others: profile.ignoreOthers ? 'carry' : shape.others,
    headings: profile.columns,
    given: profile.given,
  };
  const table = await readCsv(context.files.readChunks(path), fitted, undefined, profile.encoding);
  const words = wordsOf(context);
  const where = fileName(path, words);
  for (const { line, message } of table.notes.slice(0, LISTED))
    context.notice(words('import.no-row', { where, line, why: words.known(message) }));
  if (table.notes.length > LISTED) context.notice(words('import.more-lines', { count: table.notes.length - LISTED }));
  if (given.profile === undefined || map.size === 0) return table;
  const file = await context.house.profiles.save(given.profile, `${JSON.stringify(profile, null, 2)}\n`);
  if (file !== undefined) context.notice(words('import.profile-kept', { profile: given.profile, file }));
  return table;
}

/** A name that is not known yet becomes one by --map. */
async function namedProfile(context: Context, { profile = '', map }: TableGiven): Promise<TableProfile> {
  const text = await context.house.profiles.read(profile);
  if (text === undefined && (profile === '' || map !== undefined)) return profileSchema().parse({});
  const names = await context.house.profiles.names();
  const facts = { profile, names, like: suggestion(profile, names) };
  if (text === undefined) throw refusal('invalid-input', 'profile-unknown', facts, 'profiles');
  try {
    return profileSchema().parse(JSON.parse(text));
  } catch (cause) {
    throw refusal('config', 'profile-broken', facts, 'profiles', { cause });
  }
}

/** `login=userPrincipalName,name=givenName+surname`; a comma divides only before `word=`. Refusal `invalid-input`. */
function readPairs(option: string, text: string | undefined, known: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text?.split(/,(?=\s*\w+\s*=)/) ?? []) {
    const [, column = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (known.includes(column) && value !== '' && !pairs.has(column)) {
      pairs.set(column, value);
      continue;
    }
    const like = known.includes(column) ? '' : suggestion(column, known);
    throw refusal('invalid-input', 'not-a-pair', { option, part: part.trim(), like, known }, 'columns-known');
  }
  return pairs;
}
