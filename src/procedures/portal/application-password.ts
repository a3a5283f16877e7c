/**
 * The application password of a user (B10): its rules, what is stored for it, and its check. It has nothing to do with the
 * passphrase, except that it opens the owner's own copy of it (crypto/owner-view, B17).
 */
import type { Desk, TrustEnded } from '../../desk.js';
import { type Facts, type Reason, type Refusal, refusal } from '../../errors.js';
import { leastLength } from '../../rules/passphrase.js';
import type { Account, User } from '../../rules/people.js';
import { matchForm } from '../../rules/spoken-form.js';
import { asTyped, fitsLength, passwordFaults } from '../judge-password.js';
import { applicationPasswordContext, passphraseContext } from '../seal-contexts.js';
import { actAsOwner, askOwner } from './act-as-owner.js';
import type { PortalLogin } from './customer-login.js';

const NOBODY = { id: 'nobody', accountId: 'nobody' } as const;

/**
 * Refusal `invalid-input` for a password that breaks the policy, can be guessed, or is the passphrase as spoken (B10, B21). It must be
 * longer where no second factor stands beside it: in a company without multi-factor authentication (B80). The passphrase is compared
 * last, and only for a user who has proven to be the owner: its refusal reveals that the two are the same, and every other answer must
 * lead to a change, so that nobody can go on trying.
 */
export async function judgeApplicationPassword(desk: Desk, user: User, account: Account, password: string) {
  const rules = desk.policy.limits.applicationPassword;
  const least = leastLength(rules, account.mfaRequiredAt === null);
  if (!fitsLength(password, least, rules)) throw notThis('app-password-form', { min: least, max: rules.maxCodePoints });
  const known = [user.login, user.name, user.email, user.phone, account.name, account.number, desk.name];
  const faults = await passwordFaults(desk, rules, password, known);
  if (faults.length > 0) {
    const problems = faults.map(({ message }) => ({ message }));
    throw refusal('invalid-input', 'app-password-weak', {}, 'several-words', { problems });
  }
  if (await isPassphrase(desk, user, password)) throw notThis('app-password-is-passphrase', {});
}

async function isPassphrase(desk: Desk, user: User, password: string): Promise<boolean> {
  const row = await desk.store.read.secrets.passphrase(user.id);
  if (row?.verifier == null) return false;
  const form = matchForm(password, row.form_version);
  if (form === '') return false;
  return (await desk.secrets.check('person', 'seal/passphrase', passphraseContext(user), row.verifier, form)).matches;
}

/**
 * Hashes and seals; store `verifier` with `write.secrets.putApplicationPassword`. Pass `keep` (from a check of the old password)
 * whenever the old password was proven: on a change, and when a check says `outdated`. Without it the password counts as set
 * anew: then call `destroyOwnerCopy` in the same transaction.
 */
export const prepareApplicationPassword = (desk: Desk, user: User, password: string, keep?: Uint8Array) =>
  desk.ownerView.make(applicationPasswordContext(user), asTyped(password), keep);

/**
 * One argon2id run, even for an unknown user and for one without a password. Count the attempt before (B72). If it is `outdated`, make a new one with
 * `prepareApplicationPassword(…, viewKey)`. `viewKey` opens the owner's copy and is kept in memory only, for the one command; null for a wrong password.
 */
export async function checkApplicationPassword(desk: Desk, user: User | null, password: string) {
  const row = user === null ? undefined : await desk.store.read.secrets.applicationPassword(user.id);
  return desk.ownerView.check(applicationPasswordContext(user ?? NOBODY), row?.verifier ?? null, asTyped(password));
}

export const CHANGING_PASSWORD = { lock: 'owner:fresh' } as const;

/**
 * The owner changes it; the passphrase and its readable copy stay as they are (B10, B17). Ends the user's other portal sessions and forgets all
 * devices (B82). `viewKey` is from the check of the current password that was given with this command; it is wrapped again under the next one.
 * Refusals: not-signed-in, factor-needed, enrolment-needed, invalid-input.
 */
export async function changeApplicationPassword(
  desk: Desk,
  login: PortalLogin,
  { viewKey, next }: { viewKey: Uint8Array; next: string },
): Promise<TrustEnded> {
  await askOwner(desk, login, CHANGING_PASSWORD);
  const { user, session } = login;
  const before = await desk.store.read.secrets.applicationPassword(user.id);
  await judgeApplicationPassword(desk, user, login.account, next);
  const { verifier } = await prepareApplicationPassword(desk, user, next, viewKey);
  return actAsOwner(desk, login, CHANGING_PASSWORD, {
    entry: (ended) => ({ kind: 'application-password.changed', detail: { ...ended } }),
    change: async ({ write, now }) => {
      if ((await write.secrets.applicationPassword(user.id))?.verifier !== before?.verifier) {
        throw refusal('busy', 'password-overtaken', {}, 'sign-in-and-look');
      }
      await write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: now });
      return write.trust.end([user.id], { keepSession: session.sessionId });
    },
  });
}

const notThis = (reason: Reason, facts: Facts): Refusal => refusal('invalid-input', reason, facts, 'several-words');
