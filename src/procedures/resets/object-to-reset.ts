/**
 * A customer admin objects to a reset (B62): nobody enrols for that user until a lead has taken the reset back or a new, newly
 * asked-for reset stands in its place. The account's admins and the desk are told.
 */
import type { Desk, ResetRow, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import type { User } from '../../rules/people.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { inWords, prepareMessage } from '../messages/queue-message.js';
import { currentLogin, ownerEntryBase, type PortalLogin, requireState } from '../portal/authenticate-user.js';
import { adminsOf } from './reset-notices.js';

export interface Objection {
  readonly reset: ResetRow;
  readonly target: User;
  /** False where somebody objected before. */
  readonly first: boolean;
}

/** `id` is a reference out of a notice: of one reset, or of a bulk run, which then means all its resets in this account. */
export async function objectToReset(desk: Desk, login: PortalLogin, id: string): Promise<readonly Objection[]> {
  requireState(login, ['done']);
  const resets = await openResets(desk, login, id);
  const objections: Objection[] = [];
  for (const reset of resets) objections.push(await objectToOne(desk, login, reset));
  return objections;
}

async function openResets(desk: Desk, { account, user }: PortalLogin, id: string): Promise<readonly ResetRow[]> {
  if (!hasAdminStatus(desk.policy, account, user)) {
    throw new Refusal('forbidden', 'only an admin of the account objects to a reset', {
      hint: 'Ask an admin of your company, or call your support desk.',
    });
  }
  const { resets } = desk.store.read;
  const one = id.startsWith('rst_') ? await resets.byId(id) : undefined;
  const found = (one === undefined ? await resets.ofJob(id) : [one]).filter((row) => row.account_id === account.id);
  if (found.length === 0) {
    throw new Refusal('not-found', `your company has no reset "${id}"`, {
      hint: 'The reference stands in the notice about the reset.',
    });
  }
  const open = found.filter((row) => row.state === 'open');
  if (open.length > 0) return open;
  throw new Refusal('refused-by-policy', 'that reset is settled: it was taken back, or the user has enrolled again', {
    hint: 'Call your support desk on the number you know.',
  });
}

async function objectToOne(desk: Desk, login: PortalLogin, reset: ResetRow): Promise<Objection> {
  const target = await desk.store.read.users.byId(reset.user_id);
  if (target === undefined) throw new Refusal('not-found', 'the user is gone');
  const messages = await noticesOf(desk, login, target, reset);
  const first = await desk.store.record<boolean>(
    (done) => ({
      ...ownerEntryBase(desk, login.user),
      user: target.id,
      kind: 'mfa.objected',
      outcome: done ? 'done' : 'refused',
      detail: { reset: reset.id, by: login.user.id },
    }),
    async (write, log) => {
      const current = await currentLogin(desk, write, log, login);
      requireState(current, ['done']);
      const done = await write.resets.object(reset.id, login.user.id, desk.now());
      if (done) await barEnrolment(write, target, desk.now());
      if (done) await write.outbox.insert(messages.map(({ row }) => row));
      return done;
    },
  );
  if (first)
    await deliverOutbox(
      desk,
      messages.map(({ id }) => id),
    );
  return { reset, target, first };
}

/** The code that was mailed opens nothing any more, and whoever is half way in is out. */
async function barEnrolment(write: Writes, target: User, at: number): Promise<void> {
  await write.resets.spoilEnrolmentCodes(target.id, at);
  await write.portalSessions.deleteOfUser(target.id);
  for (const factor of await write.factors.ofUser(target.id)) {
    if (factor.state === 'pending') await write.factors.delete(factor.id);
  }
}

async function noticesOf(desk: Desk, { account, user }: PortalLogin, target: User, reset: ResetRow) {
  const admins = (await adminsOf(desk, [account])).get(account.id) ?? [];
  const values = {
    account: account.name,
    target: `${target.name || target.login} (${target.login})`,
    who: user.name || user.login,
    when: inWords(desk.now()),
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
