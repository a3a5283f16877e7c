/** What sends messages for its own sake also queues those that a killed import has left with its last step (B90). */
import type { Desk } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { finishImports } from '../directory/finish-imports.js';
import { deliverDue, type Watched } from '../messages/deliver-outbox.js';

/** As `deliverDue`. */
export async function flushOutbox(desk: Desk, watched: Watched): Promise<DeliveryReport> {
  try {
    await finishImports(desk);
  } catch (error) {
    // Nothing that is due waits for this.
    if (!isRefusal(error)) throw error;
  }
  return deliverDue(desk, watched);
}
