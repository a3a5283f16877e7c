/** Passkeys, the server's half, with an authenticator that can do what no browser would (B92). Each refusal has its teeth at the end. */
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { passkey } from '../../src/factors/passkey.js';
import { answerFactor } from '../../src/procedures/factors/answer-factor.js';
import { beginEnrolment } from '../../src/procedures/factors/enrol-factor.js';
import { factorChoices, sendLoginCode } from '../../src/procedures/factors/factor-choices.js';
import { resetInPortal } from '../../src/procedures/resets/reset-in-portal.js';
import { minutes } from '../../src/rules/duration.js';
import { entriesOf } from '../support/directory-desk.js';
import { type Said, softPasskey } from '../support/soft-passkey.js';
import { engines } from '../support/test-desk.js';
import { type PagesPlace, pagesPlace, type Visitor } from './visitor.js';

/** What the page hands to its script. */
const askedIn = (text: string): string =>
  (/data-asked="([^"]*)"/.exec(text)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

type Key = ReturnType<typeof softPasskey>;

describe.each(engines)('passkeys on %s (B92)', (engine) => {
  let place: PagesPlace;
  let browser: Visitor;
  let home: { readonly origin: string; readonly rpId: string };
  beforeEach(async () => {
    place = await pagesPlace(engine);
    browser = place.visitor('localhost');
    home = { origin: place.address.replace('127.0.0.1', 'localhost'), rpId: 'localhost' };
  });
  afterEach(() => place.close());

  const factors = (login: string) => place.desk.store.read.factors.ofUser(`usr_acc_200500_${login}`);
  const log = (kind: string) => entriesOf(place, kind);

  /** Sets one up on the page where the browser is. */
  const add = async (who: Visitor, name: string, key = softPasskey(home)): Promise<Key> => {
    const asked = await who.send('begin passkey');
    const done = await who.send('confirm', { code: key.make(askedIn(asked.text)), name });
    expect(done.at).toContain('said=method-set-up');
    return key;
  };
  /** As far as the second factor, and what the browser is asked there. */
  const asked = async (who: Visitor, login = 'xena'): Promise<string> => {
    expect((await who.signIn(login)).at).toBe('/sign-in/code');
    return askedIn((await who.send('choose passkey')).text);
  };
  /** Somebody with MFA on and one passkey, signed out. */
  const enrolled = async (login = 'xena', made = softPasskey(home)): Promise<Key> => {
    await place.requireMfa();
    await browser.signIn(login);
    const key = await add(browser, 'my phone', made);
    await browser.send('sign-out');
    return key;
  };

  it('is set up at the first sign-in, named, and answers the next one; a second is added, and only the last cannot go', async () => {
    const key = await enrolled();
    const [row] = await factors('xena');
    expect([row?.kind, row?.label, row?.state]).toEqual(['passkey', 'my phone', 'active']);
    expect(row?.secret).not.toContain('publicKey');
    const options = JSON.parse(await asked(browser));
    expect([options.rpId, options.userVerification, options.allowCredentials.length]).toEqual([
      'localhost',
      'required',
      1,
    ]);
    const inside = await browser.send('answer', { code: key.sign(JSON.stringify(options)) });
    expect([inside.at, inside.status]).toEqual(['/profile', 200]);
    await browser.get('/methods');
    await add(browser, '  the \u202ekey ');
    expect((await browser.get('/methods')).text).toContain('the key');
    expect((await factors('xena')).map(({ label }) => label)).toEqual(['my phone', 'the key']);
    await add(browser, `${'a'.repeat(39)}\u{1f600}`);
    expect((await browser.get('/methods')).text).toContain(`${'a'.repeat(39)}\u{1f600}`);
    // Two of a kind are told apart, also where one of them is chosen.
    for (const name of ['my phone', 'the key']) {
      expect(browser.last().text).toContain(`>Passkey (${name})</option>`);
      expect(browser.last().text).toContain(`>Remove: Passkey (${name})</button>`);
    }
    await browser.send(`remove ${(await factors('xena')).at(-1)?.id}`);
    await browser.get('/methods');
    await browser.send(`remove ${row?.id}`);
    const [last] = await factors('xena');
    expect((await browser.send(`remove ${last?.id}`)).status).toBe(422);
    expect(await factors('xena')).toHaveLength(1);
  });

  it('the script runs only on the page that asks, under its nonce', async () => {
    await enrolled();
    await asked(browser);
    const page = browser.last();
    const policy = page.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).toMatch(/^default-src 'none'; /);
    expect([...page.text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual([`<script nonce="${nonce}">`]);
    for (const path of ['/sign-in/code', '/sign-in?again=1']) {
      const { headers, text } = await browser.get(path);
      expect(headers.get('content-security-policy')).not.toContain('script-src');
      expect(text).not.toContain('<script');
    }
  });

  it('a reset removes it (B52); after the mailed code it may be the method that is set up (B57)', async () => {
    const key = await enrolled('xavi');
    const admin = await place.login('xena', { method: 'password+totp' });
    await resetInPortal(place.desk, admin, { references: ['xavi'], reason: 'phone lost', confirmed: 1 });
    expect((await factors('xavi')).map(({ state }) => state)).not.toContain('active');
    expect((await browser.signIn('xavi')).at).toBe('/set-up/code');
    const code = await place.mailed('xavi');
    expect((await browser.send('code', { code })).at).toBe('/set-up');
    const fresh = await add(browser, 'new phone');
    await browser.send('sign-out');
    const again = await asked(browser, 'xavi');
    expect((await browser.send('answer', { code: key.sign(again) })).status).toBe(422);
    const next = askedIn((await browser.send('choose passkey')).text);
    expect((await browser.send('answer', { code: fresh.sign(next) })).at).toBe('/profile');
  });

  const WRONG: readonly (readonly [string, Partial<Said>, string])[] = [
    ['another site', { origin: 'https://countersign.example' }, 'origin'],
    ['the same host, another port', { origin: 'http://localhost:1' }, 'origin'],
    ['another relying party', { rpId: 'countersign.example' }, 'RP ID'],
    ['a challenge of its own', { challenge: Buffer.alloc(32, 7).toString('base64url') }, 'challenge'],
    ['nobody who was asked for finger or PIN', { verified: false }, 'verif'],
    ['a key that is not theirs', { id: Buffer.alloc(16, 7).toString('base64url') }, 'other key'],
    ['a counter that went back', { counter: 1 }, 'counter went back'],
  ];

  it.each(WRONG)('an answer of %s is refused, and the log has why; the right one is taken', async (_, over, why) => {
    const key = await enrolled();
    const first = await asked(browser);
    expect((await browser.send('answer', { code: key.sign(first) })).at).toBe('/profile');
    await browser.send('sign-out');
    const refused = await browser.send('answer', { code: key.sign(await asked(browser), over) });
    expect([refused.status, refused.text.includes(home.origin)]).toEqual([422, false]);
    expect((await log('portal.code-refused'))[0]).toMatchObject({ detail: { why: expect.stringContaining(why) } });
    const next = askedIn((await browser.send('choose passkey')).text);
    expect((await browser.send('answer', { code: key.sign(next) })).at).toBe('/profile');
  });

  it.each(WRONG.slice(0, 5))('a new passkey of %s is not set up', async (_, over) => {
    await place.requireMfa();
    await browser.signIn('xena');
    const page = askedIn((await browser.send('begin passkey')).text);
    expect((await browser.send('confirm', { code: softPasskey(home).make(page, over) })).status).toBe(422);
    expect((await factors('xena')).map(({ state, secret }) => [state, secret])).toEqual([['pending', null]]);
  });

  it('an answer counts once, for the newest challenge, in the session that was asked, for ten minutes', async () => {
    const key = await enrolled();
    const old = await asked(browser);
    const newer = askedIn((await browser.send('choose passkey')).text);
    expect((await browser.send('answer', { code: key.sign(old), by: 'passkey' })).status).toBe(422);
    // That wrong answer took the newer challenge out, too.
    expect((await browser.send('answer', { code: key.sign(newer), by: 'passkey' })).status).toBe(422);
    const other = place.visitor('localhost');
    const theirs = await asked(other);
    const mine = askedIn((await browser.send('choose passkey')).text);
    expect((await browser.send('answer', { code: key.sign(theirs), by: 'passkey' })).status).toBe(422);
    expect(mine).not.toBe(theirs);
    const late = askedIn((await browser.send('choose passkey')).text);
    place.clock.advance(minutes(place.desk.policy.limits.code.minutes));
    expect((await browser.send('answer', { code: key.sign(late), by: 'passkey' })).status).toBe(422);
  });

  it('a used answer sent once more signs nobody in, also of an authenticator that does not count', async () => {
    const key = await enrolled('xena', softPasskey({ ...home, counter: 0 }));
    const code = key.sign(await asked(browser));
    expect((await browser.send('answer', { code })).at).toBe('/profile');
    await browser.send('sign-out');
    await asked(browser);
    expect((await browser.send('answer', { code })).status).toBe(422);
  });

  it('another person’s passkey opens nothing, even with its own id', async () => {
    const xenas = await enrolled();
    const other = place.visitor('localhost');
    await other.signIn('xavi');
    const xavis = await add(other, 'xavi');
    await other.send('sign-out');
    expect((await browser.send('answer', { code: xavis.sign(await asked(browser)) })).status).toBe(422);
    const next = askedIn((await browser.send('choose passkey')).text);
    const { id } = JSON.parse(xenas.sign(next));
    expect((await browser.send('answer', { code: xavis.sign(next, { id }) })).status).toBe(422);
  });

  it('is offered only where the browser came by the name that it is bound to', async () => {
    await place.requireMfa();
    const elsewhere = place.visitor();
    expect((await elsewhere.signIn('xavi')).text).not.toContain('begin passkey');
    expect((await elsewhere.send('begin passkey')).status).toBe(422);
    expect(await factors('xavi')).toEqual([]);
    // Another page of this machine that hands everything on names itself as the host; what it had signed is for its own origin.
    const { status, text } = await browser.get('/sign-in', { host: 'localhost:1' });
    expect([status, text.includes('data-asked')]).toEqual([200, false]);
  });

  it('the command line sets none up and answers with none: it says where the pages are', async () => {
    await enrolled();
    const desk = { ...place.desk, pagesUrl: 'https://desk.example' };
    const xavi = await place.login('xavi');
    const begun = beginEnrolment(desk, xavi, { kind: 'passkey', enrolmentCode: undefined });
    const there = { because: { reason: 'passkey-in-browser', facts: { address: 'https://desk.example' } } };
    await expect(begun).rejects.toMatchObject({ code: 'invalid-input', ...there });
    const xena = await place.signIn('xena');
    for (const asked of [
      () => factorChoices(desk, xena),
      () => sendLoginCode(desk, xena, 'passkey'),
      () => answerFactor(desk, xena, { kind: 'passkey', code: '123456' }),
    ])
      await expect(asked()).rejects.toMatchObject({ code: 'factor-needed', ...there });
  });

  it('teeth: each of these answers is right but for the one thing', async () => {
    const key = softPasskey(home);
    const challenge = Buffer.alloc(32, 1);
    const owner = { issuer: 'Desk', login: 'ana', handle: Buffer.alloc(32, 2) };
    const site = { origin: home.origin, host: home.rpId };
    const isChallenge = () => true;
    const ask = (known: readonly string[], who: typeof owner | null) =>
      passkey.ask({ site, challenge, minutes: 10, known, owner: who });
    const made = await passkey.register({ site, isChallenge, known: [], answer: key.make(await ask([], owner)) });
    if (!made.ok) throw new Error(made.why);
    const options = await ask([made.secret], null);
    const taken = (over: Partial<Said>, where = site) =>
      passkey.check({ site: where, isChallenge, secret: made.secret, answer: key.sign(options, over) });
    const evil = 'https://countersign.example';
    expect((await taken({ origin: evil }, { ...site, origin: evil })).ok).toBe(true);
    expect((await taken({ rpId: 'countersign.example' }, { ...site, host: 'countersign.example' })).ok).toBe(true);
    expect((await taken({ challenge: 'AAAA' })).ok).toBe(true);
    expect(await taken({ counter: 1 })).toEqual({ ok: true, counter: 1 });
    const { id, publicKey } = JSON.parse(made.secret);
    const loose = await verifyAuthenticationResponse({
      response: JSON.parse(key.sign(options, { verified: false })),
      credential: { id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
      ...{ expectedChallenge: isChallenge, expectedOrigin: site.origin, expectedRPID: site.host },
      requireUserVerification: false,
    });
    expect(loose.verified).toBe(true);
  });
});
