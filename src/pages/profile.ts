/** My Profile, and the passphrase: shown after the password, set in two steps of which the first changes nothing (B14–B18). */
import { html } from 'hono/html';
import { listFactors } from '../procedures/factors/manage-factors.js';
import { drawPhrase } from '../procedures/passphrases/judge-phrase.js';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../procedures/passphrases/passphrase-of-owner.js';
import { CHANGING_PASSWORD, changeApplicationPassword } from '../procedures/portal/change-application-password.js';
import { readProfile } from '../procedures/portal/read-profile.js';
import { loginWarnings } from '../rules/mfa-login.js';
import { dayOf } from '../rules/moment.js';
import { heardAs } from '../rules/spoken-form.js';
import {
  button,
  field,
  form,
  type Html,
  hidden,
  link,
  newPasswordFields,
  passwordField,
  signInAgain,
} from './layout.js';
import { type Page, page } from './page.js';
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
    return html`${await advice(visit)}<dl>${facts.map(([key, said]) => html`<dt>${text(key)}</dt><dd>${said || '–'}</dd>`)}</dl>`;
  },
  acts: {},
});

/** What a login that is done should know (B41). */
async function advice({ desk, login, text }: Signed): Promise<readonly Html[]> {
  const { required, factors: all, backupCodesLeft } = await listFactors(desk, login);
  const factors = all.filter(({ state }) => state === 'active').map(({ kind }) => kind);
  const method = login.session.method === 'sso' ? 'sso' : 'native';
  const due = loginWarnings({ mfaRequired: required, method, factors, backupCodesLeft });
  return due.map(
    (one) => html`<p class="no">${text(`advice.${one}`)} <a href="/methods">${text('methods.title')}</a></p>`,
  );
}

const passphrase = page('/passphrase', 'passphrase.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text } = visit;
    const { state, readable } = (await readProfile(desk, login)).passphrase;
    const now = html`<p>${text(`passphrase.${state}`)}</p>`;
    if (state === 'no-use') return now;
    const [seeing, setting] = [owedFor(visit, VIEWING_PASSPHRASE), owedFor(visit, SETTING_PASSPHRASE)];
    const showForm = form(
      visit,
      '/passphrase',
      html`${passwordField(visit)}${button(text('passphrase.show'), 'show')}`,
    );
    const show = html`<h2>${text('passphrase.show')}</h2>${seeing === 'sign-in' ? signInAgain(visit) : showForm}`;
    const { text: drawn } = await drawPhrase(desk);
    const own = form(
      visit,
      '/passphrase',
      html`${field('phrase', text('passphrase.new'), { note: text('passphrase.note') })}${button(text('go-on'), 'look', 'first')}`,
    );
    const ready = form(
      visit,
      '/passphrase',
      html`${hidden('phrase', drawn)}${button(text('passphrase.take'), 'look')}`,
    );
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
      const saving = form(
        visit,
        '/passphrase',
        html`${hidden('phrase', phrase)}${asks}${button(text('save'), 'save', 'first')}`,
      );
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

const back = ({ text, path }: Signed): Html => link(text('back'), path);

const password = page('/password', 'password.title', ['done'], {
  show: (visit) => {
    const { text } = visit;
    if (owedFor(visit, CHANGING_PASSWORD) === 'sign-in') return signInAgain(visit);
    return form(
      visit,
      '/password',
      html`${passwordField(visit, 'password.now')}${newPasswordFields(visit)}${button(text('save'), 'change', 'first')}`,
    );
  },
  acts: {
    change: async (visit) => {
      const next = visit.given('next-password');
      if (next !== visit.given('repeated')) return { to: '/password', said: 'said.not-the-same' };
      const { login, viewKey } = await takePassword(visit);
      await changeApplicationPassword(visit.desk, login, { viewKey, next });
      return { to: '/password', said: 'said.password-changed' };
    },
  },
});

export const profilePages: readonly Page[] = [profile, passphrase, password];
