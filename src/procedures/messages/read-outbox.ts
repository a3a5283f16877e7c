/** What the desk sees of queued messages: never content or codes, and only enough of an address to recognise it. */
import type { Desk, OutboxRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { maskedAddress } from '../../rules/directory-fields.js';
import { phoneDigits } from '../../rules/directory-keys.js';

export interface WaitingMessage {
  readonly id: string;
  /** `email`, `sms` or `webhook`. */
  readonly channel: string;
  /** Name of its template. */
  readonly template: string;
  readonly to: string;
  readonly account: string | null;
  readonly user: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAttemptAt: number | null;
  readonly deliveredAt: number | null;
  readonly lastError: string | null;
  readonly reference: string | null;
}

/** Newest first. */
export async function listOutbox(
  desk: Desk,
  state: string | undefined,
  limit: number,
): Promise<readonly WaitingMessage[]> {
  const rows = await desk.store.read.outbox.list(limit, state);
  return rows.map((row) => shown(desk, row));
}

export async function findMessage(desk: Desk, id: string): Promise<WaitingMessage> {
  const row = await desk.store.read.outbox.byId(id);
  if (row !== undefined) return shown(desk, row);
  throw refusal('not-found', 'message-unknown', { id }, 'list-messages');
}

function shown(desk: Desk, row: OutboxRow): WaitingMessage {
  const address = desk.vault.openText('seal/contact', { table: 'outbox', column: 'address', id: row.id }, row.address);
  return {
    id: row.id,
    channel: row.channel,
    template: row.kind,
    to: maskedTo(row.channel, address),
    account: row.account_id,
    user: row.user_id,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.state === 'queued' ? row.next_attempt_at : null,
    deliveredAt: row.delivered_at,
    lastError: row.last_error,
    reference: row.reference,
  };
}

/** Shows the last two digits of a phone number, as `…34`; webhooks and events have one receiver each, in the settings. */
function maskedTo(channel: string, address: string): string {
  if (channel === 'webhook') return 'the webhook';
  if (channel === 'event') return 'the receiver of events';
  return channel === 'sms' ? `…${phoneDigits(address).slice(-2)}` : maskedAddress(address);
}
