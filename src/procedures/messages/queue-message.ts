/**
 * Messages to customers: filled from their template, sealed, and queued in the transaction of their cause, so that a message is
 * sent if, and only if, its cause happened (B58). Sending comes later: deliver-outbox.ts.
 */
import type { Composed, Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import type { Account, User } from '../../rules/people.js';

export interface Notice {
  /** Name of the template in data/messages; it says whether it is an e-mail or an SMS. */
  readonly template: string;
  /** An address on file. No other one can be given (B57). */
  readonly to: string;
  readonly account: Account;
  readonly user: User;
  /** The template's placeholders, without `deskName`. */
  readonly values: Readonly<Record<string, Worded>>;
  /** Id of the code that the message carries: once the code is over, the message is dropped (B89). */
  readonly code?: string;
  readonly attachment?: Composed['attachment'];
}

export interface PreparedMessage {
  readonly id: string;
  readonly row: Parameters<Writes['outbox']['insert']>[0][number];
}

/** Makes the sealed row; pass it to `write.outbox.insert` inside the door. It is sent after the commit (`desk.sendQueued`). */
export function prepareMessage(desk: Pick<Desk, 'newId' | 'now' | 'vault' | 'compose'>, notice: Notice) {
  const { template, to, account, user, values, code = null, attachment } = notice;
  const written = desk.compose(template, values, user.language ?? account.language);
  const composed = { ...written, ...(attachment === undefined ? {} : { attachment }) };
  const about = { account: account.id, user: user.id };
  const { id, row } = sealedMessage(desk, { kind: template, composed, to, about });
  return { id, row: { ...row, reference: code } };
}

/** The row of any message. Until it is sent, `reference` names the code that it carries. Its text and its address are sealed; whom it is about is not. */
export function sealedMessage(
  desk: Pick<Desk, 'newId' | 'now' | 'vault'>,
  message: {
    readonly kind: string;
    readonly composed: Composed;
    readonly to: string;
    readonly about: { readonly account: string | null; readonly user: string | null };
  },
): PreparedMessage {
  const { kind, composed, to, about } = message;
  const id = desk.newId('msg');
  const at = desk.now();
  const row = {
    id,
    channel: composed.kind,
    kind,
    account_id: about.account,
    user_id: about.user,
    address: desk.vault.seal('seal/contact', { table: 'outbox', column: 'address', id }, to),
    content: desk.vault.seal('seal/message', { table: 'outbox', column: 'content', id }, JSON.stringify(composed)),
    state: 'queued',
    attempts: 0,
    next_attempt_at: at,
    last_error: null,
    reference: null,
    created_at: at,
    delivered_at: null,
  };
  return { id, row };
}

/** Opens what `prepareMessage` sealed. */
export function openMessage(desk: Desk, row: { id: string; address: string; content: string }) {
  const { id } = row;
  const content = desk.vault.openText('seal/message', { table: 'outbox', column: 'content', id }, row.content);
  const to = desk.vault.openText('seal/contact', { table: 'outbox', column: 'address', id }, row.address);
  return { ...(JSON.parse(content) as Composed), to };
}
