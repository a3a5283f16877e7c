/**
 * How far the log has been handed to its sink, one value in `meta`. It is the one thing written without an entry of its own: an entry
 * about handing on entries would have to be handed on, without end. It decides nothing; its tag keeps others from moving it on
 * past entries, and without a tag that fits everything is handed on again.
 */

import type { RowTags } from '../guard/guarded-tables.js';
import type { Db } from '../schema/directory.js';

export interface SinkCursor {
  /** Number of the next entry to hand on. */
  readonly next: number;
  /** Until then nobody else tries, ms: somebody is at it, or the sink is down. */
  readonly until: number;
  /** Why the sink did not take the last ones; null where it did. */
  readonly why: string | null;
}

export interface SinkCursors {
  read(): Promise<SinkCursor>;
  /** Compare-and-set: true for exactly one of several who move it from the same place. */
  move(from: SinkCursor, to: SinkCursor): Promise<boolean>;
  /** Tags it under the current key. */
  renew(): Promise<void>;
}

const KEY = 'sink';
const START: SinkCursor = { next: 0, until: 0, why: null };

export function sinkCursors(db: Db, tags: RowTags): SinkCursors {
  const spell = ({ next, until, why }: SinkCursor): string => {
    const body = JSON.stringify([next, until, why]);
    return `${tags.make(JSON.stringify(['sink', body]))} ${body}`;
  };
  const stored = async () =>
    (await db.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst())?.value;
  const parse = (value: string | undefined): SinkCursor => {
    const at = value?.indexOf(' ') ?? -1;
    const body = value?.slice(at + 1) ?? '';
    if (value === undefined || !tags.fits(JSON.stringify(['sink', body]), value.slice(0, Math.max(at, 0))))
      return START;
    const [next, until, why] = JSON.parse(body) as [number, number, string | null];
    return { next, until, why };
  };
  const replace = async (value: string, to: SinkCursor): Promise<boolean> => {
    const moved = await db
      .updateTable('meta')
      .set({ value: spell(to) })
      .where('key', '=', KEY)
      .where('value', '=', value)
      .executeTakeFirst();
    return moved.numUpdatedRows === 1n;
  };
  return {
    read: async () => parse(await stored()),
    renew: async () => {
      for (let value = await stored(); value !== undefined; value = await stored()) {
        if (await replace(value, parse(value))) return;
      }
    },
    move: async (from, to) => {
      const value = await stored();
      const { next, until } = parse(value);
      if (next !== from.next || until !== from.until) return false;
      if (value === undefined) {
        const made = await db
          .insertInto('meta')
          .values({ key: KEY, value: spell(to) })
          .onConflict((c) => c.column('key').doNothing())
          .executeTakeFirst();
        return made.numInsertedOrUpdatedRows === 1n;
      }
      return replace(value, to);
    },
  };
}
