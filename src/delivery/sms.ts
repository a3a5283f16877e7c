/**
 * SMS through an HTTP gateway with Twilio's message API: a form POST of `To`, `From`, `Body` with basic authentication, answered
 * with 201 and a JSON with `sid`. Other gateways with the same API work too; set `url`.
 *
 * The id is sent as `Idempotency-Key`; a gateway that knows the header sends a retried message only once.
 */

import { type Channel, type DeliveryEffects, makeChannel, permanent, TIMEOUT_MS, temporary } from './channel.js';
import { httpPost, memberOf } from './http-post.js';
import { readSecret, SecretUnreadable } from './secret-file.js';
import type { Section } from './section.js';

const TWILIO = 'https://api.twilio.com/2010-04-01/Accounts/{accountSid}/Messages.json';

/**
 * Reads `[sms]` with `channel = "http"`; faults go to the section's list. In the address `{accountSid}` stands for the account; `from` is the
 * sending number, or the sender name that the gateway knows.
 */
export function readSmsConfig(section: Section) {
  return {
    channel: 'http' as const,
    url: section.webAddress('url', { default: TWILIO, plainHttp: 'loopback' }),
    accountSid: section.text('accountSid'),
    tokenFile: section.text('tokenFile'),
    from: section.text('from'),
  };
}

/** Answers about this message itself (bad number, text refused). Other faults can be fixed: login, quota, address. */
const MESSAGE_REFUSED = [400, 422];

export function openSmsChannel(config: ReturnType<typeof readSmsConfig>, effects: DeliveryEffects): Channel {
  const url = config.url.replaceAll('{accountSid}', encodeURIComponent(config.accountSid));
  return makeChannel({ name: 'sms-http', carries: ['sms'] }, async (message, { signal }) => {
    if (!DIALLED.test(message.to)) return permanent('the recipient is not a phone number with its country code');
    const token = await readSecret(effects, config.tokenFile, 'SMS token').catch(unreadable);
    if (typeof token !== 'string') return token;
    const answer = await httpPost(effects.fetch, {
      url,
      headers: {
        authorization: `Basic ${Buffer.from(`${config.accountSid}:${token}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': message.id,
        'user-agent': 'countersign',
      },
      body: new URLSearchParams({ To: message.to, From: config.from, Body: message.body }).toString(),
      timeoutMs: effects.timeoutMs ?? TIMEOUT_MS,
      signal,
    });
    if ('why' in answer) return temporary(`SMS gateway: ${answer.why}`);
    // A page of a proxy, or of an address that is not the gateway's, comes with 200 or 400 as well.
    if (/^\s*<(?!\?xml)/.test(answer.text))
      return temporary(`the SMS gateway answered ${answer.status} with a web page`);
    if (answer.status >= 200 && answer.status <= 299) {
      const sid = memberOf(answer.text, 'sid');
      const isId = typeof sid === 'string' && /^[A-Za-z0-9_-]{1,80}$/.test(sid);
      return { ok: true, reference: isId ? sid : `HTTP ${answer.status}` };
    }
    const why = `the SMS gateway answered ${answer.status}`;
    return MESSAGE_REFUSED.includes(answer.status) ? permanent(why) : temporary(why);
  });
}

function unreadable(error: unknown) {
  if (error instanceof SecretUnreadable) return temporary(error.message);
  throw error;
}

/** E.164, as the directory keeps numbers beside the text as written (B96). */
const DIALLED = /^\+[1-9]\d{6,14}$/;
