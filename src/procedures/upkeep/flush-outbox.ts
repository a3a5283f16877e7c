/** What sends messages for its own sake also queues those that a killed import has left with its last step (B90). */
import type { Desk } from '../../desk.js';
import { isRefusal, type Refusal } from '../../errors.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { finishImports } from '../directory/finish-imports.js';
import { deliverDue, type Watched } from '../messages/deliver-outbox.js';

/** What is due waits no longer for it; the next flush goes on. */
const AT_MOST_MS = 5_000;

/** As `deliverDue`. Refusal `store-corrupt` where a row that an import changes was changed by others; everything else is sent first. */
export async function flushOutbox(desk: Desk, watched: Watched): Promise<DeliveryReport> {
  const unwritten = await refusalOf(
    finishImports(desk, AbortSignal.any([watched.signal, AbortSignal.timeout(AT_MOST_MS)])),
  );
  const report = await deliverDue(desk, watched);
  if (unwritten?.code === 'store-corrupt') throw unwritten;
  return report;
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}
