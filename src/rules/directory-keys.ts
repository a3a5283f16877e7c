/**
 * Comparison and search keys of the directory. Look-ups compare these, never the text as written: case, accents and width are
 * folded, and phones are compared by their digits.
 */

/** Folds case, accents, width and ligatures, and removes outer and repeated white space. */
export function foldKey(text: string): string {
  return withoutMarks(text)
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[øœæðþłđı]/g, (letter) => STROKED[letter] ?? letter)
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Plain ASCII has no marks; looking for some would cost each start more than all the rest. */
const withoutMarks = (text: string): string =>
  /^[ -~]*$/.test(text) ? text : text.normalize('NFKD').replace(/\p{M}+/gu, '');

const STROKED: Readonly<Record<string, string>> = {
  ø: 'o',
  œ: 'oe',
  æ: 'ae',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  đ: 'd',
  ı: 'i',
};

/** The digits of a phone number, in order; empty if there are none. */
export function phoneDigits(phone: string): string {
  return phone.normalize('NFKC').replace(/\D+/g, '');
}

/** Every word start under which a text can be found: its words, and the text as a whole. */
export function searchWords(...texts: readonly string[]): readonly string[] {
  const words = new Set<string>();
  for (const text of texts) {
    const folded = foldKey(text);
    for (const word of folded.split(/[^\p{L}\p{N}]+/u)) if (word !== '') words.add(word);
    const whole = folded.replace(/\s+/g, '');
    if (whole !== '') words.add(whole);
  }
  return [...words];
}

/** A phone is found from its first digit and from each group as written: `(206) 555-9857` by 206…, 5559857, 9857. */
export function phoneWords(phone: string): readonly string[] {
  const groups = phone.normalize('NFKC').match(/\d+/g) ?? [];
  const words = groups.map((_, index) => groups.slice(index).join(''));
  return [...new Set(words.filter((word) => word.length >= 3))];
}
