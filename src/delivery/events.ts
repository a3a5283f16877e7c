/**
 * Sends security events to one receiver: each is a signed token (RFC 8417) with one event of OpenID CAEP 1.0, pushed as RFC 8935 says.
 * `jti` is the message's id in all retries, so that a receiver can drop the second copy. The receiver gets the desk's key from `key jwks`.
 */
import type { SecurityEvent } from '../rules/security-events.js';
import { type Channel, type DeliveryEffects, type Message, makeChannel, permanent, temporary } from './channel.js';
import { memberOf } from './http-post.js';
import { readSecret } from './secret-file.js';
import type { Section } from './section.js';
import { postTo, readTarget } from './webhook.js';

const EVENT_TYPES = 'https://schemas.openid.net/secevent/caep/event-type/';

/** Faults in the settings of either side, which can be fixed there (RFC 8935, section 2.4). */
const MENDABLE = ['invalid_key', 'invalid_issuer', 'invalid_audience', 'authentication_failed', 'access_denied'];

export type EventsConfig = ReturnType<typeof readEventsConfig>;

/**
 * Reads `[events]`; faults go to the section's list. Sender (`iss`) and receiver (`aud`) are as agreed with the receiver; the file has a bearer
 * token from it (RFC 6750).
 */
export function readEventsConfig(section: Section) {
  return {
    ...readTarget(section),
    issuer: section.text('issuer'),
    audience: section.text('audience'),
    tokenFile: section.optionalText('tokenFile'),
  };
}

export function openEventsChannel(config: EventsConfig, effects: DeliveryEffects): Channel {
  return makeChannel({ name: 'events', carries: ['event'], place: config.url }, async (message, { signal }) => {
    const names = ['receiver of events', 'the receiver of events'] as const;
    const answer = await postTo(config, effects, names, signal, async () => ({
      headers: {
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        ...(await credentials(config, effects)),
      },
      body: effects.signToken(claimsOf(message, config)),
    }));
    if ('why' in answer) return temporary(answer.why);
    return answer.status === 202 ? { ok: true, reference: 'HTTP 202' } : refused(answer.status, answer.text);
  });
}

async function credentials({ tokenFile }: EventsConfig, effects: DeliveryEffects) {
  if (tokenFile === null) return {};
  return { authorization: `Bearer ${await readSecret(effects, tokenFile, 'token of the events')}` };
}

/** Only 202 means accepted (RFC 8935, section 2.2). The receiver's error code is quoted only if it is a registered one. */
function refused(status: number, text: string) {
  if (status !== 400) return temporary(`the receiver of events answered ${status}`);
  const said = memberOf(text, 'err');
  const code = typeof said === 'string' ? said : '';
  if (code === 'invalid_request') return permanent('the receiver of events cannot read this one (invalid_request)');
  return temporary(`the receiver of events refused it${MENDABLE.includes(code) ? ` (${code})` : ''}`);
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
    events: { [`${EVENT_TYPES}${type}`]: { ...claims, event_timestamp: Math.floor(at / 1000), seq } },
  };
}

/** RFC 9493. A user without a session means all sessions of that user; an account means those of all its users. */
function subjectOf({ account, user, session }: SecurityEvent['about'], issuer: string, external: string | null) {
  if (user === null) return { format: 'complex', tenant: { format: 'opaque', id: account ?? '' } };
  const own = { format: 'iss_sub', iss: issuer, sub: user };
  const other = { format: 'opaque', id: external };
  const person = external === null ? own : { format: 'aliases', identifiers: [own, other] };
  return session === null ? person : { format: 'complex', user: person, session: { format: 'opaque', id: session } };
}
