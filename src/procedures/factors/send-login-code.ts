/** A login code to the contact on file, for a login that waits for it (B31, B43). */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { factorKind } from '../../factors/registry.js';
import { maskedContact } from '../../rules/masked-contact.js';
import { contactOnFile } from '../codes/contact-on-file.js';
import type { AnswerKind } from '../codes/methods.js';
import { newSentCode, sentJustNow, storeSentCode } from '../codes/sent-codes.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { currentLogin, ownerEntryBase, type PortalLogin, requireState } from '../portal/customer-login.js';
import { activeFactor } from './factor-choices.js';

/**
 * Sends a login code to the contact on file, unless one went there just now, and answers where it went, masked; undefined where this way of
 * answering has none to send. Refusals: not-signed-in, locked, delivery-failed.
 */
export async function sendLoginCode(desk: Desk, login: PortalLogin, answer: AnswerKind): Promise<string | undefined> {
  const kind = answer === 'backup' ? undefined : factorKind(answer);
  if (kind?.family !== 'sent') return undefined;
  const factor = await activeFactor(desk, login, kind.id);
  const about = { purpose: 'login', factorId: factor.id } as const;
  const contact = await contactOnFile(desk, kind, login.user);
  const to = maskedContact(kind.contact, contact);
  if (await sentJustNow(desk, kind, { userId: login.user.id, ...about })) return to;
  const code = newSentCode(desk, kind, login, { ...about, to: contact });
  await desk.store.record(
    { ...ownerEntryBase(desk, login.user), kind: 'portal.code-sent', outcome: 'done', detail: { factor: factor.id } },
    async (write, log) => {
      requireState(await currentLogin(desk, write, log, login), ['factor-needed']);
      await storeSentCode(desk, write, log, code);
    },
  );
  await sendNow(desk, code.message.id);
  return to;
}

/** A code that waits in the outbox is no use to someone who is signing in: they are told. */
export async function sendNow(desk: Desk, messageId: string): Promise<void> {
  const report = await deliverOutbox(desk, [messageId]);
  // Neither: another process is sending it already.
  if (report.waiting === 0 && report.givenUp === 0) return;
  throw new Refusal('delivery-failed', 'the code could not be sent just now', {
    hint: 'Use another method (--factor), or try again in a few minutes.',
  });
}
