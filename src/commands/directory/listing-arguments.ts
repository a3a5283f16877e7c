/** Arguments that several commands about companies and people share. */
import * as z from 'zod';

export const REFERENCE = { name: '<account>', about: 'number, id or unique name' } as const;
export const LIMIT = { flags: '--limit <n>', about: 'show at most this many' } as const;
export const COUNTRY = {
  flags: '--country <code>',
  about: 'where its phone numbers without a country code are, such as DE; "" for the country of the desk',
} as const;
export const LANGUAGE = { flags: '--language <code>', about: 'of mails and of what is read aloud' } as const;
export const PAGE = { flags: '--page <n>', about: 'show this page of what was found (default: 1)' } as const;
export const pageOf = () => z.coerce.number().int().min(1).max(50_000).default(1);
export const limitOf = () => z.coerce.number().int().min(1).max(1_000_000);
