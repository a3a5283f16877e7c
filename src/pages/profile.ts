/** My Profile, and the passphrase: shown after the password, set in two steps of which the first changes nothing (B14–B18). */
import { html } from 'hono/html';
import { refusal } from '../errors.js';
import { loginAdvice } from '../procedures/factors/manage-factors.js';
import { drawPhrase } from '../procedures/passphrases/judge-phrase.js';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../procedures/passphrases/passphrase-of-owner.js';
import { CHANGING_PASSWORD, changeApplicationPassword } from '../procedures/portal/application-password.js';
import { CHANGING_CONTACT, changeOwnContact, readProfile, sendContactCodes } from '../procedures/portal/own-profile.js';
import { dayOf } from '../rules/moment.js';
import { heardAs } from '../rules/spoken-form.js';
import { button, field, form, hidden, link, newPasswordFields, passwordField, signInAgain } from './layout.js';
import { type Page, page, proven } from './page.js';
import type { TextKey } from './text.js';
import { owedFor, type Signed, takePassword } from './visit.js';

const profile = page('/profile', 'profile.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text } = visit;
    const { user, account } = login;
    const { privileges, passphrase, passwordChangedAt } = await readProfile(desk, login);
    const facts: readonly (readonly [TextKey, string])[] = [
      ['profile.name', user.name],
      ['profile.login', user.login],
      ['profile.company', `${account.name} (${account.number})`],
      ['profile.email', user.email],
      ['profile.phone', user.phone],
      ['profile.privileges', privileges === 'everything' ? text('profile.everything') : privileges.join(', ')],
      ['passphrase.title', text(`passphrase.${passphrase.state}` as TextKey)],
      ['profile.password-since', passwordChangedAt === null ? '' : dayOf(passwordChangedAt)],
    ];
    return html`${await advice(visit)}<dl>${facts.map(([key, said]) => html`<dt>${text(key)}</dt><dd>${said || '–'}</dd>`)}</dl>${link(text('contact.title'), '/contact')}`;
  },
  acts: {},
});

/** What a login that is done should know (B41). */
async function advice({ desk, login, text }: Signed) {
  return (await loginAdvice(desk, login)).map(
    (one) => html`<p class="no">${text(`advice.${one}`)} <a href="/methods">${text('methods.title')}</a></p>`,
  );
}

const contact = page('/contact', 'contact.title', ['done'], {
  show: (visit) => {
    const { text, desk, login } = visit;
    if (owedFor(visit, CHANGING_CONTACT) === 'sign-in') return signInAgain(visit);
    const of = (which: 'email' | 'phone', type: string) => {
      const next = field(which, text(`contact.${which}`), { type, fills: type });
      return html`<h2>${text(`profile.${which}`)}</h2><p>${login.user[which] || '–'}</p>${form(visit, html`${next}${button(text('contact.send'), `send ${which}`)}`)}`;
    };
    const { addressOnFileDays: days } = desk.policy.limits.enrolmentCode;
    const [contact, next] = [visit.all('contact')[0], visit.all('next')[0]];
    if (contact !== undefined && next !== undefined) return contactCodes(visit, contact, next);
    return html`<p>${text('contact.why', { days })}</p>${of('email', 'email')}${of('phone', 'tel')}<p>${text('contact.lost')}</p>`;
  },
  acts: {
    send: (visit, which) =>
      proven(visit, { act: `send ${which}`, kept: [which, 'contact', 'next'] }, async () => {
        const { text, desk, login, given } = visit;
        const change = { contact: which === 'phone' ? which : 'email', next: given('next') || given(which) } as const;
        const old = await sendContactCodes(desk, login, change);
        const sent = html`<p>${text('contact.sent', { old, next: change.next })}</p>`;
        return { html: html`${sent}${contactCodes(visit, change.contact, change.next)}` };
      }),
    save: (visit) =>
      proven(visit, { act: 'save', kept: ['contact', 'next', 'old-code', 'new-code'] }, async () => {
        const { desk, login, given } = visit;
        const change = { contact: given('contact') === 'phone' ? 'phone' : 'email', next: given('next') } as const;
        const codes = { 'contact-old': given('old-code'), 'contact-new': given('new-code') };
        await changeOwnContact(desk, login, change, codes);
        return { to: '/contact', said: 'said.contact-changed' };
      }),
  },
});

/** The change is in the form and in the codes, and in nothing else. */
function contactCodes(visit: Signed, contact: string, next: string) {
  const { text } = visit;
  const kept = html`${hidden('contact', contact)}${hidden('next', next)}`;
  const code = (name: 'old-code' | 'new-code') => field(name, text(`contact.${name}`), { fills: 'one-time-code' });
  const save = form(visit, html`${kept}${code('old-code')}${code('new-code')}${button(text('save'), 'save', 'first')}`);
  const again = form(visit, html`${kept}${button(text('contact.again'), `send ${contact}`)}`);
  return html`${save}${again}<p>${text('contact.lost')}</p>${back(visit)}`;
}

const passphrase = page('/passphrase', 'passphrase.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text } = visit;
    const { state, readable } = (await readProfile(desk, login)).passphrase;
    const now = html`<p>${text(`passphrase.${state}`)}</p>`;
    if (state === 'no-use') return now;
    const [seeing, setting] = [owedFor(visit, VIEWING_PASSPHRASE), owedFor(visit, SETTING_PASSPHRASE)];
    const showForm = form(visit, html`${passwordField(visit)}${button(text('passphrase.show'), 'show')}`);
    const show = html`<h2>${text('passphrase.show')}</h2>${seeing === 'sign-in' ? signInAgain(visit) : showForm}`;
    const { text: drawn } = await drawPhrase(desk);
    const own = form(
      visit,
      html`${field('phrase', text('passphrase.new'), { note: text('passphrase.note') })}${button(text('go-on'), 'look', 'first')}`,
    );
    const ready = form(visit, html`${hidden('phrase', drawn)}${button(text('passphrase.take'), 'look')}`);
    const set = html`${own}<p>${text('passphrase.drawn')}</p><p class="secret">${drawn}</p>${ready}`;
    return html`${now}${readable ? show : ''}<h2>${text('passphrase.set')}</h2>${setting === 'sign-in' ? signInAgain(visit) : set}`;
  },
  acts: {
    show: async (visit) => {
      const { login, viewKey } = await takePassword(visit);
      const phrase = await viewOwnPassphrase(visit.desk, login, viewKey);
      return { html: html`<p class="secret">${phrase}</p><p>${visit.text('passphrase.seen')}</p>${back(visit)}` };
    },
    // Judges nothing: a phrase that could be tested without being set would tell which words are the password.
    look: async (visit) => {
      const { text, given } = visit;
      const phrase = given('phrase');
      const asks = owedFor(visit, SETTING_PASSPHRASE) === 'password' ? passwordField(visit) : '';
      const heard = html`<p>${text('passphrase.heard')}</p><p class="secret">${heardAs(phrase)}</p><p>${text('passphrase.before-save')}</p>`;
      const saving = form(visit, html`${hidden('phrase', phrase)}${asks}${button(text('save'), 'save', 'first')}`);
      return { html: html`${heard}${saving}${back(visit)}` };
    },
    save: async (visit) => {
      const password = visit.given('password') || null;
      if (password !== null) await takePassword(visit);
      const { first } = await setOwnPassphrase(visit.desk, visit.login, { phrase: visit.given('phrase'), password });
      return { to: '/passphrase', said: first ? 'said.phrase-set' : 'said.phrase-changed' };
    },
  },
});

const back = ({ text, path }: Signed) => link(text('back'), path);

const password = page('/password', 'password.title', ['done'], {
  show: (visit) => {
    const { text } = visit;
    if (owedFor(visit, CHANGING_PASSWORD) === 'sign-in') return signInAgain(visit);
    return form(
      visit,
      html`${passwordField(visit, 'password.now')}${newPasswordFields(visit)}${button(text('save'), 'change', 'first')}`,
    );
  },
  acts: {
    change: async (visit) => {
      const next = visit.given('next-password');
      if (next !== visit.given('repeated')) throw refusal('invalid-input', 'passwords-differ', {}, 'nothing-changed');
      const { login, viewKey } = await takePassword(visit);
      await changeApplicationPassword(visit.desk, login, { viewKey, next });
      return { to: '/password', said: 'said.password-changed' };
    },
  },
});

export const profilePages: readonly Page[] = [profile, contact, passphrase, password];
