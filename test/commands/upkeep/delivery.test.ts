/**
 * Delivery end to end by the built command: mails to a real SMTP server, texts to an HTTP gateway, events to a webhook, all on loopback;
 * then the same with servers that fail (issue 4, B31, B58, B62, B63, B77).
 */
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openCustody } from '../../../src/opening/open-custody.js';
import { openDesk } from '../../../src/opening/open-desk.js';
import { deliverDue } from '../../../src/procedures/messages/deliver-outbox.js';
import { minutes } from '../../../src/rules/duration.js';
import { requireBuilt } from '../../support/built-desk.js';
import { dataFolder, engines, testSettings } from '../../support/test-desk.js';
import { activate, addPeople, asUser, type Founded, foundedDesk, type Outside, outside, PASSWORD } from './outside.js';

/** As a receiver would: with jose, under the key that `key jwks` gave, and nothing but the tokens (RFC 8417, OpenID CAEP 1.0). */
async function securityEventsVerified(out: Outside): Promise<void> {
  const keys = createLocalJWKSet((await out.look(['key', 'jwks', '--json'])) as unknown as JSONWebKeySet);
  const demand = { issuer: 'https://desk.example', audience: 'https://siem.example', typ: 'secevent+jwt' };
  const users = (await out.look(['user', 'list', '--account', '200500', '--json']))['users'];
  const { id: bob } = (users as { id: string; login: string }[]).find(({ login }) => login === 'bob') ?? { id: '' };
  const read: { jti: string; txn: unknown; subject: unknown; type: string; claims: Record<string, unknown> }[] = [];
  for (const { body, headers } of out.sets()) {
    expect(headers).toMatchObject({
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      authorization: 'Bearer events-token',
    });
    const { payload, protectedHeader } = await jwtVerify(body, keys, demand);
    expect(protectedHeader.alg).toBe('EdDSA');
    expect(Object.keys(payload)).not.toEqual(expect.arrayContaining(['sub']));
    expect(payload.exp).toBeUndefined();
    const [[type, claims] = ['', {}], ...more] = Object.entries(payload['events'] as Record<string, object>);
    expect(more).toEqual([]);
    const { jti = '', txn, sub_id: subject } = payload;
    read.push({ jti, txn, subject, type: type.split('/').at(-1) ?? '', claims: { ...claims } });
    expect(type).toMatch(/^https:\/\/schemas\.openid\.net\/secevent\/caep\/event-type\//);
    await expect(jwtVerify(`${body.slice(0, -4)}AAAA`, keys, demand)).rejects.toThrow(/signature/);
  }
  const ofBob = { format: 'iss_sub', iss: 'https://desk.example', sub: bob };
  const about = read.filter(({ subject }) => JSON.stringify(subject) === JSON.stringify(ofBob));
  const told = about.map(({ type, claims }) =>
    [type, claims['credential_type'], claims['change_type']].join(' ').trim(),
  );
  expect(told).toEqual([
    'credential-change password create',
    'credential-change phone-sms create',
    'credential-change mfa revoke',
    'session-revoked',
    'session-revoked',
  ]);
  expect(about[2]?.claims).toMatchObject({
    initiating_entity: 'admin',
    event_timestamp: expect.closeTo(Date.now() / 1000, -3),
  });
  expect(about[2]?.txn, 'both events of one reset').toBe(about[3]?.txn);
  expect(read.at(-1)).toMatchObject({ type: 'session-revoked', subject: { format: 'complex', user: {}, session: {} } });
  expect(new Set(read.map(({ jti }) => jti)).size).toBe(read.length);
}

describe.each(engines)('delivery by the built command on %s', (engine) => {
  let founded: Founded;
  beforeAll(async () => {
    requireBuilt();
    founded = await foundedDesk(engine);
  }, 300_000);
  afterAll(() => founded.place.close());

  it('B31 B58 B62 B63 invitation, codes and notices arrive; the desk’s events are told, signed', {
    timeout: 180_000,
  }, async () => {
    const out = await outside(engine);
    await addPeople(out);
    for (const login of ['ana', 'bob']) await activate(out, login);
    expect(await out.mailTo('ana@contoso.example')).toMatchObject({ text: expect.stringContaining('Example Support') });

    await out.must(['portal', 'login', ...asUser('bob'), '--password-stdin'], PASSWORD);
    expect((await out.run(['portal', 'mfa', 'add', 'sms', ...asUser('bob')])).code).toBe(5);
    await out.must(['portal', 'mfa', 'add', 'sms', ...asUser('bob'), '--code', out.texted()]);
    await out.must(['portal', 'login', ...asUser('ana'), '--password-stdin'], PASSWORD);
    await out.must(['portal', 'mfa', 'require', 'on', ...asUser('ana')]);
    const login = await out.run(['portal', 'login', ...asUser('bob'), '--factor', 'sms', '--password-stdin'], PASSWORD);
    expect(login.code, login.stderr).toBe(5);
    await out.must(['portal', 'login', ...asUser('bob'), '--code', out.texted()]);

    await out.must(['mfa', 'freeze', '--reason', 'a drill']);
    await out.must(['mfa', 'thaw']);
    const reset = [
      'mfa',
      'reset',
      'bob',
      '--account',
      '200500',
      '--reason',
      'phone lost',
      '--ticket',
      'T-7',
      '--confirm',
      '1',
    ];
    await out.must(reset);
    expect((await out.mailTo('bob@contoso.example')).subject).toMatch(/sign-in/i);
    const { text } = await out.mailTo('ana@contoso.example');
    const reference = /\b(rst|job)_\w+/.exec(text)?.[0] ?? '';
    await out.must(['portal', 'reset', 'object', reference, ...asUser('ana')]);
    const events = out.events();
    const types = events.map(({ type }) => type);
    const ofPhones = events.filter(({ type }) => /^mfa\.(frozen|thawed|reset)$/.test(type));
    expect(ofPhones.slice(0, 3).map(({ type }) => type)).toEqual(['mfa.frozen', 'mfa.thawed', 'mfa.reset']);
    expect(types, 'who gained power is told too (B84)').toContain('user.added');
    expect(ofPhones[2]?.data.items[0]).toMatchObject({ ticket: 'T-7', byKind: 'token' });
    expect(JSON.stringify(events)).not.toMatch(/phone lost|contoso|a drill/);
    expect(types).toContain('mfa.objected');
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    await out.must(['portal', 'logout', ...asUser('ana')]);
    await securityEventsVerified(out);
  });

  it('a gateway that fails and a mail server that drops or refuses: said, kept, sent once they are back', {
    timeout: 180_000,
  }, async () => {
    const out = await outside(engine, founded);
    await activate(out, 'bob');
    await out.must(['portal', 'login', ...asUser('bob'), '--password-stdin'], PASSWORD);

    out.mood.sms = 500;
    const failed = await out.run(['portal', 'mfa', 'add', 'sms', ...asUser('bob'), '--json']);
    expect(failed.code).toBe(7);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'delivery-failed' } });
    const waiting = (await out.look(['outbox', 'list', '--state', 'queued', '--json']))['messages'];
    expect(waiting).toMatchObject([{ channel: 'sms', attempts: 1, lastError: 'the SMS gateway answered 500' }]);

    out.mood.smtp = 'drops';
    const dropped = await out.run(['user', 'invite', 'ana', '--account', '200500']);
    expect(dropped.code, dropped.stderr).toBe(0);
    expect(`${dropped.stdout}${dropped.stderr}`).toMatch(/queued for/);
    const added = await out.must([
      'operator',
      'add',
      'mira',
      '--role',
      'agent',
      '--email',
      'mira@desk.example',
      '--json',
    ]);
    expect(added, 'sent means that the server took it').toMatchObject({ mail: { state: 'queued' } });
    expect(added).not.toHaveProperty('mailedTo');
    out.mood.smtp = 'refuses';
    expect((await out.run(['user', 'invite', 'bob', '--account', '200500'])).code).toBe(7);

    Object.assign(out.mood, { smtp: 'takes', sms: 201 });
    // The first pause of the schedule is five seconds. Two processes for each look would cost more than all the rest.
    const queued = (await out.look(['outbox', 'list', '--state', 'queued', '--json']))['messages'];
    const due = (queued as { nextAttemptAt: string }[]).map(({ nextAttemptAt }) => Date.parse(nextAttemptAt));
    await new Promise((resolve) => setTimeout(resolve, Math.max(...due) + 50 - Date.now()));
    await vi.waitFor(
      async () => {
        const flushed = await out.run(['outbox', 'flush', '--json']);
        expect(flushed.code, flushed.stdout).toBe(0);
        expect((await out.look(['outbox', 'list', '--state', 'queued', '--json']))['messages']).toEqual([]);
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(out.texted()).toMatch(/^\d{6}$/);
    const copies = await Promise.all(out.mails.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId));
    const toAna = (await out.mailTo('ana@contoso.example')).id;
    expect(
      copies.filter((id) => id === toAna),
      'the copy that was dropped and the one that was taken',
    ).toHaveLength(2);
  });

  it('a sender killed between claim and outcome: the message goes again, under the same id', {
    timeout: 120_000,
  }, async () => {
    const out = await outside(engine, founded);
    out.mood.smtp = 'hangs';
    const sender = out.place.start(['user', 'invite', 'ana', '--account', '200500'], out.env);
    sender.say('');
    await vi.waitFor(() => expect(out.mails).toHaveLength(1), { timeout: 30_000, interval: 20 });
    sender.child.kill('SIGKILL');
    await sender.ended;
    out.mood.smtp = 'takes';
    await out.must(['outbox', 'flush']);
    expect(out.mails, 'the dead sender’s claim still holds').toHaveLength(1);
    // Two minutes on, by the Desk's clock.
    const settings = {
      ...(await testSettings('sqlite', out.place.folders.data)),
      store: out.place.store,
      policyFolder: inject('floorPolicy'),
      engine,
      key: { file: join(out.place.folders.config, 'master.key') },
      file: { mail: out.config.mail },
    };
    const desk = await openDesk(
      openCustody({ settings, dataFolder, now: () => Date.now() + minutes(2) + 1_000, clockAsGiven: true }),
    );
    try {
      expect(await deliverDue(desk)).toMatchObject({ delivered: 1, waiting: 0, givenUp: 0 });
    } finally {
      await desk.store.close();
    }
    const ids = await Promise.all(out.mails.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId));
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });
});
