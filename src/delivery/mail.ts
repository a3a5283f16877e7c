/**
 * Turns a message into what nodemailer sends or writes: the one place that decides the headers of an e-mail.
 *
 * Header injection (ASVS 5.0 1.3.11) is shut out three times: the recipient must be one plain address, the subject is
 * put on one line here, and nodemailer encodes what is left. The envelope is stated, never derived from headers.
 */

import type { SendMailOptions } from 'nodemailer';

import type { Message } from './channel.js';
import { singleLine } from './single-line.js';

/** Who the desk writes as. */
export interface Sender {
  /** The desk's name as readers see it. */
  readonly name: string;
  readonly address: string;
}

/** One address of RFC 5321 without quotes, comments, lists or anything unseen; international letters allowed. */
const plainAddress = () => /^[^\s\p{C}<>()[\]\\,;:"@]{1,64}@[^\s\p{C}<>()[\]\\,;:"@]{1,255}$/u;

/** True for exactly one plain e-mail address. */
export function isPlainAddress(text: string): boolean {
  if (text.length > 254) return false;
  return /^[\w.+-]{1,64}@[\w.-]{1,255}$/.test(text) || plainAddress().test(text);
}

/** The Message-ID of a message: the same over all retries, so that a mail system drops the second copy. */
export function messageIdOf(message: Message, sender: Sender): string {
  return `<${message.id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`;
}

/** nodemailer's view of a message whose `to` has passed `isPlainAddress`. */
export function composeMail(message: Message, sender: Sender): SendMailOptions {
  return {
    from: { name: singleLine(sender.name), address: sender.address },
    to: { name: '', address: message.to },
    envelope: { from: sender.address, to: [message.to] },
    subject: singleLine(message.subject, 200),
    // With line ends as mail has them nodemailer breaks no line elsewhere where it encodes an accent: a code stays on its own.
    text: message.body.replace(/\r?\n/g, '\r\n'),
    messageId: messageIdOf(message, sender),
    date: new Date(message.createdAt),
    // RFC 3834: an out-of-office robot must not answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
