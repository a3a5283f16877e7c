/**
 * Every message that the desk can send, with the placeholders that its text must use (placeholders.json). That list connects
 * the texts with the procedures. A file that uses another set of placeholders does not load.
 *
 * Meaning of the placeholders: `deskName` the desk; `name`, `login`, `account` the recipient and their company; `who` did it;
 * `requestedBy` asked for it on the phone; `target` the person it happened to, if that is not the recipient;
 * `role`, `before`, `scopes`, `state`, `signIn`, `edition`, `what`, `change` what was changed; `pages` where our pages are (a paragraph with it is left out
 * where there are none); `when`, `until`, `from` times as text, with the zone; `reference` the id to quote in an objection.
 */
import type { MessageKind } from './channel.js';
import placeholders from './placeholders.json' with { type: 'json' };

export interface MessageShape {
  readonly kind: MessageKind;
  readonly placeholders: readonly string[];
}

export type Messages = Readonly<Record<string, MessageShape>>;

/** A code to sign in with. Each factor that sends codes has its own text, as an e-mail or as an SMS. */
const LOGIN_CODE = {
  email: { kind: 'email', placeholders: ['deskName', 'name', 'login', 'account', 'code', 'minutes'] },
  phone: { kind: 'sms', placeholders: ['deskName', 'login', 'code', 'minutes'] },
} as const satisfies Messages;

/** A message with a factor's code, and the contact that it goes to. */
export interface CodeMessage {
  readonly name: string;
  readonly contact: keyof typeof LOGIN_CODE;
}

const email = (words: readonly string[]): MessageShape => ({ kind: 'email', placeholders: words });

/** All messages: those of the list, which are e-mails, and those with a code. */
export const messagesWith = (codes: readonly CodeMessage[]): Messages => ({
  ...Object.fromEntries(Object.entries(placeholders).map(([name, words]) => [name, email(words)])),
  ...Object.fromEntries(codes.map(({ name, contact }) => [name, LOGIN_CODE[contact]])),
  ...Object.fromEntries(Object.entries(LOGIN_CODE).map(([contact, shape]) => [`contact-code-${contact}`, shape])),
});
