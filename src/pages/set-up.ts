/** Setting up a second factor (B31, B34, B40): a QR code or a sent code, then a first code that proves it. */
import { html } from 'hono/html';
import { type MethodId, methodIds, needsBrowser } from '../procedures/codes/methods.js';
import { confirmEnrolment } from '../procedures/factors/confirm-factor.js';
import { type BegunEnrolment, beginEnrolment, beginInBrowser } from '../procedures/factors/enrol-factor.js';
import { qrPath } from '../terminal/qr.js';
import { button, codeField, field, form, type Html, hidden } from './layout.js';
import { type Answer, onwards, type Page, page } from './page.js';
import { askingPage } from './passkey.js';
import type { TextKey } from './text.js';
import type { Signed, Visit } from './visit.js';

const isMethod = (kind: string): kind is MethodId => (methodIds as readonly string[]).includes(kind);
const orNone = (given: string): string | undefined => given.trim() || undefined;

/** A button for each kind that can be set up here; backup codes are not offered (B34). */
export const kindButtons = ({ text, site }: Visit): Html =>
  html`${methodIds.filter((kind) => site !== undefined || !needsBrowser(kind)).map((kind) => button(text(`kind.${kind}` as TextKey), `begin ${kind}`))}`;

/** What `begin` shows, once: the secret of an app is in no address and is not shown again. */
async function begunPage(visit: Signed, begun: BegunEnrolment): Promise<Html> {
  const { text } = visit;
  const proof = firstCode(visit, begun.kind);
  if (begun.family === 'sent') return html`<p>${text('code.sent', { to: begun.to })}</p>${proof}`;
  const { side, path } = await qrPath(begun.uri);
  const dots = html`<path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${path}"/>`;
  const picture = html`<svg class="qr" viewBox="0 0 ${side} ${side}" role="img" aria-label="${text('set-up.qr')}">${dots}</svg>`;
  return html`<p>${text('set-up.scan')}</p>${picture}<p>${text('set-up.by-hand')}</p><p class="secret">${begun.secretBase32}</p>${proof}`;
}

function firstCode(visit: Visit, kind: string): Html {
  const kept = html`${hidden('next', visit.given('next'))}${hidden('replaces', visit.given('replaces'))}${hidden('kind', kind)}`;
  const { text } = visit;
  return form(
    visit,
    html`${kept}${codeField(text('set-up.first-code'))}${button(text('set-up.do'), 'confirm', 'first')}`,
  );
}

/** After a wrong first code: the same half-done enrolment goes on. */
export const unfinished = (visit: Visit): Html | '' => {
  const kind = visit.given('kind');
  return isMethod(kind) && !needsBrowser(kind) ? firstCode(visit, kind) : '';
};

export async function beginSetUp(visit: Signed, kind: string): Promise<Answer> {
  if (!isMethod(kind)) return { to: visit.path };
  const [enrolmentCode, replaces] = [orNone(visit.given('enrolment-code')), orNone(visit.given('replaces'))];
  const asked = { kind, enrolmentCode, replaces };
  if (needsBrowser(kind) && visit.site !== undefined) {
    const options = await beginInBrowser(visit.desk, visit.login, { ...asked, site: visit.site });
    const name = field('name', visit.text('passkey.name'), { note: visit.text('passkey.name-note'), optional: 'yes' });
    const kept = html`${hidden('replaces', visit.given('replaces'))}${hidden('kind', kind)}${name}`;
    return { html: askingPage(visit, options, 'confirm', kept), script: true };
  }
  const { begun } = await beginEnrolment(visit.desk, visit.login, asked);
  return { html: await begunPage(visit, begun) };
}

/** For the page of a sign-in, and for that of the methods. */
export const setUpActs: Page<Signed>['acts'] = {
  begin: beginSetUp,
  confirm: async (visit) => {
    const kind = visit.given('kind');
    if (!isMethod(kind)) return { to: visit.path };
    const { desk, given, site } = visit;
    const request = { kind, code: given('code'), replaces: orNone(given('replaces')), label: given('name'), site };
    await visit.risen((await confirmEnrolment(desk, visit.login, request)).login);
    return { to: visit.path === '/methods' ? '/methods' : onwards(visit), said: 'said.method-set-up' };
  },
};

export const setUpPage = page('/set-up', 'set-up.title', ['enrolment-needed'], {
  show: (visit) => {
    const { text, login } = visit;
    const why = text(login.session.method === 'password+backup' ? 'set-up.last-code' : 'set-up.why');
    const choice = form(visit, html`${hidden('next', visit.given('next'))}${kindButtons(visit)}`);
    return html`<p>${why}</p>${unfinished(visit)}${choice}`;
  },
  acts: setUpActs,
});
