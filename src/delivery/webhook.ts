/**
 * Sends events to other systems by HTTP POST, signed as Standard Webhooks 1.0 says: `webhook-id` is the message's id in all
 * retries, `webhook-timestamp` the time of this attempt. There is one signature for each secret in the file, so a secret is rotated by
 * writing the new one above the old one.
 *
 * Against SSRF, every address of the host name must be public, which is checked before each attempt. fetch looks the name up again, and a
 * hostile name server could then give another answer. So https is required outside private networks: no internal service has a
 * certificate for that host name, so the request is never sent to it.
 */

import { rangesOf } from './address-range.js';
import {
  type Attempt,
  type Channel,
  type DeliveryEffects,
  type Message,
  makeChannel,
  permanent,
  TIMEOUT_MS,
  temporary,
} from './channel.js';
import { Interrupted, withinDeadline } from './deadline.js';
import { httpPost } from './http-post.js';
import { readWhole, SecretUnreadable } from './secret-file.js';
import type { Section } from './section.js';

type Target = Omit<ReturnType<typeof readTarget>, 'channel'>;
export type WebhookConfig = ReturnType<typeof readWebhookConfig>;

/** Reads `[webhook]`; faults go to the section's list. The secret file has one `whsec_…` per line (24 to 64 bytes), the newest first. */
export function readWebhookConfig(section: Section) {
  return { ...readTarget(section), secretFile: section.text('secretFile') };
}

/** `allowPrivate`: also deliver to private networks and to this machine, there by plain http too. */
export function readTarget(section: Section) {
  const allowPrivate = section.flag('allowPrivate', false);
  const url = section.webAddress('url', { plainHttp: allowPrivate ? 'anywhere' : 'never' });
  return { channel: 'http' as const, url, allowPrivate };
}

/** "Payloads should be small, under 20kb" (Standard Webhooks). */
const MAX_PAYLOAD_BYTES = 20_000;

export function openWebhookChannel(config: WebhookConfig, effects: DeliveryEffects): Channel {
  let gone = false;
  return makeChannel({ name: 'webhook', carries: ['webhook'], place: config.url }, async (message, context) => {
    if (gone) return GONE;
    const body = eventOf(message);
    if (Buffer.byteLength(body) >= MAX_PAYLOAD_BYTES) return permanent('the event is larger than a webhook may be');
    const answer = await postSigned(config, effects, { ...context, id: message.id, body });
    if ('why' in answer) return temporary(answer.why);
    if (answer.status >= 200 && answer.status <= 299) return { ok: true, reference: `HTTP ${answer.status}` };
    gone = answer.status === 410;
    return gone ? GONE : temporary(`the webhook's receiver answered ${answer.status}`);
  });
}

/** `id`: the same in all retries. */
type SignedPost = Pick<Message, 'id' | 'body'> & Pick<Attempt, 'now' | 'signal'>;

/** One signed POST to the configured address. Returns the answer, or why there was none. */
export const postSigned = (config: Omit<WebhookConfig, 'channel'>, effects: DeliveryEffects, post: SignedPost) =>
  postTo(config, effects, ['webhook', 'webhook'], post.signal, async () => {
    const signed = await signedHeaders(post, await readWhole(effects, config.secretFile, 'webhook secret'));
    return { body: post.body, headers: { ...signed, 'content-type': 'application/json' } };
  });

/**
 * One POST to an address of the settings, once it may be called. `names`: what the host belongs to, and who gives no answer. `made`: reads
 * what is secret.
 */
export async function postTo(
  config: Target,
  effects: DeliveryEffects,
  [owner, other]: readonly [owner: string, other: string],
  signal: AbortSignal | undefined,
  made: () => Promise<{ readonly body: string; readonly headers: Readonly<Record<string, string>> }>,
): Promise<{ readonly status: number; readonly text: string } | { readonly why: string }> {
  const timeoutMs = effects.timeoutMs ?? TIMEOUT_MS;
  try {
    const refusal = await withinDeadline(timeoutMs, signal, () => refusedTarget(owner, config, effects));
    if (refusal !== null) return { why: refusal };
    const { body, headers } = await made();
    const post = { url: config.url, headers: { ...headers, 'user-agent': 'countersign' }, body, timeoutMs, signal };
    const answer = await httpPost(effects.fetch, post);
    return 'why' in answer ? { why: `${other}: ${answer.why}` } : answer;
  } catch (error) {
    if (error instanceof SecretUnreadable) return { why: error.message };
    if (error instanceof Interrupted) return { why: `${other}: ${error.sentence}` };
    throw error;
  }
}

const GONE = { ...permanent("the webhook's receiver answered 410: it wants no more events"), disable: true } as const;

/**
 * The JSON document in the shape that Standard Webhooks recommends, made of the message alone, so that every retry has the same bytes. Throws
 * if `body` is not a JSON object, which is a bug of the code that queued it.
 */
export function eventOf(message: Message): string {
  const data: unknown = JSON.parse(message.body);
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new TypeError('the body of a webhook message must be a JSON object');
  return JSON.stringify({ type: message.subject, timestamp: new Date(message.createdAt).toISOString(), data });
}

/** Why the target must not be called, or null. Temporary, because a fault in the settings or in DNS can be fixed. */
async function refusedTarget(what: string, config: Target, effects: DeliveryEffects): Promise<string | null> {
  const url = new URL(config.url);
  const ranges = await rangesOf(url, effects.resolveHost);
  if (ranges.length === 0) return `the ${what}'s host was not found`;
  if (ranges.includes('never')) return `the ${what}'s host has an address that countersign never calls`;
  if (!config.allowPrivate && ranges.includes('private'))
    return `the ${what}'s host is in a private network, and allowPrivate is off`;
  // Personal data must not leave a private network unencrypted.
  if (url.protocol !== 'https:' && ranges.includes('public')) return `the ${what}'s host is public, so it needs https`;
  return null;
}

async function signedHeaders({ id, body, now }: SignedPost, secrets: string): Promise<Record<string, string>> {
  // A CommonJS package: in the bundle its only export is `default`.
  const { Webhook } = (await import('standardwebhooks')).default;
  const lines = secrets.split(/\s+/).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every(isUsableSecret))
    throw new SecretUnreadable('the webhook secret file has no usable secret (whsec_ and 24 to 64 bytes in base64)');
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
