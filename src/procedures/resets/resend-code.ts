/**
 * The enrolment code of a reset once more (B89): for a verified caller, by somebody at the desk who may run bulk resets, or by an admin of the
 * company, who may also have it sent to themselves and hand it on. Otherwise it goes only to what is on file. The fresh code kills the one
 * before, and whoever asks, and wherever, one limit counts.
 */
import type { Desk, SignedOperator, UserContacts } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { maskedContact } from '../../rules/directory-fields.js';
import { minuteOf } from '../../rules/moment.js';
import type { Owner, User } from '../../rules/people.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import { decideTarget } from '../../rules/reset-target.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { requireGrant } from '../calls/grants.js';
import { type PreparedEnrolmentCode, prepareEnrolmentCode, replaceEnrolmentCode } from '../codes/enrolment-code.js';
import { userFactors } from '../codes/user-factors.js';
import { findUser } from '../directory/find-account.js';
import { addressesOf, type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { sentState } from '../messages/read-outbox.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { requireNotFrozen } from './freeze.js';
import { adminsOf } from './reset-notices.js';

type Outcome = 'sent' | 'not-needed' | 'no-address';
/** `to`: masked; `state`: what became of the mail. Null if nothing was sent. */
export type Resent = Awaited<ReturnType<typeof resent>>;

const UNDER_GRANT = { permission: 'mfa:reset-with-grant', logsRefusals: true } as const;
const WITHOUT_CALL = { permission: 'mfa:reset-bulk', logsRefusals: true } as const;
export const RESENDING = { lock: 'company:resets' } as const;

/** Refusals: no-grant, forbidden, refused-by-policy (frozen, objected), locked (too many that nobody used). */
export async function resendCode(
  desk: Desk,
  signed: SignedOperator,
  { account, user }: Owner,
  grantId: string | undefined,
) {
  const door = grantId === undefined ? WITHOUT_CALL : UNDER_GRANT;
  await askAuthority(desk, signed, door);
  const prepared = await prepareEnrolmentCode(desk, account, user);
  const outcome = await act<'mfa:reset-with-grant' | 'mfa:reset-bulk', Outcome>(desk, signed, door, {
    entry: (done) => entryOf({ account, user }, done),
    change: async (acting) => {
      const { alsoUserId: operatorUserId } = acting.by;
      if (operatorUserId === user.id) throw refusal('forbidden', 'own-reset', {}, 'ask-other-operator');
      const grant = grantId === undefined ? null : await requireGrant(acting, grantId, MFA_RESET);
      const { policy } = desk;
      const done = await replace(acting, user, prepared, (target) => {
        if (grant !== null)
          decideTarget({ ...grant, policy, operatorUserId, target, objected: false, now: acting.now });
      });
      // A grant is not used up by nothing (M5).
      if (grantId !== undefined && done === 'sent') await acting.write.grants.use(grantId, acting.now);
      return done;
    },
  });
  return resent(desk, { account, user }, outcome, prepared);
}

/** As `resendCode`; refusals also: not-signed-in, factor-needed, not-found, forbidden (oneself; an admin's code is not handed on). */
export async function resendInPortal(
  desk: Desk,
  login: PortalLogin,
  { reference, handOn }: { readonly reference: string; readonly handOn: boolean },
) {
  await askOwner(desk, login, RESENDING);
  const { account } = login;
  const { user } = await findUser(desk, reference, account);
  if (user.id === login.user.id) throw refusal('forbidden', 'own-reset', {}, 'change-own-methods');
  const allow = (target: User) => {
    if (handOn && hasAdminStatus(desk.policy, account, target)) throw refusal('forbidden', 'admin-code-handed-on', {});
  };
  allow(user);
  const prepared = await prepareEnrolmentCode(desk, account, user, handOn ? login.user : undefined);
  const notices = handOn ? await handedOn(desk, login, user) : [];
  const outcome = await actAsOwner<'company:resets', Outcome>(desk, login, RESENDING, {
    entry: (done) => entryOf({ account, user }, done, handOn),
    change: (acting) => replace(acting, user, prepared, allow, notices),
  });
  return resent(desk, { account, user }, outcome, prepared);
}

/** `allow` judges the user as they are now; throws a refusal. */
async function replace(
  acting: Acting<'mfa:reset-with-grant' | 'mfa:reset-bulk'> | ActingOwner<'company:resets'>,
  user: User,
  prepared: PreparedEnrolmentCode | null,
  allow: (target: User) => void,
  notices: readonly PreparedMessage[] = [],
): Promise<Outcome> {
  const { desk, write, now } = acting;
  await requireNotFrozen(write, now);
  const target = await write.users.byId(user.id);
  if (target === undefined) throw refusal('not-found', 'user-gone', {});
  allow(target);
  const open = await write.resets.openOfUser(user.id);
  if (open !== undefined && open.objected_at !== null) throw refusal('refused-by-policy', 'reset-objected', {});
  if (!(await userFactors(desk, write.factors, user.id)).enrolmentCodeNeeded) return 'not-needed';
  if (target.contactChangedAt !== user.contactChangedAt) throw refusal('busy', 'overtaken', {}, 'try-again');
  if (prepared === null) return 'no-address';
  await replaceEnrolmentCode(acting, prepared);
  await write.outbox.insert(notices);
  return 'sent';
}

/** The owner at every address, and the other admins, learn that somebody has the code (B89). */
async function handedOn(desk: Desk, { account, user: admin }: PortalLogin, user: User) {
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const others = (await adminsOf(desk, [account])).get(account.id) ?? [];
  const values = { account: account.name, target: `${user.name} (${user.login})`, who: admin.name || admin.login };
  const said = (to: UserContacts['user'], address: string) =>
    prepareMessage(desk, {
      ...{ template: 'enrolment-code-handed-on', to: address, account, user: to },
      values: { ...values, name: to.name || to.login, when: minuteOf(desk.now()) },
    });
  const own = contacts === undefined ? [] : addressesOf(desk, contacts).map((address) => said(user, address));
  return [...own, ...others.filter(({ id }) => id !== user.id).map((one) => said(one, one.email))];
}

const entryOf = ({ account, user }: Owner, result: Outcome, handOn = false): ActEntry => ({
  kind: 'mfa.code-resent',
  account: account.id,
  user: user.id,
  detail: { result, ...(handOn ? { handedOn: true } : {}) },
});

async function resent(desk: Desk, owner: Owner, outcome: Outcome, prepared: PreparedEnrolmentCode | null) {
  if (outcome !== 'sent' || prepared === null) return { ...owner, outcome, to: null, state: null, why: null };
  const { to, message } = prepared;
  return { ...owner, outcome, to: maskedContact('email', to), ...(await sentState(desk, message.id)) };
}
