/**
 * The JSON document of a webhook, in the shape Standard Webhooks recommends: `type`, `timestamp`, `data`.
 * Built only from the message, so that every retry has the same bytes.
 */

import type { Message } from './channel.js';

/**
 * The document as text. Throws if `body` is not a JSON object, which is a bug of the code that queued it.
 */
export function eventOf(message: Message): string {
  const data: unknown = JSON.parse(message.body);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new TypeError('the body of a webhook message must be a JSON object');
  }
  return JSON.stringify({ type: message.subject, timestamp: new Date(message.createdAt).toISOString(), data });
}
