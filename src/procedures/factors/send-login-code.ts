/** Sends a login code to the contact on file, for a login that waits for it (B31, B43). */
import type { Desk } from '../../desk.js';
import type { Site } from '../../factors/factor.js';
import { factorKind } from '../../factors/registry.js';
import { maskedContact } from '../../rules/masked-contact.js';
import { contactOnFile } from '../codes/contact-on-file.js';
import type { AnswerKind } from '../codes/methods.js';
import { newSentCode, requireSent, sentJustNow, storeSentCode } from '../codes/sent-codes.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { browserOnly, drawChallenge, keysOf } from './challenges.js';
import { ANSWERING, activeFactor } from './factor-choices.js';

/**
 * Sends a login code to the contact on file, unless one was sent there just now, and returns the masked contact;
 * undefined if this method sends no codes. Refusals: not-signed-in, locked, delivery-failed, factor-needed (a browser).
 */
export async function sendLoginCode(desk: Desk, login: PortalLogin, answer: AnswerKind): Promise<string | undefined> {
  await askOwner(desk, login, ANSWERING);
  const kind = answer === 'backup' ? undefined : factorKind(answer);
  if (kind?.family === 'challenged') throw browserOnly(desk, 'factor-needed');
  if (kind?.family !== 'sent') return undefined;
  const factor = await activeFactor(desk, login, kind.id);
  const about = { purpose: 'login', factorId: factor.id } as const;
  const contact = await contactOnFile(desk, kind, login);
  const to = maskedContact(kind.contact, contact);
  if (await sentJustNow(desk, kind, { userId: login.user.id, ...about })) return to;
  const code = newSentCode(desk, kind, login, { ...about, to: contact });
  await actAsOwner(desk, login, ANSWERING, {
    entry: () => ({ kind: 'portal.code-sent', detail: { factor: factor.id } }),
    change: (acting) => storeSentCode(acting, code),
  });
  await requireSent(desk, code.message.id);
  return to;
}

/** The same for a kind that a browser answers for: what it is asked with, as JSON. Refusal `invalid-input` if none is set up. */
export async function askBrowser(desk: Desk, login: PortalLogin, answer: AnswerKind, site: Site): Promise<string> {
  await askOwner(desk, login, ANSWERING);
  const kind = answer === 'backup' ? undefined : factorKind(answer);
  if (kind?.family !== 'challenged') throw new TypeError(`${answer} needs no browser`);
  await activeFactor(desk, login, kind.id);
  const known = (await keysOf(desk, login, kind)).map(({ secret }) => secret);
  const { store, ...drawn } = drawChallenge(desk, login.session, 'login');
  const options = await kind.ask({ ...drawn, site, known, owner: null });
  await actAsOwner(desk, login, ANSWERING, {
    entry: () => ({ kind: 'portal.challenged', detail: { factor: kind.id } }),
    change: store,
  });
  return options;
}
