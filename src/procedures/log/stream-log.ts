/**
 * Sends the committed entries of the log to the configured sink, in order. One process at a time does it: it claims the
 * cursor for half a minute, and if it dies, the claim runs out. If the sink takes no entries, they wait in the log,
 * where nothing is lost, and the sink is tried again a minute later. Nothing is sent from an entry on that is not what was logged (T20).
 */
import type { Desk } from '../../desk.js';
import { minutes, seconds } from '../../rules/duration.js';
import { openJudge } from '../log-reader.js';

const BATCH = 200;
/** Longer than any sink's time-out. */
const CLAIM = seconds(30);
const REST = minutes(1);

/**
 * Never throws for a sink that is down. Without a sink, nothing waits. `why`: why the sink did not take the waiting entries; null if it did, or if another
 * process is sending. `failed`: it was tried just now and refused.
 */
export async function streamLog(desk: Desk) {
  const { sinkCursor } = desk.store;
  const { audit } = desk.store.read;
  const size = (await audit.head())?.size ?? 0;
  const judge = openJudge(audit, desk.notary);
  let cursor = await sinkCursor.read();
  const waiting = () => Math.max(size - cursor.next, 0);
  if (desk.sink === null) return { sent: 0, waiting: 0, why: null, failed: false };
  const rests = cursor.until - desk.now();
  // What is longer than any rest was written before the clock was set back.
  if (waiting() === 0 || (rests > 0 && rests <= 2 * REST))
    return { sent: 0, waiting: waiting(), why: cursor.why, failed: false };
  let sent = 0;
  let failed = false;
  while (waiting() > 0) {
    const mine = { ...cursor, until: desk.now() + CLAIM };
    if (!(await sinkCursor.move(cursor, mine))) break;
    const entries = (await audit.batch(mine.next, BATCH)).filter(({ seq }) => seq < size);
    const { missing, foreign } = await judge(entries, [mine.next, Math.min(mine.next + BATCH, size)]);
    const odd = missing ?? foreign[0];
    const answer =
      odd === undefined
        ? await desk.sink.send(entries, desk.now())
        : ({ ok: false, why: `the log does not check out at entry ${odd}` } as const);
    const next = answer.ok ? (entries.at(-1)?.seq ?? mine.next) + 1 : mine.next;
    cursor = answer.ok ? { next, until: 0, why: null } : { next, until: desk.now() + REST, why: answer.why };
    failed = !answer.ok;
    if (!(await sinkCursor.move(mine, cursor)) || failed) break;
    sent += entries.length;
  }
  return { sent, waiting: waiting(), why: cursor.why, failed };
}
