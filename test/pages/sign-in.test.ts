/** Signing in to the pages, against a server that really runs: each way of it, and what a browser keeps (B31–B43, B57, B91). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDeskCode } from '../../src/procedures/codes/desk-code.js';
import { objectToReset } from '../../src/procedures/resets/object-to-reset.js';
import { resetInPortal } from '../../src/procedures/resets/reset-in-portal.js';
import { days } from '../../src/rules/duration.js';
import { fromBase32 } from '../factors/reference.js';
import { PASSWORD } from '../procedures/portal/portal-place.js';
import { engines } from '../support/test-desk.js';
import { type PagesPlace, pagesPlace, type Visitor } from './visitor.js';

const secretIn = (text: string): string => (/class="secret">([A-Z2-7 ]+)</.exec(text)?.[1] ?? '').replaceAll(' ', '');

describe.each(engines)('signing in to the pages on %s (B91)', (engine) => {
  let place: PagesPlace;
  let browser: Visitor;
  beforeEach(async () => {
    place = await pagesPlace(engine);
    browser = place.visitor();
  });
  afterEach(() => place.close());

  it('without MFA the password is enough; the profile says who it is; after the sign-out nothing opens', async () => {
    expect((await browser.signIn('xena')).at).toBe('/profile');
    expect(browser.last().text).toContain('xena@mail.example');
    const before = new Map(browser.cookies);
    expect((await browser.send('sign-out')).at).toBe('/sign-in?said=signed-out');
    for (const [name, value] of before) browser.cookies.set(name, value);
    expect((await browser.get('/profile')).at).toBe('/sign-in?next=%2Fprofile');
  });

  it('a wrong password, an unknown login and an unknown company get the same words (B73)', async () => {
    const said = [];
    for (const who of [{ password: 'x' }, { account: '1' }]) said.push((await browser.signIn('xena', who)).text);
    said.push((await browser.signIn('nobody')).text);
    const words = said.map((text) => /role="alert">(.*?)<\/div>/s.exec(text)?.[1]);
    expect(new Set(words).size).toBe(1);
    expect(words[0]).toContain('The company, the login or the password is wrong.');
    expect(words[0]).not.toMatch(/countersign|--/);
  });

  it('B33 B34 with MFA on, the first sign-in sets an app up and goes on to the page that was asked for; B38 nothing is remembered there', async () => {
    await place.requireMfa();
    await browser.get('/methods');
    expect((await browser.signIn('xavi')).at).toBe('/set-up?next=%2Fmethods');
    expect((await browser.get('/profile')).at).toBe('/set-up');
    await browser.get('/set-up?next=%2Fmethods');
    const begun = await browser.send('begin totp');
    expect(begun.text).toContain('<svg class="qr"');
    expect(begun.text).not.toContain('remember');
    const app = { id: '', seed: fromBase32(secretIn(begun.text)) };
    const wrong = await browser.send('confirm', { code: '000000' });
    expect([wrong.status, secretIn(wrong.text)]).toEqual([422, '']);
    const done = await browser.send('confirm', { kind: 'totp', code: place.code(app), next: '/methods' });
    expect(done.at).toBe('/methods?said=method-set-up');
    expect(done.text).toContain('Authenticator app');
  });

  it('B38 B39 a device is not asked for 90 days; cleared cookies and another browser are; the period does not slide', async () => {
    const app = await place.giveApp('xavi');
    await place.requireMfa();
    const enter = async (who: Visitor, remember: boolean) => {
      expect((await who.signIn('xavi')).at).toMatch(/^\/sign-in\/code/);
      place.nextStep();
      return who.send('answer', { code: place.code(app), ...(remember ? { remember: 'yes' } : {}) });
    };
    expect((await enter(browser, true)).at).toBe('/profile');
    const again = async (who: Visitor): Promise<string> => {
      await who.get('/profile');
      if (who.last().at === '/profile') await who.send('sign-out');
      return (await who.signIn('xavi')).at;
    };
    place.clock.advance(days(90) - 60_000);
    expect(await again(browser)).toBe('/profile');
    expect((await enter(place.visitor(), false)).at).toBe('/profile');
    place.clock.advance(60_001);
    expect(await again(browser)).toMatch(/^\/sign-in\/code/);
    const cleared = place.visitor();
    expect(await again(cleared)).toMatch(/^\/sign-in\/code/);
  });

  it('B31 B43 codes by e-mail and SMS are sent when asked for, and again; a wrong one is refused and the page stays', async () => {
    await place.giveSent('xavi', 'email');
    await place.giveSent('xavi', 'sms');
    await place.requireMfa();
    const first = await browser.signIn('xavi');
    expect(first.text).toContain('choose email');
    expect(first.text).not.toContain('name="code"');
    const asked = await browser.send('choose email');
    expect(asked.text).toContain('A code was sent to');
    expect(asked.text).toContain('Send the code again');
    expect((await browser.send('answer', { code: '111111' })).status).toBe(422);
    expect(browser.last().text).toContain('name="by" value="email"');
    expect((await browser.send('answer', { by: 'email', code: await place.mailed('xavi') })).at).toBe('/profile');
    expect(browser.last().text).toContain('You have no backup codes');
  });

  it('B41 B42 backup codes: shown once, one-time, in place of any method; after the last one a method must be set up before anything else', async () => {
    await browser.signIn('xavi');
    await browser.get('/methods');
    const made = await browser.send('backup');
    const codes = [...made.text.matchAll(/<li>([^<]+)<\/li>/g)]
      .map(([, code]) => code ?? '')
      .filter((code) => /^\d|[A-Z\d]+-/.test(code));
    expect(codes.length).toBeGreaterThanOrEqual(10);
    const kept = await browser.send('keep');
    expect(kept.text.trim().split('\n')).toEqual(codes);
    expect([kept.at, kept.headers.get('content-type'), kept.headers.get('cache-control')]).toEqual([
      ...['/methods', 'text/plain; charset=UTF-8', 'no-store'],
    ]);
    expect(kept.headers.get('content-disposition')).toBe('attachment; filename="backup-codes.txt"');
    expect(kept.headers.get('content-security-policy')).toContain("default-src 'none'");
    await browser.get('/methods');
    expect(browser.last().text).not.toContain(codes[0]);
    expect((await browser.send('keep', { codes: '<script>1</script>' })).text).toBe('script1script');
    await place.requireMfa();
    await browser.send('sign-out', {}, { to: '/profile' });
    for (const code of codes.slice(0, 9)) {
      const one = place.visitor();
      await one.signIn('xavi');
      expect((await one.send('answer', { by: 'backup', code })).at).toBe('/profile');
    }
    const used = place.visitor();
    await used.signIn('xavi');
    expect((await used.send('answer', { by: 'backup', code: codes[0] ?? '' })).status).toBe(422);
    expect((await used.send('answer', { by: 'backup', code: codes[9] ?? '' })).at).toBe('/set-up');
    expect((await used.get('/profile')).at).toBe('/set-up');
  });

  it('B57 after a reset the password alone sets nothing up: the mailed code comes first', async () => {
    await place.giveApp('xavi');
    await place.requireMfa();
    expect((await place.visitor().signIn('xavi')).text).toContain('If you no longer have any of these, ask an admin');
    const admin = await place.login('xena', { method: 'password+totp' });
    await resetInPortal(place.desk, admin, { references: ['xavi'], reason: 'phone lost', confirmed: 1 });
    expect((await browser.signIn('xavi', { password: PASSWORD })).at).toBe('/set-up/code');
    expect((await browser.send('begin totp', {}, { to: '/set-up' })).at).toBe('/set-up/code');
    expect((await browser.send('code', { code: 'AAAAA-AAAAA' })).status).toBe(422);
    const mailed = await place.mailed('xavi');
    expect((await browser.send('code', { code: mailed })).at).toBe('/set-up');
    const begun = await browser.send('begin totp');
    const app = { id: '', seed: fromBase32(secretIn(begun.text)) };
    expect((await browser.send('confirm', { code: place.code(app) })).at).toBe('/profile?said=method-set-up');
  });

  it('B62 B88 where an objection keeps the code back, nobody is told to wait for it', async () => {
    await place.giveApp('xavi');
    await place.requireMfa();
    const admin = await place.login('xena', { method: 'password+totp' });
    await resetInPortal(place.desk, admin, { references: ['xavi'], reason: 'phone lost', confirmed: 1 });
    const reset = await place.desk.store.read.resets.openOfUser('usr_acc_200500_xavi');
    await objectToReset(place.desk, admin, reset?.id ?? '');
    const { at, text } = await browser.signIn('xavi');
    expect(at).toBe('/set-up/code?undone=ask-desk');
    expect(text).toContain('Only your support desk can send a code now.');
    expect(text).not.toContain('is in the mail');
  });

  it('B36 people with single sign-on get a sentence, and no session', async () => {
    const by = { kind: 'system', id: 't', name: 't' } as const;
    const entry = { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by } as const;
    await place.desk.store.record(entry, (write) => write.users.update('usr_acc_200500_xavi', { sign_in: 'sso' }));
    const refused = await browser.signIn('xavi');
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('own sign-in page. If')]);
    // With the address that the company names; nobody learns it without the password.
    const at = 'https://login.contoso.example';
    await place.desk.store.record(entry, (write) => write.accounts.update('acc_200500', { sso: 'X', sso_issuer: at }));
    expect((await browser.signIn('xavi')).text).toContain(`own sign-in page: ${at}.`);
    expect((await browser.signIn('xavi', { password: 'wrong one' })).text).not.toContain(at);
    expect((await browser.get('/profile')).at).toMatch(/^\/sign-in/);
  });

  it('speaks German to a browser that asks for it', async () => {
    const german = await browser.get('/sign-in', { 'accept-language': 'fr;q=0.9, de-AT;q=0.8, en;q=0.1' });
    expect(german.text).toContain('<html lang="de">');
    expect(german.text).toContain('Anmelden');
  });

  it.each([
    ['en', 'It repeats the same few letters or the same word.', 'nobody knows it: ', 'Choose one of: account-info'],
    [
      'de',
      'Sie wiederholt dieselben wenigen Buchstaben',
      'niemand kennt sie: ',
      'Wählen Sie eines davon: account-info',
    ],
  ])(
    'B98 each reason of a refusal is in the language of the page, and each hint is whole (%s)',
    async (language, why, drawn, choose) => {
      const asking = { 'accept-language': language };
      await place.givePassword('ana', PASSWORD);
      await browser.get('/sign-in');
      await browser.signIn('ana', { account: '100234' });
      await browser.get('/passphrase', asking);
      const { text } = await browser.send('save', { phrase: 'aaaa' }, { headers: asking });
      expect(text).toContain(why);
      expect(text).toMatch(new RegExp(`<p>[^<]*${drawn}[a-z]+ [a-z ]+\\.</p>`));
      await browser.get('/security', asking);
      const scopes = await browser.send('give', { user: 'usr_acc_100234_uma', scope: 'nothing' }, { headers: asking });
      expect(scopes.text).toContain(choose);
      await browser.get('/password', asking);
      const more = { password: PASSWORD, 'next-password': 'password12345678', repeated: 'password12345678' };
      const weak = /class="no".*?<\/div>/s.exec((await browser.send('change', more, { headers: asking })).text)?.[0];
      expect(/ (is|are|it|too) /.test(weak ?? '')).toBe(language === 'en');
    },
  );

  it('B91 an invitation sets the password on its page; a wrong code and an unknown login get the same words, and two passwords must agree', async () => {
    const lead = await place.signIn('xena');
    expect(lead.session.state).toBe('done');
    const { code, row } = newDeskCode(place.desk, lead.user, 'activate', place.desk.now() + days(1));
    const by = { kind: 'system', id: 't', name: 't' } as const;
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, ({ factors }) =>
      factors.insertCode(row),
    );
    const fresh = 'copper meadow 4471 lantern';
    const typed = { account: '200500', login: 'xena', code, 'next-password': fresh, repeated: fresh };
    const alert = (text: string) => /role="alert">(.*?)<\/div>/s.exec(text)?.[1];
    await browser.get('/activate');
    const wrong = await browser.send('activate', { ...typed, code: 'AAAAA-AAAAA' });
    expect([wrong.status, alert(wrong.text)]).toEqual([
      422,
      alert((await browser.send('activate', { ...typed, login: 'nobody' })).text),
    ]);
    expect(wrong.text).not.toContain(fresh);
    const differ = await browser.send('activate', { ...typed, repeated: 'another' });
    expect([differ.status, alert(differ.text)]).toEqual([422, expect.stringContaining('passwords are not the same')]);
    // What was right need not be typed again.
    for (const kept of ['200500', 'xena', code]) expect(differ.text).toContain(`value="${kept}"`);
    // A browser where somebody else is signed in still shows what the mail leads to.
    const other = place.visitor();
    await other.signIn('xavi');
    expect((await other.get('/activate')).at).toBe('/activate');
    expect((await other.send('activate', typed)).at).toBe('/sign-in?again=1&said=password-set');
    expect(other.last().text).toContain('Your password is set');
    expect((await browser.signIn('xena', { password: fresh })).at).toBe('/profile');
  });

  it('B72 B73 the lock-out of a login that does not exist is that of one that does, however company and login are spelled; old ones are forgotten', async () => {
    const spelled = (login: string) =>
      [
        { account: '200500', login },
        { account: 'acc_200500', login: ` ${login.toUpperCase()} ` },
        { account: ' 200500 ', login: `200500/${login}` },
      ] as const;
    const answers = async (login: string) => {
      const seen: string[] = [];
      for (let at = 0; at < 8; at += 1) {
        const { account, login: as } = spelled(login)[at % 3] ?? { account: '', login: '' };
        const { status, text } = await browser.signIn(as, { account, password: 'wrong' });
        seen.push(`${status} ${/role="alert">(.*?)<\/div>/s.exec(text)?.[1]}`);
      }
      return seen;
    };
    const [known, unknown] = [await answers('xavi'), await answers('nobody')];
    expect(unknown).toEqual(known);
    // In no zone of this machine's: the tables beside it say UTC too, and the reader may be anywhere.
    expect(known.at(-1)).toMatch(/^429 .*locked out.*\(\d\d:\d\d UTC\)/s);
    const rows = () => place.desk.store.read.throttles.standing('', 10);
    expect(await rows()).toHaveLength(2);
    const by = { kind: 'system', id: 't', name: 't' } as const;
    const entry = { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by } as const;
    const forget = (before: number) =>
      place.desk.store.record(entry, ({ throttles }) => throttles.deleteStrangers(before));
    expect(await forget(place.desk.now())).toBe(0);
    expect(await forget(place.desk.now() + 1)).toBe(0);
    expect(await forget(place.desk.now() + 86_400_000)).toBe(1);
    expect((await rows()).map(({ subject }) => subject)).toEqual(['portal:usr_acc_200500_xavi']);
    expect((await browser.signIn('xavi')).status).toBe(429);
  });
});
