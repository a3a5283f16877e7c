/** What is wrong with a table whose rows are not those that the desk wrote last (B86). */

export interface TableFault {
  readonly table: string;
  /** How many rows too many; negative for too few. */
  readonly surplus: number;
  /** Keys of rows whose tag does not match, the first few. */
  readonly changed: readonly string[];
  /** It is not there, or is not the plain table that the desk made; or it is no table, but an operator that would be asked about rows. */
  readonly odd?: 'missing' | 'altered' | 'operator' | undefined;
}

const count = (n: number): string => (n === 1 ? 'one row' : `${n} rows`);

export function tableFault({ table, surplus, changed, odd }: TableFault): string {
  if (odd === 'missing') return `the table ${table} is missing`;
  if (odd === 'altered') return `the form of the table ${table} was changed: by a trigger, view, index or the like`;
  if (odd === 'operator') return `the operator ${table} was added to the database, and would compare rows of the desk`;
  if (surplus > 0) return `the table ${table} has ${count(surplus)} too many`;
  if (surplus < 0) return `the table ${table} has ${count(-surplus)} too few`;
  if (changed.length > 0) return `rows of the table ${table} were changed outside countersign: ${changed.join(', ')}`;
  return `the table ${table} has other rows than the desk wrote last`;
}
