/** What a page is: whom it is for, what it shows, and what its forms do. app.ts keeps the rules that hold for all of them. */

import { html } from 'hono/html';
import type { OwnerDoor } from '../procedures/portal/owner-locks.js';
import { LOGIN_STATES, type LoginState } from '../rules/mfa-login.js';
import { button, form, type Html, hidden, passwordField, signInAgain } from './layout.js';
import type { TextKey } from './text.js';
import { owedFor, type Signed, takePassword, type Visit } from './visit.js';

/** A page of its own after a form, for what is shown once, with a script if it says so; a text to be kept under this name; or a page to go to, with the sentence that it says. */
export type Answer =
  | { readonly html: Html; readonly script?: true }
  | { readonly file: string; readonly lines: string }
  | { readonly to: string; readonly said?: TextKey };

export interface Page<V extends Visit = Visit> {
  readonly path: string;
  readonly title: TextKey;
  /** States of the login that it is for; `nobody`: one who is not signed in. */
  readonly states: readonly LoginState[] | 'nobody';
  readonly show: (visit: V) => Html | Promise<Html>;
  /** By the first word of the pressed button's value; the rest of it is `which`. */
  readonly acts: Readonly<Record<string, (visit: V, which: string) => Promise<Answer>>>;
}

/** A page for somebody who is signed in, if only half; `Visit` for one that nobody needs to be signed in for. */
export const page = <V extends Visit = Signed>(
  ...[path, title, states, does]: [string, TextKey, Page['states'], Pick<Page<V>, 'show' | 'acts'>]
): Page => ({ path, title, states, ...(does as unknown as Pick<Page, 'show' | 'acts'>) });

/** Where each state of a login goes on. */
const NEXT = ['/profile', '/sign-in/code', '/set-up/code', '/set-up'];
/** Pages that a sign-in may lead back to: there are no other redirects. */
const BACK_TO = ['/profile', '/contact', '/passphrase', '/password', '/methods', '/devices', '/users', '/security'];

export function onwards({ login, given }: Pick<Visit, 'login' | 'given'>): string {
  if (login === undefined) return '/sign-in';
  const next = NEXT[LOGIN_STATES.indexOf(login.session.state)] ?? '/profile';
  if (!BACK_TO.includes(given('next'))) return next;
  return next === '/profile' ? given('next') : `${next}?next=${encodeURIComponent(given('next'))}`;
}

/** A password of a moment ago, and with MFA a second factor: a browser that somebody left open is not enough. */
const FRESH = { lock: 'owner:fresh' } as const;

/** `act`: the pressed button's value; `kept`: the names of the fields that the act reads. */
export async function proven(
  visit: Signed,
  { act, kept, door = FRESH }: { readonly act: string; readonly kept: readonly string[]; readonly door?: OwnerDoor },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { text, all, given } = visit;
  const owed = owedFor(visit, door);
  if (owed === 'sign-in') return { html: signInAgain(visit) };
  if (owed === 'password' && given('password') === '') {
    const again = kept.flatMap((name) => all(name).map((value) => hidden(name, value)));
    const asking = html`${again}${passwordField(visit)}${button(text('go-on'), act.trim(), 'first')}`;
    return { html: html`<p>${text('users.password-first')}</p>${form(visit, asking)}` };
  }
  if (owed === 'password') await takePassword(visit);
  return work();
}
