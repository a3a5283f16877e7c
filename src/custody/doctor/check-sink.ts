/** Does the sink accept the log, and how many entries wait for it? */
import type { Finding } from '../../house.js';
import { faultOf, type OpenedStore, type StoreCheck } from './check.js';

export const checkSink: StoreCheck = {
  subject: 'Sink of the log',
  look: inspectSink,
};

/** No finding if no sink is set. */
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
  if (why === null) return [{ subject, state: 'ok', text: `${next} entries sent, ${waiting} waiting` }];
  const mend = 'fix the sink; the next command sends the waiting entries';
  return [{ subject, state: 'wrong', text: `${waiting} entries wait: ${why}`, mend }];
}
