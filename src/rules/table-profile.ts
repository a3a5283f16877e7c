/** How the exports of another system name their columns: data/profiles, or remembered by the desk under a name (B90). Pure. */
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { suggestion } from './csv-table.js';

export const isProfileName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);

/** `columns`: headings of each column, the best first. `given`: values of columns that the file does not have. */
export const profileSchema = () =>
  z.object({
    columns: z.record(z.string(), z.array(z.string())).default({}),
    given: z.record(z.string(), z.string()).default({}),
    ignoreOthers: z.boolean().default(false),
    encoding: z.string().optional(),
  });
export type TableProfile = z.infer<ReturnType<typeof profileSchema>>;

/** `login=userPrincipalName,name=givenName+surname`; a comma divides only before `word=`. Refusal `invalid-input`. */
export function readPairs(
  option: string,
  text: string | undefined,
  known: readonly string[],
): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text?.split(/,(?=\s*\w+\s*=)/) ?? []) {
    const [, column = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (known.includes(column) && value !== '' && !pairs.has(column)) {
      pairs.set(column, value);
      continue;
    }
    const wrong = known.includes(column) ? '' : suggestion(column, known);
    throw new Refusal('invalid-input', `${option}: "${part.trim()}" is not COLUMN=TEXT, each column once${wrong}`, {
      hint: `Columns: ${known.join(', ')}.`,
    });
  }
  return pairs;
}
