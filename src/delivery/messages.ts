/**
 * Every message the desk can write, with the placeholders its text must use: the list that holds data/messages and the
 * procedures together. A file that uses another set of placeholders does not load.
 *
 * What the words stand for: `deskName` the desk; `name`, `login`, `account` the person written to and their company;
 * `who` did it, `requestedBy` asked for it on the phone; `target` the person it happened to, where that is another;
 * `when`, `until` times as text, zone included; `reference` the id to quote when objecting.
 */

import type { MessageKind } from './channel.js';

export interface MessageShape {
  readonly kind: MessageKind;
  readonly placeholders: readonly string[];
}

export type Messages = Readonly<Record<string, MessageShape>>;

const PERSON = ['deskName', 'name', 'login', 'account'] as const;

const FIXED = {
  invitation: { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'enrolment-code': { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'mfa-reset-notice': { kind: 'email', placeholders: [...PERSON, 'who', 'requestedBy', 'when', 'reference'] },
  'mfa-reset-notice-admins': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'target', 'who', 'requestedBy', 'when', 'reference'],
  },
  'mfa-reset-notice-admins-many': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'count', 'users', 'who', 'requestedBy', 'when', 'reference'],
  },
  'mfa-reset-undone': { kind: 'email', placeholders: [...PERSON, 'who', 'when', 'reference'] },
  'factor-changed': { kind: 'email', placeholders: [...PERSON, 'change', 'who', 'when'] },
  'passphrase-viewed': { kind: 'email', placeholders: [...PERSON, 'who', 'when'] },
  'passphrase-changed': { kind: 'email', placeholders: [...PERSON, 'who', 'when'] },
  'contact-changed': { kind: 'email', placeholders: [...PERSON, 'change', 'who', 'when'] },
  'objection-received': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'target', 'who', 'when', 'reference'],
  },
  'backup-codes-created': { kind: 'email', placeholders: [...PERSON, 'count', 'who', 'when'] },
  'locked-out': { kind: 'email', placeholders: [...PERSON, 'count', 'when', 'until'] },
} as const satisfies Messages;

/** A code to sign in with: the factor that sends it has a text of its own, in the shape of where it goes. */
const LOGIN_CODE = {
  email: { kind: 'email', placeholders: [...PERSON, 'code', 'minutes'] },
  phone: { kind: 'sms', placeholders: ['deskName', 'login', 'code', 'minutes'] },
} as const satisfies Messages;

/** A message that carries a factor's code, and the contact that it goes to. */
export interface CodeMessage {
  readonly name: string;
  readonly contact: keyof typeof LOGIN_CODE;
}

/** All messages: the fixed ones, and those that carry a code. */
export const messagesWith = (codes: readonly CodeMessage[]): Messages => ({
  ...FIXED,
  ...Object.fromEntries(codes.map(({ name, contact }) => [name, LOGIN_CODE[contact]])),
});
