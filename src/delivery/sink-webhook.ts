/**
 * Entries by signed HTTP POST (Standard Webhooks), many at once: `{"type":"audit.entries","timestamp":…,"data":{"entries":[…]}}`, each
 * entry as the object that was hashed. The id names the range, so that a receiver can drop entries that it already has.
 */
import type { DeliveryEffects } from './channel.js';
import type { Section } from './section.js';
import type { Sink, SinkEntry } from './sink.js';
import { postSigned, readWebhookConfig, type WebhookConfig } from './webhook.js';

export function readWebhookSink(section: Section): WebhookConfig {
  return readWebhookConfig(section);
}

export function openWebhookSink(config: WebhookConfig, effects: DeliveryEffects): Sink {
  return {
    place: `webhook ${config.url}`,
    async send(entries, now) {
      const answer = await postSigned(config, effects, { id: idOf(entries), body: bodyOf(entries, now), now });
      if ('why' in answer) return { ok: false, why: answer.why };
      if (answer.status >= 200 && answer.status <= 299) return { ok: true };
      return { ok: false, why: `the receiver of the log answered ${answer.status}` };
    },
  };
}

function idOf(entries: readonly SinkEntry[]): string {
  return `aud_${entries[0]?.seq ?? 0}-${entries.at(-1)?.seq ?? 0}`;
}

/** Contains the entries byte for byte, so that a receiver can hash them again. */
function bodyOf(entries: readonly SinkEntry[], now: number): string {
  const timestamp = JSON.stringify(new Date(now).toISOString());
  return `{"type":"audit.entries","timestamp":${timestamp},"data":{"entries":[${entries.map(({ body }) => body).join(',')}]}}`;
}
