/**
 * Sends events to other systems by HTTP POST, signed as Standard Webhooks 1.0 says: `webhook-id` is the message's id in all
 * retries, `webhook-timestamp` the time of this attempt. There is one signature for each secret in the file, so a secret is rotated by
 * writing the new one above the old one.
 *
 * Against SSRF, every address of the host name must be public, which is checked before each attempt. fetch looks the name up again, and a
 * hostile name server could then give another answer. So https is required outside private networks: no internal service has a
 * certificate for that host name, so the request is never sent to it.
 */

import { isIP } from 'node:net';
import { rangeOf } from './address-range.js';
import {
  assertSendable,
  type Channel,
  type Delivered,
  type DeliveryEffects,
  permanent,
  TIMEOUT_MS,
  temporary,
} from './channel.js';
import { Interrupted, withinDeadline } from './deadline.js';
import { eventOf } from './event.js';
import { httpPost } from './http-post.js';
import { readWhole, SecretUnreadable } from './secret-file.js';
import type { Section } from './section.js';

export interface WebhookConfig {
  readonly channel: 'http';
  readonly url: string;
  /** One `whsec_…` per line (24 to 64 bytes), the newest first. */
  readonly secretFile: string;
  /** Also deliver to private networks and to this machine, there by plain http too. */
  readonly allowPrivate: boolean;
}

/** Reads `[webhook]`; faults go to the section's list. */
export function readWebhookConfig(section: Section): WebhookConfig {
  const allowPrivate = section.flag('allowPrivate', false);
  return {
    channel: 'http',
    url: section.webAddress('url', { plainHttp: allowPrivate ? 'anywhere' : 'never' }),
    secretFile: section.text('secretFile'),
    allowPrivate,
  };
}

/** "Payloads should be small, under 20kb" (Standard Webhooks). */
const MAX_PAYLOAD_BYTES = 20_000;

export function openWebhookChannel(config: WebhookConfig, effects: DeliveryEffects): Channel {
  const channel = { name: 'webhook', carries: ['webhook'] as const, place: config.url };
  let gone = false;
  return {
    ...channel,
    async send(message, context): Promise<Delivered> {
      assertSendable(channel, message);
      if (gone) return GONE;
      const body = eventOf(message);
      if (Buffer.byteLength(body) >= MAX_PAYLOAD_BYTES) return permanent('the event is larger than a webhook may be');
      const answer = await postSigned(config, effects, {
        id: message.id,
        body,
        now: context.now,
        signal: context.signal,
      });
      if ('why' in answer) return temporary(answer.why);
      if (answer.status >= 200 && answer.status <= 299) return { ok: true, reference: `HTTP ${answer.status}` };
      gone = answer.status === 410;
      return gone ? GONE : temporary(`the webhook's receiver answered ${answer.status}`);
    },
  };
}

export interface SignedPost {
  /** The same in all retries. */
  readonly id: string;
  readonly body: string;
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/** One signed POST to the configured address. Returns the status of the answer, or why there was no answer. */
export async function postSigned(
  config: Pick<WebhookConfig, 'url' | 'secretFile' | 'allowPrivate'>,
  effects: DeliveryEffects,
  post: SignedPost,
): Promise<{ readonly status: number } | { readonly why: string }> {
  const timeoutMs = effects.timeoutMs ?? TIMEOUT_MS;
  const { body, signal } = post;
  try {
    const refusal = await withinDeadline(timeoutMs, signal, () => refusedTarget('webhook', config, effects));
    if (refusal !== null) return { why: refusal };
    const signed = await signedHeaders(post, await readWhole(effects, config.secretFile, 'webhook secret'));
    const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'countersign' };
    const answer = await httpPost(effects.fetch, { url: config.url, headers, body, timeoutMs, signal });
    return answer.answered ? { status: answer.status } : { why: `webhook: ${answer.why}` };
  } catch (error) {
    if (error instanceof SecretUnreadable) return { why: error.message };
    if (error instanceof Interrupted) return { why: `webhook: ${error.sentence}` };
    throw error;
  }
}

const GONE: Delivered = {
  ...permanent("the webhook's receiver answered 410: it wants no more events"),
  disable: true,
};

/** Why the target must not be called, or null. Temporary, because a fault in the settings or in DNS can be fixed. */
export async function refusedTarget(
  what: string,
  config: Pick<WebhookConfig, 'url' | 'allowPrivate'>,
  effects: DeliveryEffects,
): Promise<string | null> {
  const url = new URL(config.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await effects.resolveHost(host).catch(() => []) : [host];
  if (addresses.length === 0) return `the ${what}'s host was not found`;
  const ranges = addresses.map(rangeOf);
  if (ranges.includes('never')) return `the ${what}'s host has an address that countersign never calls`;
  if (!config.allowPrivate && ranges.includes('private')) {
    return `the ${what}'s host is in a private network, and allowPrivate is off`;
  }
  // Personal data must not leave a private network unencrypted.
  if (url.protocol !== 'https:' && ranges.includes('public')) return `the ${what}'s host is public, so it needs https`;
  return null;
}

async function signedHeaders({ id, body, now }: SignedPost, secrets: string): Promise<Record<string, string>> {
  // A CommonJS package: in the bundle its only export is `default`.
  const { Webhook } = (await import('standardwebhooks')).default;
  const lines = secrets.split(/\s+/).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every(isUsableSecret)) {
    throw new SecretUnreadable('the webhook secret file has no usable secret (whsec_ and 24 to 64 bytes in base64)');
  }
  const signatures = lines.map((secret) => new Webhook(secret).sign(id, new Date(now), body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}

function isUsableSecret(secret: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const size = Buffer.from(encoded, 'base64').length;
  return size >= 24 && size <= 64;
}
