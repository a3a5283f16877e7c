/** What an act must have proven first: it is asked for on a page of its own, which comes back to the same act with the same fields. */
import { html } from 'hono/html';
import type { OwnerDoor } from '../procedures/portal/owner-locks.js';
import { button, form, hidden, passwordField, signInAgain } from './layout.js';
import type { Answer } from './page.js';
import { owedFor, type Signed, takePassword } from './visit.js';

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
