/** Arguments that several commands about companies and people share. */
import * as z from 'zod';

export const REFERENCE = { name: '<account>', about: 'number, id or unique name' } as const;
export const LIMIT = { flags: '--limit <n>', about: 'show at most this many' } as const;
export const limitOf = () => z.coerce.number().int().min(1).max(1_000_000);
