/** Signing in: company, login and password, then the second factor (B31–B43), and the mailed code after a reset (B57). */
import { html } from 'hono/html';
import { refusal } from '../errors.js';
import { type AnswerKind, answerKinds, needsBrowser } from '../procedures/codes/methods.js';
import { answerFactor } from '../procedures/factors/answer-factor.js';
import { askBrowser, factorChoices, sendLoginCode } from '../procedures/factors/factor-choices.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../procedures/factors/owed-enrolment-code.js';
import { activateUser } from '../procedures/portal/activate-user.js';
import { mayRemember, rememberDevice } from '../procedures/portal/devices-and-sessions.js';
import { signInWithPassword } from '../procedures/portal/sign-in-user.js';
import { button, codeField, field, form, type Html, hidden, newPasswordFields, passwordField } from './layout.js';
import { type Answer, onwards, type Page, page } from './page.js';
import { askingPage } from './passkey.js';
import type { TextKey } from './text.js';
import type { Signed, Visit } from './visit.js';

/** Company and login, as they were given before. */
const whoFields = ({ text, given }: Visit): Html => {
  const account = field('account', text('sign-in.account'), { fills: 'organization', value: given('account') });
  return html`${account}${field('login', text('sign-in.login'), { fills: 'username', value: given('login') })}`;
};

const signIn = page<Visit>('/sign-in', 'sign-in.title', 'nobody', {
  show: (visit) => {
    const { text, given } = visit;
    const kept = html`${hidden('next', given('next'))}${hidden('again', given('again'))}`;
    const fields = html`${kept}${whoFields(visit)}${passwordField(visit, 'sign-in.password')}${button(text('sign-in.do'), 'sign-in', 'first')}`;
    return html`${form(visit, fields)}<p>${text('sign-in.sso')}</p><p>${text('sign-in.first')} <a href="/activate">${text('activate.title')}</a></p>`;
  },
  acts: {
    'sign-in': async (visit) => {
      const { desk, given } = visit;
      const who = { account: given('account'), login: given('login'), password: given('password') };
      // Where a code is wanted, a remembered device does not stand in for it (B38).
      const deviceTokens = given('again') === '' ? visit.deviceTokens : [];
      const opened = await signInWithPassword(desk, { ...who, deviceTokens });
      await visit.enter(opened, opened.token);
      return goOn(visit as Signed);
    },
  },
});

/** The next step of the login; a code that is owed by mail is sent on the way (B42, B89). */
async function goOn(visit: Signed): Promise<Answer> {
  const { desk, login } = visit;
  const owed = login.session.state === 'enrolment-code-needed' && (await sendOwedEnrolmentCode(desk, login));
  return { to: onwards(visit), ...(owed === 'ask-desk' && { said: 'undone.ask-desk' as const }) };
}

const isKind = (kind: string): kind is AnswerKind => (answerKinds as readonly string[]).includes(kind);

/** Off by default (B38). */
const rememberBox = ({ text, desk }: Visit): Html =>
  html`<p><label><input type="checkbox" name="remember" value="yes"> ${text('code.remember', { days: desk.policy.limits.device.rememberDays })}</label></p>`;

const code = page('/sign-in/code', 'code.title', ['factor-needed'], {
  show: async (visit) => {
    const { text, given, desk } = visit;
    const choices = (await factorChoices(desk, visit.login, visit)).map((one) => ({
      ...one,
      name: text(`kind.${one.kind}` as TextKey),
    }));
    // A code that must be sent first is sent only when asked for; a passkey is asked for on a page of its own.
    const typed = choices.filter(({ kind }) => !needsBrowser(kind));
    const chosen = typed.find(({ kind }) => kind === given('by')) ?? typed.find(({ to }) => to === undefined);
    const next = hidden('next', given('next'));
    const sent = chosen?.to === undefined ? '' : html`<p>${text('code.sent', { to: chosen.to })}</p>`;
    const answering =
      chosen === undefined
        ? ''
        : html`${sent}${form(visit, html`${next}${hidden('by', chosen.kind)}${codeField(text('code.code', { kind: chosen.name }))}${rememberBox(visit)}${button(text('sign-in.do'), 'answer', 'first')}`)}`;
    const again = sent === '' || chosen === undefined ? '' : button(text('code.again'), `choose ${chosen.kind}`);
    const others = choices
      .filter((one) => one !== chosen)
      .map(({ kind, name, to }) =>
        button(to === undefined ? name : text('code.send-to', { kind: name, to }), `choose ${kind}`),
      );
    const either =
      others.length === 0 && again === ''
        ? ''
        : html`${chosen === undefined ? '' : html`<h2>${text('code.other')}</h2>`}${form(visit, html`${next}${again}${others}`)}`;
    return html`${answering}${either}<p>${text(choices.length === 0 ? 'code.none' : 'code.lost')}</p>`;
  },
  acts: {
    choose: async (visit, kind) => {
      const { desk, login, given, site } = visit;
      if (isKind(kind) && needsBrowser(kind) && site !== undefined) {
        const asked = await askBrowser(desk, login, kind, site);
        const kept = html`${hidden('by', kind)}${rememberBox(visit)}`;
        return { html: askingPage(visit, asked, 'answer', kept), script: true };
      }
      if (isKind(kind)) await sendLoginCode(desk, login, kind);
      return { to: `/sign-in/code?by=${encodeURIComponent(kind)}&next=${encodeURIComponent(given('next'))}` };
    },
    answer: async (visit) => {
      const { desk, given } = visit;
      const by = given('by');
      const answer = { kind: isKind(by) ? by : 'backup', code: given('code'), site: visit.site } as const;
      await visit.risen(await answerFactor(desk, visit.login, answer));
      if (given('remember') === 'yes' && mayRemember(visit.login))
        visit.rememberDevice(await rememberDevice(desk, visit.login));
      return goOn(visit);
    },
  },
});

const enrolmentCode = page('/set-up/code', 'set-up.title', ['enrolment-code-needed'], {
  show: (visit) => {
    const { text } = visit;
    const next = hidden('next', visit.given('next'));
    return html`<p>${text('set-up.mailed')}</p>${form(visit, html`${next}${codeField(text('set-up.mailed-code'))}${button(text('go-on'), 'code', 'first')}`)}
${form(visit, html`${next}${button(text('set-up.mail-again'), 'again')}`)}`;
  },
  acts: {
    code: async (visit) => {
      await visit.risen(await submitEnrolmentCode(visit.desk, visit.login, visit.given('code')));
      return goOn(visit);
    },
    again: async ({ desk, login }) => {
      const owed = await sendOwedEnrolmentCode(desk, login, true);
      return { to: '/set-up/code', said: owed === 'ask-desk' ? 'undone.ask-desk' : 'said.code-sent' };
    },
  },
});

const activate = page<Visit>('/activate', 'activate.title', 'nobody', {
  show: (visit) => {
    const { text } = visit;
    const fields = html`${whoFields(visit)}${codeField(text('activate.code'), visit.given('code'))}${newPasswordFields(visit)}${button(text('save'), 'activate', 'first')}`;
    return html`<p>${text('activate.why')}</p>${form(visit, fields)}`;
  },
  acts: {
    activate: async ({ desk, given }) => {
      const next = given('next-password');
      if (next !== given('repeated')) throw refusal('invalid-input', 'passwords-differ', {}, 'nothing-set');
      const who = { account: given('account'), login: given('login'), code: given('code') };
      await activateUser(desk, { ...who, newPassword: async () => next });
      return { to: '/sign-in?again=1', said: 'said.password-set' };
    },
  },
});

export const signInPages: readonly Page[] = [signIn, activate, code, enrolmentCode];
