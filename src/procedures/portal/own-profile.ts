/**
 * What users see of themselves in the portal (My Profile): facts about their secrets, never the secrets. And the e-mail or phone for codes,
 * which they change only with two codes: one to the contact on file for days (B57), one to the new one.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { SentFactor } from '../../factors/factor.js';
import { email, sms } from '../../factors/registry.js';
import { hasAdminStatus, hasPassphrase } from '../../rules/customer-roles.js';
import { faultOfEmail, faultOfPhone, maskedContact, tidy } from '../../rules/directory-fields.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Owner } from '../../rules/people.js';
import { findContact } from '../codes/contact-on-file.js';
import { judgeSentCode, newSentCode, requireSent, storeSentCode } from '../codes/sent-codes.js';
import { changePeople } from '../directory/change-person.js';
import { actAsOwner, askOwner } from './act-as-owner.js';
import type { PortalLogin } from './customer-login.js';
import { keepsOwnerCopies } from './owner-copy.js';
import { countOwnerAttempt } from './portal-attempts.js';

export type Profile = Awaited<ReturnType<typeof readProfile>>;

/** `privileges`: everything, or the scopes held. Null for a password that there is not (single sign-on). Refusals: those of the lock. */
export async function readProfile(desk: Desk, login: PortalLogin) {
  await askOwner(desk, login, { lock: 'owner' });
  const { account, user } = login;
  const password = await desk.store.read.secrets.applicationPassword(user.id);
  return {
    privileges: hasAdminStatus(desk.policy, account, user) ? ('everything' as const) : user.scopes,
    passphrase: await passphraseOf(desk, login),
    passwordChangedAt: password?.changed_at ?? null,
  };
}

/** `no-use`: a plain user makes no protected requests. `desk`: set on the set-up call. `readable`: `portal passphrase show` can show it. */
export async function passphraseOf(desk: Desk, { account, user }: Owner) {
  if (!hasPassphrase(desk.policy, account, user)) return { state: 'no-use', setAt: null, readable: false } as const;
  const row = await desk.store.read.secrets.passphrase(user.id);
  if (row?.verifier == null) return { state: 'none', setAt: null, readable: false } as const;
  const readable = keepsOwnerCopies(desk) && row.owner_copy !== null;
  return { state: row.set_by === 'desk' ? 'desk' : 'owner', setAt: row.set_at, readable } as const;
}

const CONTACTS = { email, phone: sms } as const satisfies Readonly<Record<string, SentFactor>>;

/** `next`: as typed, and the same for both steps. */
export interface ContactChange {
  readonly contact: keyof typeof CONTACTS;
  readonly next: string;
}

export const CHANGING_CONTACT = { lock: 'owner:fresh' } as const;
const PROOFS = ['contact-old', 'contact-new'] as const;
type Proof = (typeof PROOFS)[number];

/** What a code is good for: this change, in this session, of contact and country as they are now. For any other there is no code. */
function bindingOf(desk: Desk, { account, user, session }: PortalLogin, change: ContactChange, purpose: Proof) {
  const now = [String(user.contactChangedAt), account.country ?? ''];
  const about = [session.sessionId, ...now, change.contact, tidy(change.next)];
  return { userId: user.id, purpose, factorId: desk.digests.mac('mac/lookup', 'contact', ...about) };
}

/**
 * Sends both codes; the answer is where the first went, masked. Refusals: not-signed-in, factor-needed, invalid-input (no contact; the one
 * on file; nothing that is old enough on file), locked (too many codes), delivery-failed.
 */
export async function sendContactCodes(desk: Desk, login: PortalLogin, change: ContactChange): Promise<string> {
  await askOwner(desk, login, CHANGING_CONTACT);
  const { contact } = change;
  const text = tidy(change.next);
  const fault = contact === 'email' ? faultOfEmail(text) : faultOfPhone(text);
  // A number goes to its message in the form in which it is dialled.
  const next = contact === 'email' ? text : (await desk.phones())(text, login.account.country)?.e164;
  if (fault !== undefined || !next) throw refusal('invalid-input', 'contact-form', { contact });
  const { email: mail, phoneE164 } = login.user;
  if (contact === 'email' ? foldKey(next) === foldKey(mail) : next === phoneE164)
    throw refusal('invalid-input', 'contact-same', {});
  const old = await findContact(desk, CONTACTS[contact], login);
  if (old === '') throw refusal('invalid-input', 'contact-unproven', { contact }, 'ask-admin-or-desk');
  const codes = PROOFS.map((purpose) => {
    const sent = { to: purpose === 'contact-old' ? old : next, template: `contact-code-${contact}` };
    return newSentCode(desk, CONTACTS[contact], login, { ...bindingOf(desk, login, change, purpose), ...sent });
  });
  await actAsOwner(desk, login, CHANGING_CONTACT, {
    entry: () => ({ kind: 'portal.code-sent', detail: { contact } }),
    change: async (acting) => {
      for (const code of codes) await storeSentCode(acting, code);
    },
  });
  for (const { message } of codes) await requireSent(desk, message.id);
  return maskedContact(contact, old);
}

/**
 * Uses both codes up, or neither: a right one beside a wrong one can be given again. Refusals: not-signed-in (one is wrong, or for another
 * change), locked, and those of the lock. Wrong ones are counted and logged.
 */
export async function changeOwnContact(
  desk: Desk,
  login: PortalLogin,
  change: ContactChange,
  codes: Readonly<Record<Proof, string>>,
): Promise<void> {
  // Loaded before the door is opened.
  await desk.phones();
  const { contact } = change;
  const detail = { contact };
  const started = { kind: 'portal.code-started', subject: `portal-code:${login.user.id}`, detail } as const;
  const clear = await countOwnerAttempt(desk, login, { ...CHANGING_CONTACT, sendLater: true }, started);
  const moved = await actAsOwner<'owner:fresh', readonly string[] | null>(desk, login, CHANGING_CONTACT, {
    entry: (contacts) =>
      contacts === null
        ? { kind: 'portal.code-refused', outcome: 'refused', detail }
        : { kind: 'user.edited', detail: { fields: [contact], contacts } },
    change: async (acting) => {
      const { write, by } = acting;
      const { account, user: before } = by.login;
      const bound = PROOFS.map((purpose) => bindingOf(desk, by.login, change, purpose));
      const right: typeof bound = [];
      for (const binding of bound) {
        const given = { binding, typed: codes[binding.purpose] };
        if ((await judgeSentCode(acting, CONTACTS[contact], given)) === 'accepted') right.push(binding);
      }
      if (right.length < bound.length) {
        for (const { purpose, factorId } of right) {
          const row = await write.factors.newestCode(before.id, purpose, factorId);
          if (row !== undefined) await write.factors.updateCode(row.id, { used_at: null });
        }
        return null;
      }
      await clear(write);
      const after = { ...before, [contact]: tidy(change.next) };
      const [done] = await changePeople(acting, [{ account, before, after }], ['mail', 'in-portal', before.name]);
      return done?.moved ?? [];
    },
  });
  if (moved === null) throw refusal('not-signed-in', 'contact-codes-wrong', {}, 'try-again');
}
