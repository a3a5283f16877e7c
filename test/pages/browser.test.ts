/** The pages in a real browser, by clicks and keys, with what each did read from the store (B91). Skipped where there is no Chromium. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase32 } from '../factors/reference.js';
import { OTHER_PHRASE } from '../procedures/northwind.js';
import { PASSWORD } from '../procedures/portal/portal-place.js';
import { faultsOf, hasChromium, startChromium } from './chromium.js';
import { type PagesPlace, pagesPlace } from './visitor.js';

describe.skipIf(!hasChromium)('the pages in Chromium (B91)', () => {
  let place: PagesPlace;
  let chromium: Browser;
  beforeAll(async () => {
    place = await pagesPlace('sqlite');
    chromium = await startChromium();
  }, 60_000);
  afterAll(async () => {
    await chromium.close();
    await place.close();
  });

  /** Pictures for a person to look at, if a folder is named. */
  const picture = async (page: Page, name: string) => {
    const folder = process.env['COUNTERSIGN_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  };

  it('B33 B34 B14 B17 sign in, set an app up from its QR code’s secret, set a passphrase, see it again; axe finds nothing, light and dark, at 320 px', async () => {
    await place.requireMfa();
    const page = await (await chromium.newContext({ locale: 'en-GB', bypassCSP: true })).newPage();
    const faults: string[] = [];
    const look = async (name: string) => {
      faults.push(...(await faultsOf(page)));
      await picture(page, name);
    };
    await page.goto(`${place.address}/passphrase`);
    await look('sign-in');
    await page.getByLabel('Company').fill('200500');
    await page.getByLabel('Login').fill('xena');
    await page.getByLabel('Application password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await look('sign-in-refused');
    await page.getByLabel('Application password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/set-up**');
    await look('set-up');
    await page.getByRole('button', { name: 'Authenticator app' }).click();
    await look('set-up-app');
    const secret = ((await page.locator('.secret').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('First code').fill(place.code({ id: '', seed: fromBase32(secret) }));
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.waitForURL('**/passphrase**');
    await look('passphrase');
    await page.getByLabel('New passphrase').fill(OTHER_PHRASE);
    await page.getByRole('button', { name: 'Continue' }).click();
    await look('passphrase-heard');
    expect(await place.desk.store.read.secrets.passphrase('usr_acc_200500_xena')).toBeUndefined();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Your passphrase is set').waitFor();
    expect((await place.verify('xena', OTHER_PHRASE)).outcome).toBe('verified');
    await page.getByLabel('Your application password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Show passphrase' }).click();
    expect(await page.locator('.secret').textContent()).toBe(OTHER_PHRASE);
    for (const name of await page.locator('nav a').allInnerTexts()) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
      await look(name.replaceAll(' ', '-'));
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in**');
    await page.goBack();
    await page.reload();
    expect(page.url()).toContain('/sign-in');
    expect(faults).toEqual([]);
  }, 120_000);

  it('B92 a passkey is made at the first sign-in and answers the next; without finger or PIN, or without scripts, nobody gets in', async () => {
    await place.requireMfa();
    const context = await chromium.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    const refused: string[] = [];
    page.on('console', (said) => refused.push(said.text()));
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    const signIn = async (on: Page) => {
      await on.goto(`${place.address.replace('127.0.0.1', 'localhost')}/methods`);
      await on.getByLabel('Company').fill('200500');
      await on.getByLabel('Login').fill('xavi');
      await on.getByLabel('Application password').fill(PASSWORD);
      await on.keyboard.press('Enter');
    };
    await signIn(page);
    await page.getByRole('button', { name: 'Passkey' }).click();
    await page.getByLabel('Name of the passkey').fill('my laptop');
    await page.getByRole('button', { name: 'Make the passkey' }).click();
    await page.getByText('The method is set up').waitFor();
    await page.getByRole('cell', { name: 'my laptop', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page);
    await page.getByRole('button', { name: 'Passkey' }).click();
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.getByRole('button', { name: 'Use the passkey' }).click();
    await page.getByText('The browser gave no passkey').waitFor();
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await page.getByRole('button', { name: 'Use the passkey' }).click();
    await page.waitForURL('**/methods');
    expect(refused.filter((text) => /Content Security Policy/i.test(text))).toEqual([]);
    const plain = await (await chromium.newContext({ locale: 'en-GB', javaScriptEnabled: false })).newPage();
    await signIn(plain);
    await plain.getByRole('button', { name: 'Passkey' }).click();
    await plain.getByText('needs a browser with passkeys and scripts').waitFor();
    await plain.getByRole('button', { name: 'Use the passkey' }).click();
    await plain.getByRole('alert').waitFor();
    expect(plain.url()).toContain('/sign-in/code');
  }, 60_000);

  it('B41 backup codes are kept as a text file, by a form and with no address that names them; the print has the codes alone', async () => {
    await place.givePassword('ben', PASSWORD);
    const page = await (await chromium.newContext({ locale: 'en-GB', javaScriptEnabled: false })).newPage();
    const addresses: string[] = [];
    page.on('request', (one) => addresses.push(one.url()));
    await page.goto(`${place.address}/methods`);
    await page.getByLabel('Company').fill('100234');
    await page.getByLabel('Login').fill('ben');
    await page.getByLabel('Application password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Make backup codes' }).click();
    const codes = await page.locator('ol.secret li').allInnerTexts();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as a text file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('backup-codes.txt');
    expect(
      readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\n'),
    ).toEqual(codes);
    expect(addresses.filter((one) => codes.some((code) => decodeURIComponent(one).includes(code)))).toEqual([]);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('ol.secret').isVisible()).toBe(true);
    expect(await page.getByRole('link', { name: 'I have kept them' }).isVisible()).toBe(false);
    expect(await page.locator('nav').isVisible()).toBe(false);
  }, 60_000);

  it.each([
    ['en-GB', 'Application password', 'E-mail and phone', 'New e-mail address', 'Code from the old contact', 'Save'],
    ['de-DE', 'Anwendungspasswort', 'E-Mail und Telefon', 'Neue E-Mail-Adresse', 'Code vom alten Kontakt', 'Speichern'],
  ])(
    'B57 an e-mail address is changed with two codes (%s); axe finds nothing',
    async (locale, password, title, next, old, save) => {
      const [login, to] = ['sue', `sue.${locale}@new.example`] as const;
      await place.givePassword(login, PASSWORD);
      place.clock.advance(1000);
      const page = await (await chromium.newContext({ locale, bypassCSP: true })).newPage();
      const faults: string[] = [];
      const look = async (name: string) => {
        faults.push(...(await faultsOf(page)));
        await picture(page, `contact-${name}-${locale}`);
      };
      await page.goto(`${place.address}/profile`);
      await page.locator('#account').fill('100234');
      await page.locator('#login').fill(login);
      await page.getByLabel(password).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: title }).click();
      await look('form');
      await page.getByLabel(next).fill(to);
      await page.keyboard.press('Enter');
      await page.getByLabel(old).waitFor();
      await look('codes');
      await page.getByLabel(old).fill(await place.mailed('To: sue@mail.example'));
      await page.locator('#new-code').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      await look('refused');
      await page.getByLabel(old).fill(await place.mailed('To: sue@mail.example'));
      await page.locator('#new-code').fill(await place.mailed(`To: ${to}`));
      await page.getByRole('button', { name: save, exact: true }).click();
      await page.getByRole('status').waitFor();
      await look('done');
      expect((await place.user(login)).email).toBe(to);
      expect(faults).toEqual([]);
    },
    60_000,
  );

  it('by the keyboard alone: sign in, reach a page past the menu, and leave; the place of the focus is always seen', async () => {
    await place.givePassword('ana', PASSWORD);
    const page = await (await chromium.newContext({ locale: 'en-GB' })).newPage();
    const keys = page.keyboard;
    const focused = () =>
      page.evaluate(
        'document.activeElement === document.body ? "" : document.activeElement.textContent.trim() || document.activeElement.name',
      );
    const tabTo = async (wanted: string) => {
      for (let presses = 0; presses < 40; presses += 1) {
        await keys.press('Tab');
        const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        if ((await focused()) !== '') expect(outline, String(await focused())).not.toBe('none');
        if ((await focused()) === wanted) return;
      }
      throw new Error(`no way by Tab to ${wanted}`);
    };
    await page.goto(`${place.address}/devices`);
    await keys.press('Tab');
    expect(await focused()).toBe('Skip to content');
    for (const [name, typed] of [
      ['account', '100234'],
      ['login', 'ana'],
      ['password', PASSWORD],
    ] as const) {
      await tabTo(name);
      await keys.type(typed);
    }
    await keys.press('Enter');
    await page.waitForURL('**/devices');
    await tabTo('Sign out');
    await keys.press('Enter');
    await page.waitForURL('**/sign-in**');
  }, 60_000);
});
