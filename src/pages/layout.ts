/** The frame around every page, and the few pieces that forms are made of. The `html` tag escapes whatever it is given. */
import { html, raw } from 'hono/html';
import { hasAdminStatus } from '../rules/customer-roles.js';
import { STYLE } from './style.js';
import type { TextKey, Worded } from './text.js';
import type { Visit } from './visit.js';

export type Html = ReturnType<typeof html>;

const OWN = ['profile', 'passphrase', 'methods', 'devices', 'password'] as const;
const COMPANY = ['users', 'security'] as const;

/** What the frame needs; a page about nobody has no login. */
export type Around = Pick<Visit, 'text' | 'words' | 'nonce' | 'desk' | 'login' | 'path' | 'formToken'>;

export type Framed = { title: TextKey; body: Html; refused?: Worded | undefined; said?: string | undefined };

export function frame(visit: Around, { title, body, refused, said }: Framed): Html {
  const { text, words, nonce, desk } = visit;
  const more = refused?.more.map((one) => html`<p>${one}</p>`);
  return html`<!doctype html>
<html lang="${words.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)} – ${desk.name}</title><style nonce="${nonce}">${raw(STYLE)}</style></head>
<body><a class="skip" href="#main">${text('to-content')}</a><header><strong>${desk.name}</strong>${navigation(visit)}</header>
<main id="main"><h1>${text(title)}</h1>
${refused === undefined ? '' : html`<div class="no" role="alert"><p>${refused.message}</p>${more}</div>`}
${said === undefined ? '' : html`<p class="yes" role="status">${said}</p>`}
${body}</main><footer><p>${text('never-ask')}</p></footer></body></html>`;
}

function navigation(visit: Around): Html | string {
  const { login, text, path, desk } = visit;
  if (login === undefined) return '';
  const { user, account, session } = login;
  const names = hasAdminStatus(desk.policy, account, user) ? [...OWN, ...COMPANY] : OWN;
  const links = names.map(
    (name) =>
      html`<li><a href="/${name}"${path === `/${name}` ? raw(' aria-current="page"') : ''}>${text(`${name}.title`)}</a></li>`,
  );
  const menu = session.state === 'done' ? html`<nav aria-label="${text('menu')}"><ul>${links}</ul></nav>` : '';
  return html`<span class="who">${user.name} (${account.name})</span>${form(visit, button(text('sign-out'), 'sign-out'))}${menu}`;
}

/** Each form goes to its own page and has the token of this session. */
export const form = ({ path, formToken }: Pick<Visit, 'path' | 'formToken'>, body: Html): Html =>
  html`<form method="post" action="${path}"><input type="hidden" name="token" value="${formToken}">${body}</form>`;

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`;

/** `act`: which of the page's acts it does, and to what. */
export const button = (label: string, act: string, kind: 'first' | 'danger' | 'plain' = 'plain'): Html =>
  html`<button type="submit" name="do" value="${act}" class="${kind}">${label}</button>`;

/** `fills`: as the browser's own keeper of passwords knows it. */
type FieldMore = Partial<Record<'type' | 'fills' | 'value' | 'note' | 'optional', string>>;

export function field(name: string, label: string, more: FieldMore = {}): Html {
  const { type = 'text', fills = 'off', value = '', note, optional } = more;
  const about = note === undefined ? '' : html`<small id="${name}-note">${note}</small>`;
  const said = note === undefined ? '' : html` aria-describedby="${name}-note"`;
  const rest = html`${said}${optional === undefined ? ' required' : ''}`;
  return html`<p class="field"><label for="${name}">${label}</label>${about}<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${fills}" autocapitalize="none" spellcheck="false"${rest}></p>`;
}

export const passwordField = ({ text }: Pick<Visit, 'text'>, label: TextKey = 'password-again'): Html =>
  field('password', text(label), { type: 'password', fills: 'current-password' });

export const newPasswordFields = ({ text }: Pick<Visit, 'text'>): Html => {
  const more = { type: 'password', fills: 'new-password' } as const;
  return html`${field('next-password', text('password.next'), more)}${field('repeated', text('password.repeat'), more)}`;
};

export const codeField = (label: string): Html => field('code', label, { fills: 'one-time-code' });

export const link = (label: string, href: string): Html => html`<p><a class="button" href="${href}">${label}</a></p>`;

export const select = (
  name: string,
  label: string,
  options: readonly (readonly [value: string, shown: string])[],
): Html =>
  html`<p class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${options.map(([value, shown]) => html`<option value="${value}">${shown}</option>`)}</select></p>`;

/** Sensitive acts need the whole sign-in once more where a remembered device, or too much time, stands in for the code. */
export const signInAgain = ({ text, path }: Visit): Html =>
  html`<p>${text('again.why')}</p>${link(text('again.do'), `/sign-in?again=1&next=${encodeURIComponent(path)}`)}`;

export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  none = '',
): Html {
  if (rows.length === 0) return html`<p>${none}</p>`;
  const lines = rows.map(
    (cells) => html`<tr>${cells.map((one, at) => html`<td data-head="${heads[at] ?? ''}">${one}</td>`)}</tr>`,
  );
  return html`<table><caption>${caption}</caption><thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead><tbody>${lines}</tbody></table>`;
}
