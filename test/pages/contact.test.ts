/** My Profile: the own e-mail and phone for codes are changed only with a code from the old contact and one from the new one (B57, B91). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contactsInForce } from '../../src/procedures/codes/contact-on-file.js';
import { days, minutes } from '../../src/rules/duration.js';
import { PASSWORD } from '../procedures/portal/portal-place.js';
import { entriesOf } from '../support/directory-desk.js';
import { engines } from '../support/test-desk.js';
import { type PagesPlace, pagesPlace, type Visitor } from './visitor.js';

const OLD = 'xena@mail.example';
const NEW = 'xena@new.example';

describe.each(engines)('own contacts on %s (B57, B91)', (engine) => {
  let place: PagesPlace;
  let browser: Visitor;
  beforeEach(async () => {
    place = await pagesPlace(engine);
    // A contact that is as old as its login was never changed.
    place.clock.advance(1000);
    browser = await signedIn('xena');
  });
  afterEach(() => place.close());

  const signedIn = async (login: 'xena' | 'xavi'): Promise<Visitor> => {
    const visitor = place.visitor();
    await visitor.signIn(login);
    await visitor.get('/contact');
    return visitor;
  };
  const codes = async () => ({
    'old-code': await place.mailed(`To: ${OLD}`),
    'new-code': await place.mailed(`To: ${NEW}`),
  });
  const emailNow = async () => (await place.user('xena')).email;

  it('two codes change it; the old address is told; for seven days codes still go to the old one', async () => {
    const sent = await browser.send('send email', { email: NEW });
    expect(sent.text).toContain(`One code was sent to x…@mail.example, and another one to ${NEW}.`);
    const both = await codes();
    expect(both['old-code']).not.toBe(both['new-code']);
    expect((await browser.send('save', both)).at).toBe('/contact?said=contact-changed');
    expect(await emailNow()).toBe(NEW);
    expect(await place.notices()).toEqual(expect.arrayContaining(['contact-changed xena', 'contact-changed xena']));
    const [edited] = await entriesOf(place, 'user.edited');
    expect(edited).toMatchObject({ by: { kind: 'user' }, detail: { fields: ['email'], contacts: ['e-mail'] } });
    const inForce = async () => {
      const [contacts] = await place.desk.store.read.users.contacts(['usr_acc_200500_xena']);
      return contacts && contactsInForce(place.desk, contacts).email;
    };
    place.clock.advance(days(7) - 1000);
    expect(await inForce()).toBe(OLD);
    place.clock.advance(1000);
    expect(await inForce()).toBe(NEW);
  });

  it('the contact that is on file already is no change: nothing is sent, and nothing is said to be changed', async () => {
    for (const typed of [OLD, OLD.toUpperCase()]) {
      const refused = await browser.send('send email', { email: typed });
      expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('contact that we have on file')]);
      await browser.get('/contact');
    }
    expect(await entriesOf(place, 'portal.code-sent')).toEqual([]);
  });

  it('one code alone changes nothing, and is not used up by it; wrong ones are counted in the log', async () => {
    await browser.send('send email', { email: NEW });
    const both = await codes();
    for (const half of [
      { ...both, 'new-code': '000000' },
      { ...both, 'old-code': 'x' },
      { ...both, 'old-code': '' },
    ]) {
      const refused = await browser.send('save', half);
      expect([refused.status, await emailNow()]).toEqual([422, OLD]);
      expect(refused.text).toContain('One of the codes is wrong');
    }
    expect(await entriesOf(place, 'portal.code-refused')).toHaveLength(3);
    // Swapped: each is good for its own contact only.
    await browser.send('save', { 'old-code': both['new-code'], 'new-code': both['old-code'] });
    expect(await emailNow()).toBe(OLD);
  });

  it('the codes are for this contact, this session and this person; they work once, and not after another change', async () => {
    await browser.send('send email', { email: NEW });
    const both = await codes();
    const refused = async (visitor: Visitor, fields: Readonly<Record<string, string>>) => {
      await visitor.get('/contact');
      expect((await visitor.send('save', { contact: 'email', next: NEW, ...both, ...fields })).status).toBe(422);
    };
    await refused(browser, { next: 'mallory@evil.example' });
    await refused(await signedIn('xavi'), { user: 'usr_acc_200500_xena' });
    await refused(await signedIn('xena'), {});
    expect([await emailNow(), (await place.user('xavi')).email]).toEqual([OLD, 'xavi@mail.example']);
    await browser.get('/contact');
    await browser.send('save', { contact: 'email', next: NEW, ...both });
    expect(await emailNow()).toBe(NEW);
    await refused(browser, {});
  });

  it('codes that were sent before the desk changed the contact are good for nothing', async () => {
    await browser.send('send email', { email: NEW });
    const both = await codes();
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    place.clock.advance(1000);
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by },
      async (write) => {
        await write.users.update('usr_acc_200500_xena', { contact_changed_at: place.desk.now() });
      },
    );
    expect((await browser.send('save', both)).status).toBe(422);
    expect(await emailNow()).toBe(OLD);
  });

  it('a phone is changed by text messages; what cannot be dialled or is no address is refused', async () => {
    await browser.send('send phone', { phone: '+44 20 7946 0099' });
    const sms = async (words: string) => place.mailed(words);
    const [old, made] = [await sms('+442079460012'), await sms('+442079460099')];
    expect((await browser.send('save', { 'old-code': old, 'new-code': made })).at).toBe(
      '/contact?said=contact-changed',
    );
    expect(await place.user('xena')).toMatchObject({ phone: '+44 20 7946 0099', phoneE164: '+442079460099' });
    for (const [act, fields, words] of [
      ['send phone', { phone: '12' }, 'not a phone number'],
      ['send email', { email: 'a@b.example, c@d.example' }, 'not one plain e-mail address'],
      ['send email', { email: '' }, 'not one plain e-mail address'],
    ] as const) {
      await browser.get('/contact');
      expect((await browser.send(act, fields)).text).toContain(words);
    }
  });

  it('with no old contact that is old enough the page says whom to ask; so many codes are sent in an hour', async () => {
    const most = place.desk.policy.limits.code.unusedPerHour;
    for (let n = 0; n < most; n += 1) {
      await browser.get('/contact');
      expect((await browser.send('send email', { email: `x${n}@new.example` })).status).toBe(200);
    }
    await browser.get('/contact');
    const refused = await browser.send('send email', { email: NEW });
    expect([refused.status, await place.mailed(`To: ${NEW}`)]).toEqual([429, 'no code']);
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by },
      async (write) => {
        await write.users.update('usr_acc_200500_xavi', { email: '', email_key: '' });
      },
    );
    const other = await signedIn('xavi');
    const told = (await other.send('send email', { email: NEW })).text;
    expect(told).toContain('No e-mail address of yours has been on file long enough');
    expect(told).toContain('Ask an admin of your company, or call your support desk.');
  });

  it('a number is proven as it is dialled: after a change of the country the codes are good for nothing', async () => {
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const country = (code: string) =>
      place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, async (write) => {
        await write.accounts.update('acc_200500', { country: code });
        await write.users.update('usr_acc_200500_xena', { phone_e164: '+442079460012' });
      });
    await country('GB');
    await browser.get('/contact');
    await browser.send('send phone', { phone: '020 7946 0099' });
    const both = { 'old-code': await place.mailed('+442079460012'), 'new-code': await place.mailed('+442079460099') };
    await country('US');
    expect((await browser.send('save', both)).status).toBe(422);
    expect((await place.user('xena')).phone).not.toBe('020 7946 0099');
  });

  it('a change that is done makes no room for more codes to strangers', async () => {
    const most = place.desk.policy.limits.code.unusedPerHour;
    for (let n = 1; n < most; n += 1) {
      await browser.get('/contact');
      await browser.send('send email', { email: `stranger${n}@other.example` });
    }
    await browser.get('/contact');
    await browser.send('send email', { email: NEW });
    expect((await browser.send('save', await codes())).at).toBe('/contact?said=contact-changed');
    const statuses = [];
    for (const stranger of ['a@other.example', 'b@other.example']) {
      await browser.get('/contact');
      statuses.push((await browser.send('send email', { email: stranger })).status);
    }
    expect([statuses, await place.mailed('To: b@other.example')]).toEqual([[200, 429], 'no code']);
  });

  it('a browser that was left open asks for the password first, and keeps what was typed; a closed company sends nothing', async () => {
    place.clock.advance(minutes(place.desk.policy.limits.portalSession.freshPasswordMinutes));
    expect((await browser.send('send email', { email: NEW })).text).toContain('Give your password');
    expect(await place.mailed(`To: ${NEW}`)).toBe('no code');
    expect((await browser.send('send email', { password: PASSWORD })).text).toContain(`another one to ${NEW}`);
    const both = await codes();
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by },
      async (write) => {
        await write.accounts.update('acc_200500', { disabled_at: place.desk.now() });
      },
    );
    expect((await browser.send('save', both)).at).toMatch(/^\/sign-in/);
    expect(await emailNow()).toBe(OLD);
  });
});
