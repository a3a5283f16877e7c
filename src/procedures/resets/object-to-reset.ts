/**
 * A customer admin objects to a reset (B62): that user cannot enrol until a lead has taken the reset back, or a new
 * reset that was asked for again replaces it. The account's admins and the desk are told.
 */
import type { Desk, ResetRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { byId, inChunks } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import type { Owner, User } from '../../rules/people.js';
import { csvText } from '../directory/export-directory.js';
import { prepareMessage } from '../messages/queue-message.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { adminsOf } from './reset-notices.js';

const OBJECTING = { lock: 'company:objections' } as const;

/**
 * `id` is a reference from a notice: of one reset, or of a bulk run, which means all its resets in this account.
 * `first`: false if somebody objected before. Refusals: forbidden (not an admin), not-found, refused-by-policy (settled).
 */
export async function objectToReset(desk: Desk, login: PortalLogin, id: string) {
  await askOwner(desk, login, OBJECTING);
  const resets = await openResets(desk, login, id);
  return inChunks(resets, (some) => objectToSome(desk, login, some));
}

async function openResets(desk: Desk, { account }: Owner, id: string): Promise<readonly ResetRow[]> {
  const { resets } = desk.store.read;
  const one = id.startsWith('rst_') ? await resets.byId(id) : undefined;
  const found = (one === undefined ? await resets.ofJob(id) : [one]).filter((row) => row.account_id === account.id);
  if (found.length === 0) throw refusal('not-found', 'reset-unknown', { id }, 'reference-in-notice');
  const open = found.filter((row) => row.state === 'open');
  if (open.length > 0) return open;
  throw refusal('refused-by-policy', 'reset-settled', {}, 'call-known-number');
}

/** One transaction, and one notice to each other admin, however many resets it is about (M14). */
async function objectToSome(desk: Desk, login: PortalLogin, resets: readonly ResetRow[]) {
  const users = byId(await desk.store.read.users.byIds(resets.map((row) => row.user_id)));
  const asked = resets.flatMap((reset) => {
    const target = users.get(reset.user_id);
    return target === undefined ? [] : [{ reset, target }];
  });
  const messages = await noticesOf(desk, login, asked);
  return actAsOwner(desk, login, OBJECTING, {
    change: async (acting) => {
      const { write, now, by } = acting;
      const done: (Asked & { readonly first: boolean })[] = [];
      for (const { reset, target } of asked) {
        const first = await write.resets.object(reset.id, by.login.user.id, now);
        if (first) await barEnrolment(acting, target);
        done.push({ reset, target, first });
      }
      if (done.some(({ first }) => first)) await write.outbox.insert(messages);
      return done;
    },
    entry: (done) =>
      done.map(({ reset, target, first }) => ({
        kind: 'mfa.objected' as const,
        user: target.id,
        outcome: first ? ('done' as const) : ('refused' as const),
        detail: { reset: reset.id, by: login.user.id },
      })),
  });
}

type Asked = { readonly reset: ResetRow; readonly target: User };

/** Ends the mailed code, the user's sessions, and every enrolment that is half done. */
async function barEnrolment({ write, now }: ActingOwner<'company:objections'>, target: User): Promise<void> {
  await write.resets.spoilEnrolmentCodes(target.id, now);
  await write.trust.end([target.id]);
  for (const factor of await write.factors.ofUser(target.id))
    if (factor.state === 'pending') await write.factors.delete(factor.id);
}

async function noticesOf(desk: Desk, { account, user }: Owner, asked: readonly Asked[]) {
  const admins = (await adminsOf(desk, [account])).get(account.id) ?? [];
  const [only] = asked;
  const facts = { account: account.name, who: user.name || user.login, when: minuteOf(desk.now()) };
  const nameOf = ({ name, login }: User) => `${name || login} (${login})`;
  const text = await csvText(['reference', 'login'], [asked], ({ reset, target }) => [reset.id, target.login]);
  const about =
    only === undefined || asked.length > 1
      ? {
          template: 'objection-received-many' as const,
          attachment: { name: 'objections.csv', text },
          more: { count: String(asked.length), reference: only?.reset.job_id ?? '' },
        }
      : { template: 'objection-received' as const, more: { target: nameOf(only.target), reference: only.reset.id } };
  return admins.map((admin) => {
    const { more, ...message } = about;
    const values = { ...facts, ...more, name: admin.name || admin.login };
    return prepareMessage(desk, { ...message, to: admin.email, account, user: admin, values });
  });
}
