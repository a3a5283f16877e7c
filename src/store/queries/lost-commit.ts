/** Looks up what became of a commit that failed or whose answer was lost (B88). */
import { Refusal } from '../../errors.js';
import type { Engine } from '../engine.js';

/**
 * After a commit that failed or whose answer was lost (T25): returns if the log has the entry, otherwise throws what is known. The look
 * takes the write lock, so that a commit that was still under way has ended. It also writes: otherwise SQLite's log file could still
 * hold the failed transaction, and the next process would find it whole and apply it.
 */
export async function requireDone(
  engine: Engine,
  { size, leaf }: { readonly size: number; readonly leaf: Uint8Array },
  error: unknown,
): Promise<void> {
  for (const wait of [0, ...engine.lookAgainMs]) {
    if (wait > 0) await new Promise((over) => void setTimeout(over, wait));
    const found = await look(engine, size - 1).catch((failed: unknown) => void engine.refusalOf(failed));
    if (found === undefined) continue;
    if (found !== null && Buffer.from(leaf).equals(found)) return;
    throw error instanceof Refusal ? worded(error, 'this change was not made', 'Try again.', 'not done') : error;
  }
  const known = error instanceof Refusal ? error : new Refusal('store-unreachable', 'the store did not confirm', {});
  const next = 'Look before you repeat it: countersign audit list';
  throw worded(known, 'it is not known whether the change was made', next, 'unknown');
}

const worded = (cause: Refusal, what: string, next: string, outcome: 'unknown' | 'not done'): Refusal =>
  new Refusal(cause.code, `${cause.message}; ${what}`, {
    hint: [cause.hint, next].join(' ').trim(),
    also: { outcome },
    cause,
  });

/** The leaf of an entry, or null if the log is shorter. */
async function look(engine: Engine, seq: number): Promise<Uint8Array | null> {
  return engine.db.transaction().execute(async (tx) => {
    const head = tx.updateTable('audit_head').set((e) => ({ size: e.ref('size') }));
    await head.where('id', '=', 1).execute();
    // Of a table that is not summed up: only the door writes to the others.
    await tx.insertInto('sink_cursors').values({ key: 'look', value: '' }).execute();
    await tx.deleteFrom('sink_cursors').where('key', '=', 'look').execute();
    const row = await tx.selectFrom('audit_entries').select('leaf').where('seq', '=', seq).executeTakeFirst();
    return row?.leaf ?? null;
  });
}

/** The sealed head says which place is next; a row that stands there already was put there by another hand. */
export function placeTaken(error: unknown): Refusal | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('SQLITE_CONSTRAINT') && code !== '23505') return undefined;
  return new Refusal('audit-broken', 'the log has an entry that countersign did not write; nothing was changed', {
    hint: 'Keep the store as it is and tell your lead. To see the entry: countersign audit verify',
    cause: error,
  });
}
