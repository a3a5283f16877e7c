/** Counts rows. */
import type { SelectQueryBuilder } from 'kysely';
import type { Database } from '../schema/directory.js';

/** How many rows a query has that selects nothing yet. */
export async function countOf<T extends keyof Database>(
  query: SelectQueryBuilder<Database, T, unknown>,
): Promise<number> {
  const { n } = await query.select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return n;
}
