/** Reads telephone numbers with libphonenumber, which is loaded on first use (B96). Part of main's room. */
import type { CountryCode } from 'libphonenumber-js/min';
import { countryCode, type Phone, type ReadPhone } from '../rules/phone-number.js';

/** `country` is the desk's, as in the config file; it counts for companies that have no country of their own. */
export async function openPhones(country: string | undefined): Promise<ReadPhone> {
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/min');
  const own = countryCode(country ?? '');
  const read = (text: string, region: string | undefined): Phone | null => {
    const defaultCountry = region as CountryCode | undefined;
    const found = parsePhoneNumberFromString(text, { ...(defaultCountry && { defaultCountry }), extract: false });
    const whole = found?.isValid() === true && found.ext === undefined;
    return whole ? { e164: found.number, national: found.nationalNumber } : null;
  };
  return (written, region) => {
    const text = written.normalize('NFKC').replace(/^tel:/i, '').trim();
    // Where another prefix leads abroad, 00 is understood all the same.
    return read(text, region ?? own) ?? (text.startsWith('00') ? read(text.replace(/^00/, '+'), undefined) : null);
  };
}
