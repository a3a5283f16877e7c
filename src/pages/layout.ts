/** The frame around every page, and the few pieces that forms are made of. The `html` tag escapes whatever it is given. */
import { html, raw } from 'hono/html';
import { hasAdminStatus } from '../rules/customer-roles.js';
import type { TextKey, Worded } from './text.js';
import type { Visit } from './visit.js';

const STYLE = `
:root{color-scheme:light dark;--ink:#16202c;--ground:#fff;--soft:#f2f4f7;--line:#6b7785;--strong:#0b5394;--on:#fff;--bad:#a11212;--good:#0f5f2c}@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--ground:#12171d;--soft:#1d252e;--line:#8d9aa8;--strong:#8ec5ff;--on:#0b1520;--bad:#ff9d9d;--good:#8fe0a8}}*{box-sizing:border-box;overflow-wrap:anywhere}body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
header,main,footer{max-width:60rem;margin:0 auto;padding:.75rem 1rem}header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;border-bottom:1px solid var(--line)}.who{margin-left:auto}nav{flex-basis:100%}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:0;padding:0}a{color:var(--strong)}a[aria-current]{font-weight:700;text-decoration-thickness:3px}.skip{position:absolute;left:-99rem}.skip:focus{left:1rem}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:1.5rem 0 .5rem}.field{margin:.75rem 0}.field label,.field small{display:block}input:not([type=checkbox]):not([type=radio]),select{font:inherit;width:100%;max-width:26rem;padding:.5rem;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:.25rem}button,.button{font:inherit;display:inline-block;min-height:2.5rem;margin:.25rem .5rem .25rem 0;padding:.4rem .9rem;color:var(--strong);background:var(--ground);border:1px solid var(--strong);border-radius:.25rem;text-decoration:none;cursor:pointer}
button.first{color:var(--on);background:var(--strong)}button.danger{color:var(--bad);border-color:var(--bad)}:focus-visible{outline:3px solid var(--strong);outline-offset:2px}.no,.yes{padding:.5rem 1rem;border-left:.3rem solid var(--bad);background:var(--soft)}.no p{margin:.25rem 0}.yes{border-color:var(--good)}.secret{font:1.15rem/1.8 ui-monospace,monospace;background:var(--soft);padding:.5rem 1rem}ol.secret{user-select:all;padding-left:3rem}.qr{width:100%;max-width:16rem;height:auto;display:block}
table{width:100%;border-collapse:collapse}caption{text-align:left;font-weight:700;padding:.5rem 0}th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}th{overflow-wrap:normal}dt{font-weight:700}dd{margin:0 0 .5rem}footer{border-top:1px solid var(--line);font-size:.9rem}@media(max-width:40rem){thead{position:absolute;left:-99rem}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:block;border:0;padding:.15rem 0}td:not([data-head=""])::before{content:attr(data-head) ": ";font-weight:700}}@media print{nav,form,.button,.skip,.yes{display:none}}
`.replaceAll('\n', '');

export type Html = ReturnType<typeof html>;

const OWN = ['profile', 'passphrase', 'methods', 'devices', 'password'] as const;
const COMPANY = ['users', 'security'] as const;

/** What the frame needs; a page about nobody has no login. */
export type Around = Pick<Visit, 'text' | 'words' | 'nonce' | 'desk' | 'login' | 'path' | 'formToken'>;

export type Framed = { title: TextKey; body: Html; refused?: Worded | undefined; said?: TextKey | undefined };

export function frame(visit: Around, { title, body, refused, said }: Framed): Html {
  const { text, words, nonce, desk } = visit;
  const more = refused?.more.map((one) => html`<p>${one}</p>`);
  return html`<!doctype html>
<html lang="${words.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)} – ${desk.name}</title><style nonce="${nonce}">${raw(STYLE)}</style></head>
<body><a class="skip" href="#main">${text('to-content')}</a><header><strong>${desk.name}</strong>${navigation(visit)}</header>
<main id="main"><h1>${text(title)}</h1>
${refused === undefined ? '' : html`<div class="no" role="alert"><p>${refused.message}</p>${more}</div>`}
${said === undefined ? '' : html`<p class="${said.startsWith('said') ? 'yes' : 'no'}" role="status">${text(said)}</p>`}
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
  const longest = name === 'reason' ? raw(' maxlength="200"') : '';
  const rest = html`${said}${longest}${optional === undefined ? ' required' : ''}`;
  return html`<p class="field"><label for="${name}">${label}</label>${about}<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${fills}" autocapitalize="none" spellcheck="false"${rest}></p>`;
}

export const passwordField = ({ text }: Pick<Visit, 'text'>, label: TextKey = 'password-again'): Html =>
  field('password', text(label), { type: 'password', fills: 'current-password' });

export const newPasswordFields = ({ text }: Pick<Visit, 'text'>): Html => {
  const more = { type: 'password', fills: 'new-password' } as const;
  return html`${field('next-password', text('password.next'), more)}${field('repeated', text('password.repeat'), more)}`;
};

export const codeField = (label: string, value = ''): Html => field('code', label, { fills: 'one-time-code', value });

export const link = (label: string, href: string): Html => html`<p><a class="button" href="${href}">${label}</a></p>`;

export const select = (name: string, label: string, options: readonly (readonly [value: string, shown: string])[]) =>
  html`<p class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${options.map(([value, shown]) => html`<option value="${value}">${shown}</option>`)}</select></p>`;

/** Sensitive acts need the whole sign-in once more where a remembered device, or too much time, stands in for the code. */
export const signInAgain = ({ text, path }: Visit): Html =>
  html`<p>${text('again.why')}</p>${link(text('again.do'), `/sign-in?again=1&next=${encodeURIComponent(path)}`)}`;

type Row = readonly (Html | string)[];

export function table(caption: string, heads: readonly string[], rows: readonly Row[], none = ''): Html {
  if (rows.length === 0) return html`<p>${none}</p>`;
  const lines = rows.map(
    (cells) => html`<tr>${cells.map((one, at) => html`<td data-head="${heads[at] ?? ''}">${one}</td>`)}</tr>`,
  );
  return html`<table><caption>${caption}</caption><thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead><tbody>${lines}</tbody></table>`;
}
