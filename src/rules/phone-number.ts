/**
 * Telephone numbers as they are dialled from anywhere (E.164), kept beside the text as written (B96). Main reads them with a library
 * (opening/open-phones.ts); here are the types, the comparison, and what counts as a country.
 */
export interface Phone {
  /** `+12065559857` */
  readonly e164: string;
  /** Without the code of the country: `2065559857`. */
  readonly national: string;
}

/**
 * Reads a number as people write it. Null if it is no whole number that can be dialled, or has an extension. `country`: two capital
 * letters; null for the country of the desk, which may have none.
 */
export type ReadPhone = (text: string, country: string | null) => Phone | null;

/** The digits of a phone number, in order; empty if there are none. */
export const phoneDigits = (phone: string): string => phone.normalize('NFKC').replace(/\D+/g, '');

interface Kept {
  readonly phone: string;
  readonly phoneE164: string | null;
}

/** Another way to write a number is not another number. Numbers that cannot be read are compared by their digits. */
export const samePhone = (a: Kept, b: Kept): boolean =>
  a.phone === b.phone ||
  (a.phoneE164 === b.phoneE164 && (a.phoneE164 !== null || phoneDigits(a.phone) === phoneDigits(b.phone)));

/** `DE` for `de` and `GB` for `UK`; undefined for anything that is no country. */
export function countryCode(text: string): string | undefined {
  if (!/^[a-z]{2}$/i.test(text)) return undefined;
  const region = new Intl.Locale('und', { region: text }).region ?? text;
  const known = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(region);
  return known === undefined || ['EU', 'EZ', 'UN', 'ZZ'].includes(region) ? undefined : region;
}
