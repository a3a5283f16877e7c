/**
 * Every message the desk can write, with the placeholders its text must use: the list that holds data/messages and the
 * procedures together. A file that uses another set of placeholders does not load.
 *
 * What the words stand for: `deskName` the desk; `name`, `login`, `account` the person written to and their company;
 * `who` did it, `requestedBy` asked for it on the phone; `target` the person it happened to, where that is another;
 * `when`, `until` times as text, zone included; `reference` the id to quote when objecting.
 */

import type { MessageKind } from './channel.js';

interface MessageShape {
  readonly kind: MessageKind;
  readonly placeholders: readonly string[];
}

const PERSON = ['deskName', 'name', 'login', 'account'] as const;

export const MESSAGES = {
  invitation: { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'enrolment-code': { kind: 'email', placeholders: [...PERSON, 'code', 'until'] },
  'login-code-email': { kind: 'email', placeholders: [...PERSON, 'code', 'minutes'] },
  'login-code-sms': { kind: 'sms', placeholders: ['deskName', 'login', 'code', 'minutes'] },
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
} as const satisfies Readonly<Record<string, MessageShape>>;

export type MessageName = keyof typeof MESSAGES;

/** True for the name of a message the desk can write. */
export function isMessageName(name: string): name is MessageName {
  return Object.hasOwn(MESSAGES, name);
}
