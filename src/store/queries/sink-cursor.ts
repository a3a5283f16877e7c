/**
 * How much of the log was sent to its sink, one row of its own. It is the only thing written without a log entry: an entry about sending
 * entries would have to be sent too, without end. Nothing is decided on it. Its tag keeps others from moving it past entries; if the tag
 * does not match, everything is sent again.
 */
import type { RowTags } from '../guard/guarded-tables.js';
import { changesOne } from '../guard/statements.js';
import type { Db } from '../schema/directory.js';

export interface SinkCursor {
  /** Number of the next entry to send. */
  readonly next: number;
  /** Until this time, ms, no other process tries: one is sending, or the sink is down. */
  readonly until: number;
  /** Why the sink did not accept the last entries; null if it did. */
  readonly why: string | null;
}

const KEY = 'sink';
const START: SinkCursor = { next: 0, until: 0, why: null };

export function sinkCursors(db: Db, tags: RowTags) {
  const spell = ({ next, until, why }: SinkCursor): string => {
    const body = JSON.stringify([next, until, why]);
    return `${tags.make(JSON.stringify(['sink', body]))} ${body}`;
  };
  const stored = async () =>
    (await db.selectFrom('sink_cursors').select('value').where('key', '=', KEY).executeTakeFirst())?.value;
  const parse = (value: string | undefined): SinkCursor => {
    const at = value?.indexOf(' ') ?? -1;
    const body = value?.slice(at + 1) ?? '';
    if (value === undefined || !tags.fits(JSON.stringify(['sink', body]), value.slice(0, Math.max(at, 0))))
      return START;
    const [next, until, why] = JSON.parse(body) as [number, number, string | null];
    return { next, until, why };
  };
  const replace = (value: string, to: SinkCursor): Promise<boolean> => {
    const cursor = db.updateTable('sink_cursors').where('key', '=', KEY).where('value', '=', value);
    return changesOne(cursor.set({ value: spell(to) }));
  };
  return {
    read: async () => parse(await stored()),
    /** Tags it with the current key. */
    renew: async () => {
      for (let value = await stored(); value !== undefined; value = await stored()) {
        if (await replace(value, parse(value))) return;
      }
    },
    /** Compare-and-set: true for exactly one of several processes that move it from the same place. */
    move: async (from: SinkCursor, to: SinkCursor) => {
      const value = await stored();
      const { next, until } = parse(value);
      if (next !== from.next || until !== from.until) return false;
      if (value === undefined) {
        const insert = db.insertInto('sink_cursors').values({ key: KEY, value: spell(to) });
        const made = await insert.onConflict((c) => c.column('key').doNothing()).executeTakeFirst();
        return made.numInsertedOrUpdatedRows === 1n;
      }
      return replace(value, to);
    },
  };
}
