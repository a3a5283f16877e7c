/**
 * The JSON document of a webhook, in the shape Standard Webhooks recommends: `type`, `timestamp`, `data`.
 * Built from the message alone, so that every retry carries the same bytes.
 */

import type { Message } from './channel.js';

/**
 * The document as text. Throws when `body` is no JSON object: that is a bug of whoever queued it.
 */
export function eventOf(message: Message): string {
  const data: unknown = JSON.parse(message.body);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new TypeError('the body of a webhook message must be a JSON object');
  }
  return JSON.stringify({ type: message.subject, timestamp: new Date(message.createdAt).toISOString(), data });
}
