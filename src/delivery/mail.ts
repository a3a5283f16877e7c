/**
 * Turns a message into what nodemailer sends or writes: the only place that decides the headers of an e-mail.
 *
 * Three things prevent header injection (ASVS 5.0 1.3.11): the recipient must be one plain address, this file puts the subject on one
 * line, and nodemailer encodes the rest. The envelope is given, never derived from headers.
 */

import type { SendMailOptions } from 'nodemailer';
import type { Message } from './channel.js';

export interface Sender {
  /** The name that readers see. */
  readonly name: string;
  readonly address: string;
}

/** One address of RFC 5321 without quotes, comments, lists or invisible characters; international letters are allowed. */
const plainAddress = () => /^[^\s\p{C}<>()[\]\\,;:"@]{1,64}@[^\s\p{C}<>()[\]\\,;:"@]{1,255}$/u;

/** True for exactly one plain e-mail address. */
export function isPlainAddress(text: string): boolean {
  if (text.length > 254) return false;
  return /^[\w.+-]{1,64}@[\w.-]{1,255}$/.test(text) || plainAddress().test(text);
}

/** The Message-ID of a message: the same in all retries, so that a mail system drops the second copy. */
export function messageIdOf(message: Message, sender: Sender): string {
  return `<${message.id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`;
}

/** nodemailer's view of a message whose `to` has passed `isPlainAddress`. */
export function composeMail(message: Message, sender: Sender): SendMailOptions {
  const { attachment } = message;
  return {
    from: { name: singleLine(sender.name), address: sender.address },
    to: { name: '', address: message.to },
    envelope: { from: sender.address, to: [message.to] },
    subject: singleLine(message.subject, 200),
    // With CRLF nodemailer adds no line breaks when it encodes accents, so a code stays on a line of its own.
    text: message.body.replace(/\r?\n/g, '\r\n'),
    messageId: messageIdOf(message, sender),
    ...(attachment && {
      attachments: [{ filename: attachment.name, content: attachment.text, contentType: 'text/csv; charset=utf-8' }],
    }),
    date: new Date(message.createdAt),
    // RFC 3834: an out-of-office robot must not answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Line breaks of every kind (RFC 5322, Unicode UAX 14) and tabs, which a reader sees as a gap. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/** Control, format (bidi, zero-width), lone surrogate, private and unassigned characters. */
const unseen = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/**
 * `text` on one line, breaks as a space, other unseen characters as U+FFFD so that tampering shows, cut with `…`: a name or an address from a
 * directory must not start a new header or paragraph, or reorder the text around it (CVE-2021-42574 "Trojan Source" characters).
 */
export function singleLine(text: string, maxCodePoints = Number.POSITIVE_INFINITY): string {
  const line = text.replace(BREAKS, ' ').replace(unseen(), '\u{FFFD}').trim();
  const points = [...line];
  return points.length <= maxCodePoints ? line : `${points.slice(0, maxCodePoints - 1).join('')}…`;
}
