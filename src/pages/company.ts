/** The Admin Console: the users of the company, their reset, objections; the company's switch of MFA, and privileges (B16, B32, B37, B50, B62). */
import { html } from 'hono/html';
import { isRefusal } from '../errors.js';
import { companyAdmins, companyPeople, companyUsers } from '../procedures/factors/company-people.js';
import { forbidPhoneResets, foreseeMfa, requireMfa } from '../procedures/factors/require-mfa.js';
import { grantScope, listTeam, revokeScope } from '../procedures/portal/customer-scopes.js';
import { objectToReset } from '../procedures/resets/object-to-reset.js';
import { RESENDING, resendInPortal } from '../procedures/resets/resend-code.js';
import { countPortalReset, RESETTING_USERS, resetInPortal } from '../procedures/resets/reset-in-portal.js';
import { resetsOfUser, undoInPortal } from '../procedures/resets/undo-reset.js';
import { minuteOf } from '../rules/moment.js';
import { button, field, form, type Html, hidden, link, select, signInAgain, table } from './layout.js';
import { type Answer, type Page, page, proven } from './page.js';
import { refusedWords, type TextKey } from './text.js';
import { owedFor, type Signed } from './visit.js';

const AT_ONCE = 50;
/** At most 200 characters, whole ones: the log takes no half of one. */
const reasonIn = (given: string): string => [...given].slice(0, 200).join('');

const users = page('/users', 'users.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text, given } = visit;
    const [search, from] = [given('search'), Math.max(0, Math.trunc(Number(given('from'))) || 0)];
    const notEnrolled = given('without') !== '';
    const { count, people } = await companyPeople(desk, login, { search, notEnrolled, from, most: AT_ONCE });
    const rows = people.map(({ user, kinds, backupCodesLeft, pending, signedInAt }) => {
      const codes = backupCodesLeft === 0 ? [] : [text('users.backup', { left: backupCodesLeft })];
      const more = [pending ? text('users.pending') : '', user.disabledAt === null ? '' : text('users.disabled')];
      const known = [...kinds.map((kind) => text(`kind.${kind}` as TextKey)), ...codes, ...more];
      const states = known.filter((one) => one !== '');
      const menu = [
        ['users.reset-one', 'review'],
        ...(pending ? [['users.resend', 'resend'] as const] : []),
        ['users.history', 'history'],
      ] as const;
      const buttons = menu.map(([key, act]) => button(text(key, { login: user.login }), `${act} ${user.id}`));
      return [
        html`<input type="checkbox" name="user" value="${user.id}" aria-label="${user.login}">`,
        `${user.name} (${user.login})`,
        states.length === 0 ? text('users.not-enrolled') : states.join(', '),
        signedInAt === null ? text('users.never') : minuteOf(signedInAt),
        html`<details><summary aria-label="${text('users.options', { login: user.login })}">${text('users.menu')}</summary>${buttons}</details>`,
      ];
    });
    const heads = ['pick', 'user', 'mfa', 'signed-in', 'more'].map((key) => text(`users.${key}` as TextKey));
    const list = table(text('users.list', { count }), heads, rows, text('users.none'));
    const page = (at: number, key: TextKey) =>
      html`<a class="button" href="/users?search=${encodeURIComponent(search)}&amp;without=${notEnrolled ? 'yes' : ''}&amp;from=${at}">${text(key)}</a>`;
    return html`<form method="get" action="/users" role="search">${field('search', text('users.search'), { type: 'search', value: search, optional: 'yes' })}<p><label><input type="checkbox" name="without" value="yes"${notEnrolled ? ' checked' : ''}> ${text('users.without')}</label></p><button type="submit">${text('users.find')}</button></form>
${form(visit, html`<details><summary>${text('users.more')}</summary>${button(text('users.reset-many'), 'review')}</details>${list}`)}
<p>${from > 0 ? page(Math.max(0, from - AT_ONCE), 'users.earlier') : ''}${from + AT_ONCE < count ? page(from + AT_ONCE, 'users.later') : ''}</p>
<h2>${text('users.object')}</h2>${form(visit, html`${field('reference', text('users.reference'))}${button(text('users.object-do'), 'object')}`)}`;
  },
  acts: {
    review: (visit, one) =>
      proven(visit, { act: `review ${one}`, kept: ['user'], door: RESETTING_USERS }, () =>
        review(visit, one === '' ? visit.all('user') : [one]),
      ),
    reset: async ({ desk, login, given, all }) => {
      await companyUsers(desk, login, all('user'));
      const asked = { references: all('user'), reason: reasonIn(given('reason')), confirmed: Number(given('count')) };
      const rows = await resetInPortal(desk, login, asked);
      const open = rows.some(({ outcome }) => !ENDED.includes(outcome));
      const some = rows.some((row) => row.reset !== null) ? 'said.reset-done' : 'said.reset-none';
      return { to: '/users', said: open ? 'undone.reset-partly' : some };
    },
    resend: (visit, reference) =>
      proven(visit, { act: `resend ${reference}`, kept: [], door: RESENDING }, async () => {
        const { outcome } = await resendInPortal(visit.desk, visit.login, { reference, handOn: false });
        return { to: '/users', said: outcome === 'sent' ? 'said.resent' : (`undone.resend-${outcome}` as const) };
      }),
    history: async (visit, id) => {
      const { text, desk, login } = visit;
      const { user, past } = await resetsOfUser(desk, login, id);
      const rows = past.map(({ reset, by }) => [
        ...[minuteOf(reset.at), by === undefined ? text('history.desk') : `${by.name} (${by.login})`],
        ...[(by && reset.reason) || '–', text(`history.${reset.state}` as TextKey)],
      ]);
      const heads = ['when', 'by', 'reason', 'state'].map((key) => text(`history.${key}` as TextKey));
      const list = table(text('users.history', { login: user.login }), heads, rows, text('history.none'));
      const last = past.find(({ undo }) => undo === 'possible');
      const fields = html`${field('reason', text('history.why'))}${button(text('history.undo'), `undo ${last?.reset.id}`, 'danger')}`;
      const undo = last === undefined ? '' : html`<p>${text('history.what')}</p>${form(visit, fields)}`;
      return { html: html`${list}${undo}${link(text('back'), '/users')}` };
    },
    undo: (visit, id) =>
      proven(visit, { act: `undo ${id}`, kept: ['reason'], door: RESETTING_USERS }, async () => {
        await undoInPortal(visit.desk, visit.login, id, reasonIn(visit.given('reason')));
        return { to: '/users', said: 'said.reset-undone' };
      }),
    object: async ({ desk, login, given }) => {
      await objectToReset(desk, login, given('reference').trim());
      return { to: '/users', said: 'said.objected' };
    },
  },
});

/** Neither here nor at another system is anything left to do. */
const ENDED = ['reset', 'no-address', 'nothing-to-do', 'sso-only', 'duplicate'];

/** The names, and how many of them a reset would take something from, before anybody says yes (B59). */
async function review(visit: Signed, wanted: readonly string[]): Promise<Answer> {
  const { desk, login, text } = visit;
  const people = await companyUsers(desk, login, wanted);
  const back = link(text('back'), '/users');
  if (people.length === 0) return { html: html`<p>${text('users.nobody')}</p>${back}` };
  const ids = people.map(({ id }) => id);
  const count = await countPortalReset(desk, login, ids);
  const names = people.map((user) => html`<li>${user.name} (${user.login})</li>`);
  const yes = html`${ids.map((id) => hidden('user', id))}${hidden('count', String(count))}${field('reason', text('users.reason'))}${button(text('users.reset-yes'), 'reset', 'danger')}`;
  return {
    html:
      count === 0
        ? html`<p>${text('users.nothing-to-lose')}</p><ul>${names}</ul>${back}`
        : html`<p>${text('users.whom')}</p><ul>${names}</ul><p>${text('users.acting', { count })}</p>${form(visit, yes)}${back}`,
  };
}

/** Whoever became an admin a short time ago sees the page, and until when they change nothing on it. */
function unlessHeld(visit: Signed, change: () => Html): Html {
  try {
    return change();
  } catch (error) {
    if (!isRefusal(error) || error.because?.reason !== 'power-held') throw error;
    return html`<p>${refusedWords(error, visit.words).message}</p>`;
  }
}

const security = page('/security', 'security.title', ['done'], {
  show: async (visit) => {
    const { text, login } = visit;
    const on = login.account.mfaRequiredAt !== null;
    const turn = form(visit, button(text(on ? 'security.turn-off' : 'security.turn-on'), on ? 'ask off' : 'ask on'));
    const change = unlessHeld(visit, () =>
      owedFor(visit, { lock: 'company:mfa' }) === 'nothing' ? turn : signInAgain(visit),
    );
    const admins = (await companyAdmins(visit.desk, login)).map((user) => html`<li>${user.name} (${user.login})</li>`);
    const phone = login.account.phoneResetForbidden;
    const forbid = phone ? '' : form(visit, button(text('security.phone-forbid'), 'ask phone'));
    return html`<h2>${text('security.mfa')}</h2><p>${text(on ? 'security.on' : 'security.off')}</p>${change}
<h2>${text('security.phone')}</h2><p>${text(phone ? 'security.phone-off' : 'security.phone-on')}</p>${forbid}
<h2>${text('security.admins')}</h2><ul>${admins}</ul>${login.account.edition === 'classic' ? await privileges(visit) : ''}`;
  },
  acts: {
    ask: async (visit, on) => {
      const { text, desk, login } = visit;
      if (on === 'phone') return asking(visit, html`<p>${text('security.phone-means')}</p>`, on);
      const seen = on === 'on' ? await foreseeMfa(desk, login) : undefined;
      const advice = (seen?.warnings ?? []).map((one) => html`<p class="no">${text(`security.${one}`)}</p>`);
      const means =
        seen === undefined
          ? text('security.off-means')
          : text('security.asked', { asked: seen.asked, without: seen.withoutFactor });
      return asking(visit, html`<p>${means}</p>${advice}`, on);
    },
    save: (visit, on) =>
      proven(visit, { act: `save ${on}`, kept: [] }, async () => {
        if (!['on', 'off', 'phone'].includes(on)) return { to: '/security' };
        if (on === 'phone') {
          await forbidPhoneResets(visit.desk, visit.login);
          return { to: '/security', said: 'said.phone-forbidden' };
        }
        await requireMfa(visit.desk, visit.login, on === 'on');
        return { to: '/security', said: on === 'on' ? 'said.mfa-on' : 'said.mfa-off' };
      }),
    give: (visit) =>
      proven(visit, { act: 'give', kept: ['user', 'scope'] }, async () => {
        const asked = [visit.given('user'), visit.given('scope').trim()] as const;
        const { outcome } = await grantScope(visit.desk, visit.login, ...asked);
        return { to: '/security', said: outcome === 'changed' ? 'said.privilege-given' : 'said.nothing-to-do' };
      }),
    take: (visit, which) =>
      proven(visit, { act: `take ${which}`, kept: [] }, async () => {
        const [user = '', scope = ''] = which.split(' ');
        const { outcome } = await revokeScope(visit.desk, visit.login, user, scope);
        return { to: '/security', said: outcome === 'changed' ? 'said.privilege-taken' : 'said.nothing-to-do' };
      }),
  },
});

const asking = (visit: Signed, means: Html, what: string): Answer => ({
  html: html`${means}${form(visit, button(visit.text('save'), `save ${what}`, 'first'))}${link(visit.text('back'), '/security')}`,
});

async function privileges(visit: Signed): Promise<Html> {
  const { text, desk, login } = visit;
  const team = (await listTeam(desk, login)).filter(({ disabledAt }) => disabledAt === null);
  const rows = team.map((user) => [
    `${user.name} (${user.login})`,
    text(`role.${user.role}`),
    html`${user.scopes.map((scope) => form(visit, button(text('security.take', { scope, login: user.login }), `take ${user.id} ${scope}`, 'danger')))}`,
  ]);
  const heads = [text('security.user'), text('security.role'), text('security.held')];
  const others = team
    .filter(({ id }) => id !== login.user.id)
    .map((user) => [user.id, `${user.name} (${user.login})`] as const);
  const giving = html`${select('user', text('security.user'), others)}${field('scope', text('security.scope'))}${button(text('security.give'), 'give')}`;
  return html`<h2>${text('security.team')}</h2>${table(text('security.team'), heads, rows, text('security.none'))}${form(visit, giving)}`;
}

export const companyPages: readonly Page[] = [users, security];
