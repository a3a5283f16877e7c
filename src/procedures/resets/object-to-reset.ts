/**
 * A customer admin objects to a reset (B62): that user cannot enrol until a lead has taken the reset back, or a new
 * reset that was asked for again replaces it. The account's admins and the desk are told.
 */
import type { Desk, ResetRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { minuteOf } from '../../rules/moment.js';
import type { User } from '../../rules/people.js';
import { prepareMessage } from '../messages/queue-message.js';
import { type ActingOwner, actAsOwner, askOwner, ownerEntry } from '../portal/act-as-owner.js';
import type { Owner, PortalLogin } from '../portal/customer-login.js';
import { adminsOf } from './reset-notices.js';

export interface Objection {
  readonly reset: ResetRow;
  readonly target: User;
  /** False if somebody objected before. */
  readonly first: boolean;
}

const OBJECTING = { lock: 'company:objections' } as const;

/**
 * `id` is a reference from a notice: of one reset, or of a bulk run, which means all its resets in this account.
 * Refusals: forbidden (not an admin), not-found, refused-by-policy (settled).
 */
export async function objectToReset(desk: Desk, login: PortalLogin, id: string): Promise<readonly Objection[]> {
  await askOwner(desk, login, OBJECTING);
  const resets = await openResets(desk, login, id);
  const objections: Objection[] = [];
  for (const reset of resets) objections.push(await objectToOne(desk, login, reset));
  return objections;
}

async function openResets(desk: Desk, { account }: Owner, id: string): Promise<readonly ResetRow[]> {
  const { resets } = desk.store.read;
  const one = id.startsWith('rst_') ? await resets.byId(id) : undefined;
  const found = (one === undefined ? await resets.ofJob(id) : [one]).filter((row) => row.account_id === account.id);
  if (found.length === 0) {
    throw refusal('not-found', 'reset-unknown', { id }, 'reference-in-notice');
  }
  const open = found.filter((row) => row.state === 'open');
  if (open.length > 0) return open;
  throw refusal('refused-by-policy', 'reset-settled', {}, 'call-known-number');
}

async function objectToOne(desk: Desk, login: PortalLogin, reset: ResetRow): Promise<Objection> {
  const target = await desk.store.read.users.byId(reset.user_id);
  if (target === undefined) throw refusal('not-found', 'user-gone', {});
  const messages = await noticesOf(desk, login, target, reset);
  const first = await actAsOwner<'company:objections', boolean>(desk, login, OBJECTING, {
    entry: (done, by) => ({
      ...ownerEntry(desk, by),
      user: target.id,
      kind: 'mfa.objected',
      outcome: done ? 'done' : 'refused',
      detail: { reset: reset.id, by: login.user.id },
    }),
    change: async (acting) => {
      const { write, now, by } = acting;
      const done = await write.resets.object(reset.id, by.login.user.id, now);
      if (done) await barEnrolment(acting, target);
      if (done) await write.outbox.insert(messages.map(({ row }) => row));
      return done;
    },
  });
  return { reset, target, first };
}

/** Ends the mailed code, the user's sessions, and every enrolment that is half done. */
async function barEnrolment({ write, now }: ActingOwner<'company:objections'>, target: User): Promise<void> {
  await write.resets.spoilEnrolmentCodes(target.id, now);
  await write.trust.end([target.id]);
  for (const factor of await write.factors.ofUser(target.id)) {
    if (factor.state === 'pending') await write.factors.delete(factor.id);
  }
}

async function noticesOf(desk: Desk, { account, user }: Owner, target: User, reset: ResetRow) {
  const admins = (await adminsOf(desk, [account])).get(account.id) ?? [];
  const values = {
    account: account.name,
    target: `${target.name || target.login} (${target.login})`,
    who: user.name || user.login,
    when: minuteOf(desk.now()),
    reference: reset.id,
  };
  return admins.map((admin) =>
    prepareMessage(desk, {
      template: 'objection-received',
      to: admin.email,
      account,
      user: admin,
      values: { ...values, name: admin.name || admin.login },
    }),
  );
}
