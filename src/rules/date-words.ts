/** Dates in words, as spreadsheets and programs write them in the languages of their users. Pure. */
import cells from './damaged-cells.json' with { type: 'json' };
import { foldKey } from './directory-keys.js';

let words: ReadonlyMap<string, boolean> | undefined;

/** True of a month, false of what stands beside one; folded. `Mrz` is Excel's own. Not of all languages: somewhere each short word is a month. */
function dateWords(): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>([['mrz', true]]);
  const firsts = Array.from({ length: 12 }, (_, month) => Date.UTC(2021, month, 1));
  for (const language of cells.languages)
    for (const length of ['long', 'short'] as const) {
      const month = { month: length, calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC' } as const;
      const day = { weekday: length, day: 'numeric', year: 'numeric' } as const;
      const forms = [month, { ...month, ...day }].map((form) => new Intl.DateTimeFormat(language, form));
      for (const { type, value } of firsts.flatMap((at) => forms.flatMap((form) => form.formatToParts(at))))
        for (const word of lettersOf(value)) found.set(word, type === 'month' || found.get(word) === true);
    }
  return found;
}

const lettersOf = (text: string): readonly string[] => foldKey(text).match(/\p{L}+/gu) ?? [];

/** A day or month with its name, and nothing else: `12-ene`, `Jän 21`, `Montag, 1. März 2021`. */
export function isDateInWords(text: string): boolean {
  const date = text.replace(/ \d\d:\d\d(?::\d\d)?(?: (?:GMT|UTC|CES?T).*)?$/, '');
  if (!/^(?=.*\d)(?=.*\p{L})(?!.*\d{5})[\p{L}\p{M}\d\s.,/’'()-]{3,50}$/u.test(date)) return false;
  words ??= dateWords();
  const kinds = lettersOf(date).map((word) => words?.get(word));
  return kinds.includes(true) && !kinds.includes(undefined);
}
