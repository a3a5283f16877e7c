/**
 * Invitations: a one-time code to the e-mail on file, with which the user sets the application password. The desk never sees the
 * code: it goes from here into a sealed message, and the store keeps a keyed digest. A new invitation replaces the earlier one.
 *
 * The first invitation takes along a copy of the passphrase that waits; a second one destroys it (owner-copy.ts).
 *
 * If a password is set already, the invitation resets it. Then it goes only to an address that was on file long enough, as an
 * enrolment code does (B57): a contact given on a call must not open a login that somebody uses.
 */

import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { maskedAddress } from '../../rules/directory-fields.js';
import { days, hours } from '../../rules/duration.js';
import { nextInvitation } from '../../rules/invitation-pace.js';
import { iso, minuteOf } from '../../rules/moment.js';
import type { Owner } from '../../rules/people.js';
import { act, askAuthority, loggingRefusals } from '../authorise.js';
import { newDeskCode } from '../codes/desk-code.js';
import { oldEnoughAddress } from '../codes/enrolment-code.js';
import { prepareMessage } from '../messages/queue-message.js';
import { sentState } from '../messages/read-outbox.js';
import { ownerCopyContext } from '../seal-contexts.js';
import { isClosed } from './customer-login.js';
import { copyKeyOf, moveOwnerCopy } from './owner-copy.js';

export type Invitation = Awaited<ReturnType<typeof inviteUsers>>[number];

const INVITING = { permission: 'user:invite', logsRefusals: true } as const;

/**
 * `since`: whoever was invited from then on is left alone. Refusals, before anyone is invited: no e-mail on file, disabled, a login that signs in by SSO only (B36), or one with a
 * password and no address that was on file long enough (B57).
 */
export async function inviteUsers(desk: Desk, signed: SignedOperator, found: readonly Owner[], since?: number) {
  await askAuthority(desk, signed, INVITING);
  const people: Invitee[] = [];
  for (const one of new Map(found.map((each) => [each.user.id, each])).values()) {
    await loggingRefusals(desk, signed, INVITING, () => requireInvitable(desk, one));
    people.push(await addressed(desk, one));
  }
  const at = desk.now();
  const expiresAt = at + hours(desk.policy.limits.invitation.hours);
  const prepared = people.map((one) => prepare(desk, one, expiresAt));
  await act(desk, signed, INVITING, {
    entry: () =>
      prepared.map(({ account, user, message, address }) => ({
        kind: 'user.invited',
        account: account.id,
        user: user.id,
        detail: { message: message.id, expiresAt, address },
      })),
    change: async ({ write, now }) => {
      for (const one of prepared) {
        const { user, code, message } = one;
        await requireUnchanged(write, one);
        await requirePace(desk, write, one, now, since);
        await write.factors.deleteCodes(user.id, ['activate']);
        await write.factors.insertCode({ ...code, created_at: now, expires_at: expiresAt });
        await write.outbox.insert([message]);
        if (!one.resets)
          await moveOwnerCopy(desk, write, user, copyKeyOf(desk).viewKey, (phrase) =>
            desk.ownerView.sealCopyTo(code.copy_key, ownerCopyContext(user), phrase),
          );
      }
    },
  });
  await desk.store.forgetDeleted();
  return Promise.all(
    prepared.map(async ({ account, user, message, to, address }) => ({
      account,
      user,
      messageId: message.id,
      expiresAt,
      /** `a…@alfki.example` */
      sentTo: maskedAddress(to),
      address,
      /** `given-up`: the address takes no mail. `queued`: tried again later. */
      state: (await sentState(desk, message.id)).state,
    })),
  );
}

/** As operators type it. */
const whoIs = ({ account, user }: Owner): string => `${account.number}/${user.login}`;

export function requireInvitable(desk: Desk, owner: Owner): void {
  const { account, user } = owner;
  const who = whoIs(owner);
  if (isClosed(owner)) throw refusal('refused-by-policy', 'invite-disabled', { who }, 'enable-user');
  if (user.email === '') throw refusal('refused-by-policy', 'invite-no-email', { who }, 'put-email-on-file');
  if (user.signIn === 'sso' && !hasAdminStatus(desk.policy, account, user)) {
    throw refusal('refused-by-policy', 'invite-sso', { who }, 'native-login-of-admins');
  }
}

interface Invitee extends Owner {
  /** There is a password, which this invitation resets. */
  readonly resets: boolean;
  readonly to: string;
  /** `earlier`: the present address is too new to reset a password with, so the one before it was used. */
  readonly address: 'current' | 'earlier';
}

async function addressed(desk: Desk, { account, user }: Owner): Promise<Invitee> {
  const resets = (await desk.store.read.secrets.applicationPassword(user.id)) !== undefined;
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const to = resets && contacts !== undefined ? oldEnoughAddress(desk, contacts) : user.email;
  if (to !== null) return { account, user, resets, to, address: to === user.email ? 'current' : 'earlier' };
  const { addressOnFileDays } = desk.policy.limits.enrolmentCode;
  const from = user.contactChangedAt + days(addressOnFileDays);
  const facts = { who: whoIs({ account, user }), days: addressOnFileDays, from };
  throw refusal('refused-by-policy', 'invite-address-new', facts, 'address-usable-from');
}

/** Checks, at the moment of writing, that nothing changed by which the address was chosen. Refusal `busy`. */
async function requireUnchanged(write: Writes, one: Invitee): Promise<void> {
  const { user, resets } = one;
  const now = await write.users.byId(user.id);
  const hasPassword = (await write.secrets.applicationPassword(user.id)) !== undefined;
  if (now?.email === user.email && now.contactChangedAt === user.contactChangedAt && hasPassword === resets) return;
  throw refusal('busy', 'invite-overtaken', { who: whoIs(one) }, 'try-again');
}

/** Nobody fills a mailbox, and nobody keeps on replacing a code that the user is just typing. */
async function requirePace(desk: Desk, write: Writes, one: Invitee, now: number, since = now + 1): Promise<void> {
  const times = await write.outbox.timesAbout(one.user.id, 'invitation', now - hours(24));
  if (times.some((at) => at >= since)) throw refusal('busy', 'invite-overtaken', { who: whoIs(one) }, 'try-again');
  const next = nextInvitation(desk.policy.limits.invitation, times, now);
  if (next <= now) return;
  const also = { nextInvitationAt: iso(next) };
  throw refusal('locked', 'invite-too-often', { who: whoIs(one), next }, 'invitation-in-mail', { also });
}

function prepare(desk: Desk, one: Invitee, expiresAt: number) {
  const { account, user, to } = one;
  const { code, row } = newDeskCode(desk, user, 'activate', expiresAt);
  const copy_key = copyKeyOf(desk, code).publicKey;
  const values = { name: user.name, login: user.login, account: account.name, code, until: minuteOf(expiresAt) };
  const message = prepareMessage(desk, { template: 'invitation', to, account, user, values, code: row.id });
  return { ...one, message, code: { ...row, copy_key } };
}
