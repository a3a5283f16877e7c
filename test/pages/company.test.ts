/** The Admin Console by clicks: a reset of chosen users, the company's switch, privileges; and that others have no part in it (B91). */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minutes } from '../../src/rules/duration.js';
import { minuteOf } from '../../src/rules/moment.js';
import { PASSWORD } from '../procedures/portal/portal-place.js';
import { entriesOf } from '../support/directory-desk.js';
import { faultsOf, hasChromium, startChromium } from './chromium.js';
import { type PagesPlace, pagesPlace } from './visitor.js';

describe('the Admin Console (B91)', () => {
  let place: PagesPlace;
  let chromium: Browser | undefined;
  beforeAll(async () => {
    place = await pagesPlace('sqlite');
    if (hasChromium) chromium = await startChromium();
  }, 60_000);
  afterAll(async () => {
    await chromium?.close();
    await place.close();
  });

  it('B16 an admin of a classic company gives and takes privileges; an id of another company is not found', async () => {
    await place.givePassword('ana', PASSWORD);
    const browser = place.visitor();
    await browser.signIn('ana', { account: '100234' });
    await browser.get('/security');
    expect((await browser.send('give', { user: 'usr_acc_100234_uma', scope: 'billing:inquiry' })).at).toBe(
      '/security?said=privilege-given',
    );
    expect((await place.user('uma')).scopes).toEqual(['billing:inquiry']);
    const nothing = async (act: string, fields = {}) => {
      expect((await browser.send(act, fields)).at).toBe('/security?said=nothing-to-do');
      expect(browser.last().text).toContain('There was nothing to change.');
      expect(browser.last().text).not.toContain('have ended');
    };
    await nothing('give', { user: 'usr_acc_100234_uma', scope: 'billing:inquiry' });
    expect((await browser.send('take usr_acc_100234_uma billing:inquiry')).at).toBe('/security?said=privilege-taken');
    await nothing('take usr_acc_100234_uma billing:inquiry');
    expect((await browser.send('give', { user: 'usr_acc_200500_xavi', scope: 'billing' })).status).toBe(404);
    await browser.get('/users');
    expect(browser.last().text).not.toContain('xavi');
    expect((await browser.send('review')).text).toContain('You have chosen nobody.');
    await browser.get('/users');
    expect((await browser.send('review usr_acc_200500_xavi')).status).toBe(404);
    await browser.get('/users');
    await place.giveApp('xavi');
    expect((await browser.send('reset', { user: 'usr_acc_200500_xavi', reason: 'x', count: '1' })).status).toBe(404);
    const denied = await entriesOf(place, 'portal.denied');
    expect(denied.map(({ user, reason }) => [user, reason])).toEqual(
      Array(3).fill(['usr_acc_100234_ana', 'not-found']),
    );
    const [kept] = await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi');
    expect(kept?.state).toBe('active');
  });

  it('a browser that was left open changes neither the switch, nor privileges, nor methods: the password comes first, and what was chosen is kept', async () => {
    const browser = place.visitor();
    await browser.signIn('ana', { account: '100234' });
    await browser.get('/security');
    const fresh = minutes(place.desk.policy.limits.portalSession.freshPasswordMinutes);
    place.clock.advance(fresh);
    const give = { user: 'usr_acc_100234_uma', scope: 'billing:inquiry' };
    expect((await browser.send('give', give)).text).toContain('Give your password');
    expect((await place.user('uma')).scopes).toEqual([]);
    expect((await browser.send('give', { password: 'wrong' })).status).toBe(422);
    await browser.send('give', give);
    expect((await browser.send('give', { password: PASSWORD })).at).toBe('/security?said=privilege-given');
    expect((await place.user('uma')).scopes).toEqual(['billing:inquiry']);
    place.clock.advance(fresh);
    expect((await browser.send('take usr_acc_100234_uma billing:inquiry')).text).toContain('Give your password');
    for (const act of ['begin totp', 'backup']) {
      await browser.get('/methods');
      expect((await browser.send(act)).text).toContain('Give your password');
    }
    const boss = place.visitor();
    await boss.signIn('xena');
    await boss.get('/security');
    place.clock.advance(fresh);
    expect((await boss.send('save on')).text).toContain('Give your password');
    expect((await place.login('xena')).account.mfaRequiredAt).toBeNull();
  });

  it('B59 B88 where nobody has anything to lose, the page says so, and offers no reset', async () => {
    const browser = place.visitor();
    await browser.signIn('ana', { account: '100234' });
    await browser.get('/users');
    const { text } = await browser.send('review usr_acc_100234_uma');
    expect(text).toContain('There is nothing to reset');
    expect(text).toContain('uma (uma)');
    expect(text).not.toMatch(/lose their|gets a mail|Yes, reset/);
  });

  it('the list is searched, and filtered for people without a second factor', async () => {
    const browser = place.visitor();
    await browser.signIn('xena');
    await place.giveApp('xavi');
    const shown = async (query: string) => {
      const { text } = await browser.get(`/users${query}`);
      return ['xena', 'xavi'].filter((login) => text.includes(`(${login})</td>`));
    };
    expect(await shown('')).toEqual(['xena', 'xavi']);
    expect(await shown('?search=XAV')).toEqual(['xavi']);
    expect(await shown('?without=yes')).toEqual(['xena']);
    expect(await shown('?search=xavi&without=yes')).toEqual([]);
  });

  it('the list says when each last signed in, and Security names the admins', async () => {
    const browser = place.visitor();
    await browser.signIn('ana', { account: '100234' });
    const cells = (login: string, text: string) =>
      new RegExp(`<tr>(?:(?!</tr>).)*\\(${login}\\).*?</tr>`, 's').exec(text)?.[0] ?? '';
    const { text } = await browser.get('/users');
    expect(cells('ana', text)).toContain(minuteOf(place.desk.now()));
    expect(cells('uma', text)).toContain('never');
    const security = (await browser.get('/security')).text;
    expect(/Admins<\/h2><ul>(.*?)<\/ul>/s.exec(security)?.[1]).toBe('<li>ana (ana)</li><li>ben (ben)</li>');
  });

  it('B84 who is new as an admin sees Security, and until when nothing is changed there', async () => {
    const [at, by] = [place.desk.now(), { kind: 'system', id: 'test', name: 'test' } as const];
    const hold = (until: number | null) =>
      place.desk.store.record({ kind: 'test.held', outcome: 'done', at, by }, (write) =>
        write.users.update('usr_acc_100234_ben', { power_held_until: until }),
      );
    await place.givePassword('ben', PASSWORD);
    await hold(at + minutes(90));
    const browser = place.visitor();
    await browser.signIn('ben', { account: '100234' });
    const { status, text } = await browser.get('/security');
    expect([status, /<li>ana \(ana\)/.test(text), /This role is new in a company/.test(text)]).toEqual([
      200,
      true,
      true,
    ]);
    expect(text).not.toMatch(/value="ask o(n|ff)"/);
    await hold(null);
  });

  it('B63 an admin forbids resets by phone, after reading what it means; the page gives no way back', async () => {
    const browser = place.visitor();
    await browser.signIn('ana', { account: '100234' });
    await browser.get('/security');
    expect((await browser.send('ask phone')).text).toContain('Only your support desk can allow it again');
    expect((await browser.send('save phone')).at).toBe('/security?said=phone-forbidden');
    expect(browser.last().text).not.toContain('ask phone');
    expect(await place.desk.store.read.accounts.byId('acc_100234')).toMatchObject({ phoneResetForbidden: true });
    expect(await entriesOf(place, 'account.edited')).toMatchObject([
      { user: 'usr_acc_100234_ana', detail: { phoneResets: 'forbidden' } },
    ]);
  });

  it('B61 B91 the resets of a person are listed, and the last one is taken back with a reason; none of another company is', async () => {
    await place.givePassword('uma', PASSWORD);
    await place.giveApp('uma');
    const ana = place.visitor();
    await ana.signIn('ana', { account: '100234' });
    await ana.get('/users');
    const first = await ana.send('history usr_acc_100234_uma');
    expect(first.text).toContain('were never reset');
    await ana.get('/users');
    await ana.send('reset', { user: 'usr_acc_100234_uma', reason: `phone <lost>${'😀'.repeat(200)}`, count: '1' });
    const reset = await place.desk.store.read.resets.openOfUser('usr_acc_100234_uma');
    const waiting = (await ana.get('/users')).text;
    expect(waiting).toContain('reset; a mailed code is needed</td>');
    expect(waiting).toContain('Send uma the code again');
    const listed = await ana.send('history usr_acc_100234_uma');
    // Cut off after 200 characters, and in the middle of none.
    expect(listed.text).toContain(`phone &lt;lost&gt;${'😀'.repeat(188)}<`);
    expect(listed.text).toContain('a mailed code is needed');

    const xena = place.visitor();
    await xena.signIn('xena');
    await xena.get('/users');
    expect((await xena.send('history usr_acc_100234_uma')).status).toBe(404);
    await xena.get('/users');
    expect((await xena.send(`undo ${reset?.id}`, { reason: 'x' })).status).toBe(404);
    const xavi = place.visitor();
    await xavi.signIn('xavi');
    for (const act of ['history usr_acc_200500_xena', `undo ${reset?.id}`])
      expect((await xavi.send(act, { reason: 'x' }, { to: '/users' })).status).toBe(403);
    const state = async () => (await place.desk.store.read.resets.byId(reset?.id ?? ''))?.state;
    expect(await state()).toBe('open');

    await ana.get('/users');
    expect((await ana.send(`undo ${reset?.id}`, { reason: ' ' })).text).toContain('Say why the reset is taken back');
    place.clock.advance(minutes(place.desk.policy.limits.portalSession.freshPasswordMinutes));
    await ana.get('/users');
    expect((await ana.send(`undo ${reset?.id}`, { reason: 'phone found' })).text).toContain('Give your password');
    expect(await state()).toBe('open');
    expect((await ana.send(`undo ${reset?.id}`, { password: PASSWORD })).at).toBe('/users?said=reset-undone');
    expect(await state()).toBe('undone');
    expect((await ana.get('/users')).text).toMatch(/\(uma\)<\/td><td[^>]*>Authenticator app<\/td>/);
    const [factor] = await place.desk.store.read.factors.ofUser('usr_acc_100234_uma');
    expect(factor?.state).toBe('active');
    expect(await place.notices()).toContain('mfa-reset-undone uma');
    const [undone] = await entriesOf(place, 'mfa.reset-undone');
    expect(undone).toMatchObject({ by: { kind: 'user', name: 'ana' }, reason: 'phone found' });
    const again = await ana.send(`undo ${reset?.id}`, { reason: 'again' });
    expect([again.status, again.text.includes('it was undone before')]).toEqual([422, true]);
    expect(await entriesOf(place, 'mfa.undo-refused')).toHaveLength(3);
    expect((await ana.send('history usr_acc_100234_uma')).text).not.toContain('Take the last reset back');
  });

  it('B50 a plain user has no link to it, and is told no', async () => {
    const browser = place.visitor();
    await browser.signIn('xavi');
    expect(browser.last().text).not.toContain('href="/users"');
    for (const path of ['/users', '/security']) expect((await browser.get(path)).status).toBe(403);
    expect(place.told).toEqual([]);
  });

  describe.skipIf(!hasChromium)('in Chromium', () => {
    it('B32 B50 the number of people before Save; check boxes → More → reset, names and number before yes', async () => {
      const app = await place.giveApp('xena');
      const page = await (await (chromium as Browser).newContext({ locale: 'en-GB', bypassCSP: true })).newPage();
      const faults: string[] = [];
      const signIn = async () => {
        await page.getByLabel('Company').fill('200500');
        await page.getByLabel('Login').fill('xena');
        await page.getByLabel('Application password').fill(PASSWORD);
        await page.keyboard.press('Enter');
      };
      await page.goto(`${place.address}/security`);
      await signIn();
      await page.getByRole('button', { name: 'Turn it on' }).click();
      await page.getByText('2 people will be asked').waitFor();
      faults.push(...(await faultsOf(page)));
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('is on for your company').waitFor();
      expect((await place.login('xena')).account.mfaRequiredAt).not.toBeNull();
      await page.getByRole('link', { name: 'Users' }).click();
      await page.getByLabel('xavi', { exact: true }).check();
      await page.getByText('More', { exact: true }).first().click();
      faults.push(...(await faultsOf(page)));
      await page.getByRole('button', { name: 'Reset users' }).click();
      // This session gave no code: it began before the switch.
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await signIn();
      place.nextStep();
      await page.getByLabel('Code (Authenticator app)').fill(place.code(app));
      await page.keyboard.press('Enter');
      await page.waitForURL('**/users');
      await page.getByLabel('xavi', { exact: true }).check();
      await page.getByText('More', { exact: true }).first().click();
      await page.getByRole('button', { name: 'Reset users' }).click();
      await page.getByText('To be reset: 1').waitFor();
      faults.push(...(await faultsOf(page)));
      await page.getByLabel('Reason').fill('phone lost');
      await page.getByRole('button', { name: 'Yes, reset' }).click();
      await page.getByText('Done.').waitFor();
      await page.getByLabel('Options of xavi').click();
      faults.push(...(await faultsOf(page)));
      await page.getByRole('button', { name: 'Resets of xavi' }).click();
      await page.getByText('phone lost').waitFor();
      faults.push(...(await faultsOf(page)));
      const folder = process.env['COUNTERSIGN_PICTURES'];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/history.png`, fullPage: true });
      const [taken] = await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi');
      expect(taken?.state).toBe('suspended');
      expect(faults).toEqual([]);
    }, 120_000);
  });
});
