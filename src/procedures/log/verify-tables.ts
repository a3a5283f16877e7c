/** Are the rows of every table those that the desk wrote last (B86)? The second half of `audit verify`. */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { tableFault } from '../../rules/table-fault.js';

/** Refusal `store-corrupt` with one problem for each table. Changes nothing. */
export async function verifyTables(desk: Desk, each?: (rows: number) => void): Promise<void> {
  const faults = await desk.store.tableFaults(each);
  const [first, ...more] = faults.map(tableFault);
  if (first === undefined) return;
  throw refusal('store-corrupt', 'tables-foreign', { first, more: more.length }, 'keep-store', {
    problems: more.length === 0 ? [] : [first, ...more].map((message) => ({ message })),
    also: { tables: faults.map(({ table, surplus, changed }) => ({ table, surplus, changed })) },
  });
}
