/**
 * Messages to customers: filled from their template, sealed, and queued in the transaction of their cause, so that a message is
 * sent if, and only if, its cause happened (B58). Sending comes later: deliver-outbox.ts.
 */
import type { Composed, Desk, OutboxRow, UserContacts, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { days } from '../../rules/duration.js';
import type { Owner } from '../../rules/people.js';

export interface Notice extends Owner {
  /** Name of the template in data/messages; it says whether it is an e-mail or an SMS. */
  readonly template: string;
  /** An address on file. No other one can be given (B57). */
  readonly to: string;
  /** The template's placeholders, without `deskName`. */
  readonly values: Readonly<Record<string, Worded>>;
  /** Id of the code that the message carries: once the code is over, the message is dropped (B89). */
  readonly code?: string;
  readonly attachment?: Composed['attachment'];
}

/** The sealed row. */
export type PreparedMessage = Parameters<Writes['outbox']['insert']>[0][number];

/** Makes the sealed row; pass it to `write.outbox.insert` inside the door. It is sent after the commit (`desk.sendQueued`). */
export function prepareMessage(
  desk: Pick<Desk, 'newId' | 'now' | 'vault' | 'compose'>,
  notice: Notice,
): PreparedMessage {
  const { template, to, account, user, values, code = null, attachment } = notice;
  const written = desk.compose(template, values, user.language ?? account.language);
  const composed = { ...written, ...(attachment === undefined ? {} : { attachment }) };
  const about = { account: account.id, user: user.id };
  return { ...sealedMessage(desk, { kind: template, composed, to, about }), reference: code };
}

/** A contact, or an admin, of longer ago is not told any more. */
export const LATELY_DAYS = 30;

/** The present e-mail address, and those that it replaced lately. */
export function addressesOf({ now }: Pick<Desk, 'now'>, { user, formerContacts }: UserContacts): readonly string[] {
  const lately = now() - days(LATELY_DAYS);
  const former = formerContacts.filter(({ replacedAt }) => replacedAt > lately).map(({ email }) => email);
  return [...new Set([user.email, ...former])].filter((address) => address !== '');
}

/** The row of any message. Until it is sent, `reference` names the code that it carries. Its text and its address are sealed; whom it is about is not. */
export function sealedMessage(
  desk: Pick<Desk, 'newId' | 'now' | 'vault'>,
  message: {
    readonly kind: string;
    readonly composed: Composed;
    readonly to: string;
    readonly about?: { readonly account: string | null; readonly user: string | null };
  },
) {
  const { kind, composed, to, about } = message;
  const id = desk.newId('msg');
  const at = desk.now();
  return {
    id,
    channel: composed.kind,
    kind,
    account_id: about?.account ?? null,
    user_id: about?.user ?? null,
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
}

/** Opens what `prepareMessage` sealed. */
export function openMessage({ vault }: Desk, { id, address, content }: Pick<OutboxRow, 'id' | 'address' | 'content'>) {
  const text = vault.openText('seal/message', { table: 'outbox', column: 'content', id }, content ?? '');
  const to = vault.openText('seal/contact', { table: 'outbox', column: 'address', id }, address);
  return { ...(JSON.parse(text) as Composed), to };
}
