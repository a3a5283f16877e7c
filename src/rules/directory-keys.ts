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

/** A contact finds its person only by the whole address or by this many digits, so that a search cannot spell it out (B83). */
const DIGITS_TO_FIND = 7;

interface Findable {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

const longPhoneWords = (phone: string): readonly string[] =>
  phoneWords(phone).filter((word) => word.length >= DIGITS_TO_FIND);

/** The word starts under which a person is kept for searches. An address is not among them: it is looked up as a whole. */
export const personWords = ({ login, name, phone }: Omit<Findable, 'email'>): readonly string[] => [
  ...searchWords(login, name),
  ...longPhoneWords(phone),
];

/**
 * True if each word fits login, name, the whole address or enough digits of the phone. Asked of everybody whom the store found,
 * because a store may hold words of addresses that an earlier version kept.
 */
export function findsPerson(person: Findable, words: readonly string[], how: 'startsWith' | 'includes'): boolean {
  const keys = searchWords(person.login, person.name);
  const phones = longPhoneWords(person.phone);
  return words.every(
    (word) =>
      keys.some((key) => key[how](word)) ||
      (word !== '' && word === foldKey(person.email)) ||
      (word.length >= DIGITS_TO_FIND && phones.some((key) => key[how](word))),
  );
}

/** A phone is found from its first digit and from each group as written: `(206) 555-9857` by 206…, 5559857. */
export function phoneWords(phone: string): readonly string[] {
  const groups = phone.normalize('NFKC').match(/\d+/g) ?? [];
  const words = groups.map((_, index) => groups.slice(index).join(''));
  return [...new Set(words.filter((word) => word.length >= 3))];
}
