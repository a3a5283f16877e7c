/** Security events as their receiver sees them: a token jose accepts, pushed and answered as RFC 8935 says. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { newMasterKey, openKeyring } from '../../src/crypto/keyring.js';
import { openTokenSigner } from '../../src/crypto/signer.js';
import { type EventsConfig, openEventsChannel } from '../../src/delivery/events.js';
import type { SecurityEvent } from '../../src/rules/security-events.js';
import { attempt, effects, files, message, NOW, startHttp } from './servers.js';

const signer = openTokenSigner(openKeyring(newMasterKey()));
const CONFIG = { channel: 'http', issuer: 'https://desk.example', audience: 'siem', tokenFile: null } as const;
const channelAt = (url: string, more: Partial<EventsConfig> = {}) =>
  openEventsChannel(
    { ...CONFIG, url, allowPrivate: true, ...more },
    effects({ signToken: signer.sign, readFile: files({ token: 't0ken\n' }) }),
  );

const event = (about: SecurityEvent['about']) =>
  message('event', {
    body: JSON.stringify({
      type: 'session-revoked',
      about,
      at: NOW - 1_500,
      transaction: 'rst_1',
      claims: { initiating_entity: 'admin' },
    } satisfies SecurityEvent),
  });
const ANA = { account: 'acc_1', user: 'usr_1', session: null };

async function pushed(about: SecurityEvent['about']) {
  const { url, posts } = await startHttp((response) => response.writeHead(202).end());
  expect(await channelAt(url).send(event(about), attempt())).toEqual({ ok: true, reference: 'HTTP 202' });
  const keys = createLocalJWKSet({ keys: [signer.jwk()] } as unknown as JSONWebKeySet);
  const { issuer, audience } = CONFIG;
  return jwtVerify(posts[0]?.body ?? '', keys, { issuer, audience, typ: 'secevent+jwt', currentDate: new Date(NOW) });
}

describe('a security event', () => {
  it('is a signed token of RFC 8417 with one event of CAEP and its subject at the top', async () => {
    const { payload } = await pushed(ANA);
    expect(payload).toEqual({
      iss: 'https://desk.example',
      aud: 'siem',
      iat: NOW / 1000,
      jti: 'msg_0190',
      txn: 'rst_1',
      sub_id: { format: 'iss_sub', iss: 'https://desk.example', sub: 'usr_1' },
      events: {
        'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {
          initiating_entity: 'admin',
          event_timestamp: NOW / 1000 - 2,
        },
      },
    });
  });

  it('can be about one session, or everybody of an account (RFC 9493)', async () => {
    const user = { format: 'iss_sub', iss: 'https://desk.example', sub: 'usr_1' };
    expect((await pushed({ ...ANA, session: 'ses_1' })).payload['sub_id']).toEqual({
      format: 'complex',
      user,
      session: { format: 'opaque', id: 'ses_1' },
    });
    expect((await pushed({ ...ANA, user: null })).payload['sub_id']).toEqual({
      format: 'complex',
      tenant: { format: 'opaque', id: 'acc_1' },
    });
  });

  it('is the same text at every retry, with the receiver’s token where there is one', async () => {
    const { url, posts } = await startHttp((response) => response.writeHead(503).end());
    const channel = channelAt(url, { tokenFile: 'token' });
    await channel.send(event(ANA), attempt());
    await channel.send(event(ANA), attempt({ attempt: 2, now: NOW + 5_000 }));
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(posts.map(({ headers }) => headers['authorization'])).toEqual(['Bearer t0ken', 'Bearer t0ken']);
    const unreadable = await channelAt(url, { tokenFile: 'gone' }).send(event(ANA), attempt());
    expect(unreadable).toMatchObject({ ok: false, permanent: false });
  });

  it.each([
    [200, '', { permanent: false, why: 'the receiver of events answered 200' }],
    [
      400,
      '{"err":"invalid_key","description":"hunter2"}',
      { permanent: false, why: expect.stringContaining('(invalid_key)') },
    ],
    [400, '{"err":"invalid_request"}', { permanent: true }],
    [400, '{"err":"<b>hunter2"}', { permanent: false, why: 'the receiver of events refused it' }],
    [400, '{"err":{"toString":null}}', { permanent: false, why: 'the receiver of events refused it' }],
    [400, 'hunter2', { permanent: false, why: 'the receiver of events refused it' }],
    [400, 'null', { permanent: false }],
  ])('is not taken when the receiver answers %i %s', async (status, body, expected) => {
    const { url } = await startHttp((response) => response.writeHead(status).end(body));
    const sent = await channelAt(url).send(event(ANA), attempt());
    expect(sent).toMatchObject({ ok: false, ...expected });
    expect(JSON.stringify(sent)).not.toContain('hunter2');
  });

  it('never goes to a private address unless that is allowed', async () => {
    const { url, posts } = await startHttp();
    const sent = await channelAt(url, { allowPrivate: false }).send(event(ANA), attempt());
    expect(sent).toMatchObject({ ok: false, why: expect.stringContaining('private network') });
    expect(posts).toEqual([]);
  });
});
