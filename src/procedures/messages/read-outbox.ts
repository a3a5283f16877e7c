/** What the desk sees of queued messages: never content or codes, and only enough of an address to recognise it. */
import type { Desk, OutboxRow } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { maskedContact } from '../../rules/directory-fields.js';
import { connectorOf, remoteOf } from '../../rules/remote-reset.js';

export type WaitingMessage = ReturnType<typeof shown>;

/** Newest first. */
export async function listOutbox(desk: Desk, state: string | undefined, limit: number) {
  const rows = await desk.store.read.outbox.list(limit, state);
  return rows.map((row) => shown(desk, row));
}

export async function findMessage(desk: Desk, id: string): Promise<WaitingMessage> {
  const row = await desk.store.read.outbox.byId(id);
  if (row !== undefined) return shown(desk, row);
  throw refusal('not-found', 'message-unknown', { id }, 'list-messages');
}

export type SentState = 'delivered' | 'queued' | 'given-up';

/**
 * What became of a message that an act has queued. The act is committed, so a store that cannot be read now must not make it look failed:
 * then nothing is claimed, and the message counts as queued.
 */
export async function sentState(desk: Desk, id: string) {
  try {
    const row = await desk.store.read.outbox.byId(id);
    const state: SentState = row?.state === 'delivered' || row?.state === 'given-up' ? row.state : 'queued';
    return { state, why: row?.last_error ?? null };
  } catch (error) {
    if (isRefusal(error)) return { state: 'queued' as const, why: null };
    throw error;
  }
}

/** `template`: its name; `to`: masked. */
function shown(desk: Desk, row: OutboxRow) {
  const address = desk.vault.openText('seal/contact', { table: 'outbox', column: 'address', id: row.id }, row.address);
  return {
    id: row.id,
    channel: row.channel,
    template: row.kind,
    to: connectorOf(row.channel) ?? maskedTo(row.channel, address),
    account: row.account_id,
    user: row.user_id,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.state === 'queued' ? row.next_attempt_at : null,
    deliveredAt: row.delivered_at,
    lastError: row.last_error,
    reference:
      row.state !== 'delivered' ? null : connectorOf(row.channel) === null ? row.reference : remoteOf(row).state,
  };
}

/** Shows the last two digits of a phone number, as `…34`; webhooks and events have one receiver each, in the settings. */
function maskedTo(channel: string, address: string): string {
  if (channel === 'webhook') return 'the webhook';
  if (channel === 'event') return 'the receiver of events';
  return maskedContact(channel === 'sms' ? 'phone' : 'email', address);
}
