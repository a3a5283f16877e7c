/** What a table of sentences is: a function for each reason or step, from its facts to the words. */

/** A moment ahead as the reader's clock shows it: `in 14 minutes (20:54)`. */
export type When = (at: number) => string;

export type Sentences<T> = { readonly [K in keyof T]: (facts: T[K], when: When) => string };

/** `1 day`, `3 days` */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `totp, email or sms` */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
