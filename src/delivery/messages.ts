/**
 * Every message that the desk can send, with the placeholders that its text must use. This list connects data/messages with the
 * procedures. A file that uses another set of placeholders does not load.
 *
 * Meaning of the placeholders: `deskName` the desk; `name`, `login`, `account` the recipient and their company; `who` did it;
 * `requestedBy` asked for it on the phone; `target` the person it happened to, if that is not the recipient;
 * `role`, `before`, `scopes`, `state`, `signIn`, `edition`, `what`, `change` what was changed; `when`, `until`, `from` times as text, with the zone; `reference` the id to quote in an objection.
 */

import type { MessageKind } from './channel.js';

export interface MessageShape {
  readonly kind: MessageKind;
  readonly placeholders: readonly string[];
}

export type Messages = Readonly<Record<string, MessageShape>>;

const PERSON = ['deskName', 'name', 'login', 'account'] as const;

/** Changes of power, to the admins of a company (B84). */
const TOLD = ['deskName', 'name', 'account', 'who', 'when'] as const;

/** Messages to operators go to people of the desk. */
const OPERATOR = ['deskName', 'name'] as const;

const FIXED = {
  invitation: { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'enrolment-code': { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'enrolment-code-wrong': { kind: 'email', placeholders: [...PERSON, 'when'] },
  'mfa-reset-notice': { kind: 'email', placeholders: [...PERSON, 'who', 'requestedBy', 'when', 'reference'] },
  'mfa-reset-notice-admins': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'target', 'who', 'requestedBy', 'when', 'reference'],
  },
  'mfa-reset-notice-admins-many': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'count', 'users', 'who', 'requestedBy', 'when', 'reference'],
  },
  'mfa-reset-notice-admins-job': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'count', 'who', 'requestedBy', 'when', 'reference'],
  },
  'mfa-reset-undone': { kind: 'email', placeholders: [...PERSON, 'who', 'when', 'reference'] },
  'factor-changed': { kind: 'email', placeholders: [...PERSON, 'change', 'who', 'when'] },
  'set-up-code': { kind: 'email', placeholders: [...PERSON, 'code', 'minutes'] },
  'passphrase-viewed': { kind: 'email', placeholders: [...PERSON, 'who', 'when'] },
  'passphrase-changed': { kind: 'email', placeholders: [...PERSON, 'who', 'when'] },
  'contact-changed': { kind: 'email', placeholders: [...PERSON, 'change', 'who', 'when'] },
  'objection-received': {
    kind: 'email',
    placeholders: ['deskName', 'name', 'account', 'target', 'who', 'when', 'reference'],
  },
  'enrolment-code-to-hand-on': { kind: 'email', placeholders: [...PERSON, 'target', 'code', 'until'] },
  'enrolment-code-handed-on': { kind: 'email', placeholders: [...TOLD, 'target'] },
  'backup-codes-created': { kind: 'email', placeholders: [...PERSON, 'count', 'who', 'when'] },
  'locked-out': { kind: 'email', placeholders: [...PERSON, 'count', 'when', 'until'] },
  'power-admin-added': { kind: 'email', placeholders: [...TOLD, 'target', 'role', 'from'] },
  'power-admins-added': { kind: 'email', placeholders: [...TOLD, 'count', 'users', 'from'] },
  'power-company-switched': { kind: 'email', placeholders: [...TOLD, 'state'] },
  'power-country': { kind: 'email', placeholders: [...TOLD, 'country'] },
  'power-edition': { kind: 'email', placeholders: [...TOLD, 'before', 'edition'] },
  'power-handed-over': { kind: 'email', placeholders: [...TOLD, 'target', 'previous', 'role', 'from'] },
  'power-login-switched': { kind: 'email', placeholders: [...TOLD, 'target', 'state'] },
  'power-mfa-off': { kind: 'email', placeholders: [...TOLD] },
  'power-phone-resets': { kind: 'email', placeholders: [...TOLD] },
  'power-role-changed': { kind: 'email', placeholders: [...TOLD, 'target', 'before', 'role', 'scopes'] },
  'power-sign-in': { kind: 'email', placeholders: [...TOLD, 'target', 'signIn'] },
  'power-sign-in-all': { kind: 'email', placeholders: [...TOLD, 'count', 'signIn'] },
  'power-sign-on-changed': { kind: 'email', placeholders: [...TOLD] },
  'delivery-test': { kind: 'email', placeholders: ['deskName', 'who', 'when'] },
  'desk-alarm': { kind: 'email', placeholders: [...OPERATOR, 'where', 'target', 'misses', 'bound', 'who', 'when'] },
  'desk-power-changed': { kind: 'email', placeholders: [...OPERATOR, 'what', 'target', 'change', 'who', 'when'] },
  'operator-invitation': { kind: 'email', placeholders: [...OPERATOR, 'role', 'code', 'until'] },
  'operator-changed': { kind: 'email', placeholders: [...OPERATOR, 'change', 'who', 'when'] },
  'operator-signed-in': { kind: 'email', placeholders: [...OPERATOR, 'when'] },
  'operator-recovered': { kind: 'email', placeholders: [...OPERATOR, 'who', 'when'] },
  'operator-recovery-waits': { kind: 'email', placeholders: [...OPERATOR, 'who', 'when', 'from'] },
} as const satisfies Messages;

/** A code to sign in with. Each factor that sends codes has its own text, as an e-mail or as an SMS. */
const LOGIN_CODE = {
  email: { kind: 'email', placeholders: [...PERSON, 'code', 'minutes'] },
  phone: { kind: 'sms', placeholders: ['deskName', 'login', 'code', 'minutes'] },
} as const satisfies Messages;

/** A message with a factor's code, and the contact that it goes to. */
export interface CodeMessage {
  readonly name: string;
  readonly contact: keyof typeof LOGIN_CODE;
}

/** All messages: the fixed ones, and those with a code. */
export const messagesWith = (codes: readonly CodeMessage[]): Messages => ({
  ...FIXED,
  ...Object.fromEntries(codes.map(({ name, contact }) => [name, LOGIN_CODE[contact]])),
});
