/** Does the sink of the log take it, and what waits for it? */
import type { Finding } from '../../house.js';
import { faultOf, type OpenedStore, type StoreCheck } from './check.js';

export const checkSink: StoreCheck = {
  subject: 'Sink of the log',
  look: inspectSink,
};

/** What waits for the sink of the log, and since when it does not take it; nothing where none is set. */
async function inspectSink({ store, custody: { settings } }: OpenedStore): Promise<readonly Finding[]> {
  if (settings.file.sink === undefined) return [];
  const subject = 'Sink of the log';
  try {
    const { readSinkConfig } = await import('../../delivery/sink-registry.js');
    readSinkConfig(settings.file);
  } catch (error) {
    return [faultOf(subject, error)];
  }
  const { next, why } = await store.sinkCursor.read();
  const waiting = ((await store.read.audit.head())?.size ?? 0) - next;
  if (why === null) return [{ subject, state: 'ok', text: `${next} entries handed on, ${waiting} wait` }];
  const mend = 'mend what is named; waiting entries are handed on by the next command';
  return [{ subject, state: 'wrong', text: `${waiting} entries wait: ${why}`, mend }];
}
