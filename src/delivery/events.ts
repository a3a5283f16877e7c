/**
 * Sends security events to one receiver: each is a signed token (RFC 8417) with one event of OpenID CAEP 1.0, pushed as RFC 8935 says.
 * `jti` is the message's id in all retries, so that a receiver can drop the second copy. The receiver gets the desk's key from `key jwks`.
 */
import type { SecurityEvent } from '../rules/security-events.js';
import {
  assertSendable,
  type Channel,
  type DeliveryEffects,
  type Message,
  permanent,
  TIMEOUT_MS,
  temporary,
} from './channel.js';
import { Interrupted, withinDeadline } from './deadline.js';
import { httpPost } from './http-post.js';
import { readSecret, SecretUnreadable } from './secret-file.js';
import type { Section } from './section.js';
import { refusedTarget } from './webhook.js';

export interface EventsConfig {
  readonly channel: 'http';
  readonly url: string;
  /** Sender (`iss`) and receiver (`aud`), as agreed with the receiver. */
  readonly issuer: string;
  readonly audience: string;
  /** File with a bearer token from the receiver (RFC 6750), or null. */
  readonly tokenFile: string | null;
  /** Also deliver to private networks and to this machine, there by plain http too. */
  readonly allowPrivate: boolean;
}

const EVENT_TYPES = 'https://schemas.openid.net/secevent/caep/event-type/';

/** Faults in the settings of either side, which can be fixed there (RFC 8935, section 2.4). */
const MENDABLE = ['invalid_key', 'invalid_issuer', 'invalid_audience', 'authentication_failed', 'access_denied'];

/** Reads `[events]`; faults go to the section's list. */
export function readEventsConfig(section: Section): EventsConfig {
  const allowPrivate = section.flag('allowPrivate', false);
  return {
    channel: 'http',
    url: section.webAddress('url', { plainHttp: allowPrivate ? 'anywhere' : 'never' }),
    issuer: section.text('issuer'),
    audience: section.text('audience'),
    tokenFile: section.optionalText('tokenFile'),
    allowPrivate,
  };
}

export function openEventsChannel(config: EventsConfig, effects: DeliveryEffects): Channel {
  const channel = { name: 'events', carries: ['event'] as const, place: config.url };
  return {
    ...channel,
    async send(message, { signal }) {
      assertSendable(channel, message);
      const timeoutMs = effects.timeoutMs ?? TIMEOUT_MS;
      try {
        const target = () => refusedTarget('receiver of events', config, effects);
        const refusal = await withinDeadline(timeoutMs, signal, target);
        if (refusal !== null) return temporary(refusal);
        const headers = {
          'content-type': 'application/secevent+jwt',
          accept: 'application/json',
          'user-agent': 'countersign',
        };
        const post = {
          url: config.url,
          headers: { ...headers, ...(await credentials(config, effects)) },
          body: effects.signToken(claimsOf(message, config)),
        };
        const answer = await httpPost(effects.fetch, { ...post, timeoutMs, signal });
        if (!answer.answered) return temporary(`the receiver of events: ${answer.why}`);
        return answer.status === 202 ? { ok: true, reference: 'HTTP 202' } : refused(answer.status, answer.text);
      } catch (error) {
        if (error instanceof SecretUnreadable) return temporary(error.message);
        if (error instanceof Interrupted) return temporary(`the receiver of events: ${error.sentence}`);
        throw error;
      }
    },
  };
}

async function credentials({ tokenFile }: EventsConfig, effects: DeliveryEffects): Promise<Record<string, string>> {
  if (tokenFile === null) return {};
  return { authorization: `Bearer ${await readSecret(effects, tokenFile, 'token of the events')}` };
}

/** Only 202 means accepted (RFC 8935, section 2.2). The receiver's error code is quoted only if it is a registered one. */
function refused(status: number, text: string) {
  if (status !== 400) return temporary(`the receiver of events answered ${status}`);
  const code = errorCode(text);
  if (code === 'invalid_request') return permanent('the receiver of events cannot read this one (invalid_request)');
  return temporary(`the receiver of events refused it${MENDABLE.includes(code) ? ` (${code})` : ''}`);
}

function errorCode(text: string): string {
  try {
    return String((JSON.parse(text) as { err?: unknown } | null)?.err);
  } catch {
    return '';
  }
}

/** One event, the subject at the top level, no `sub` and no `exp` (RFC 8417; Shared Signals Framework 1.0). */
function claimsOf({ id, body, createdAt }: Message, { issuer, audience }: EventsConfig): object {
  const { type, about, at, transaction, claims, seq, external } = JSON.parse(body) as SecurityEvent;
  return {
    iss: issuer,
    aud: audience,
    iat: Math.floor(createdAt / 1000),
    jti: id,
    ...(transaction === null ? {} : { txn: transaction }),
    sub_id: subjectOf(about, issuer, external ?? null),
    events: {
      [`${EVENT_TYPES}${type}`]: {
        ...claims,
        event_timestamp: Math.floor(at / 1000),
        ...(seq === undefined ? {} : { seq }),
      },
    },
  };
}

/** RFC 9493. A user without a session means all sessions of that user; an account means those of all its users. */
function subjectOf(
  { account, user, session }: SecurityEvent['about'],
  issuer: string,
  external: string | null,
): object {
  if (user === null) return { format: 'complex', tenant: { format: 'opaque', id: account ?? '' } };
  const own = { format: 'iss_sub', iss: issuer, sub: user };
  const other = { format: 'opaque', id: external };
  const person = external === null ? own : { format: 'aliases', identifiers: [own, other] };
  return session === null ? person : { format: 'complex', user: person, session: { format: 'opaque', id: session } };
}
