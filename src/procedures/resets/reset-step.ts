/**
 * The one step that resets: one user on a call, a few in the portal, a chunk in a bulk run (B52, B57, B58). First it
 * looks everything up, decides, and composes the messages. Inside the write door it looks again, and acts only if
 * nothing has changed. So it holds the lock for writing only, and the notices say what really happened.
 */

import type { ConnectorSettings } from '../../connectors/connector.js';
import type { Desk } from '../../desk.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { minutes } from '../../rules/duration.js';
import { byId, grouped } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { enrolledAgain, isObjected, type ResetFacts, somethingToReset } from '../../rules/reset-plan.js';
import type { Acting } from '../authorise.js';
import { type EnrolmentCode, enrolmentCodeFor, oldEnoughAddress } from '../codes/enrolment-code.js';
import type { PreparedMessage } from '../messages/queue-message.js';
import { remoteRow } from '../messages/remote-row.js';
import { Overtaken } from '../pause.js';
import type { ActingOwner } from '../portal/act-as-owner.js';
import { adminsOf, noticesOfRun, noticesToAdmins, noticesToTarget } from './reset-notices.js';
import {
  type Companies,
  type Decided,
  isFinal,
  outcomeOf,
  type ResetOrder,
  type ResetTarget,
  rowOf,
  type StepOutcome,
  type StepResult,
} from './reset-records.js';

export type PreparedStep = Awaited<ReturnType<typeof prepareStep>>;

/** Looks up, decides and composes. Users who no longer exist have no outcome here; callers look for them by id. */
export async function prepareStep(desk: Desk, order: ResetOrder, targets: readonly ResetTarget[]) {
  const { read } = desk.store;
  const ids = targets.map((target) => target.userId);
  const contacts = new Map((await read.users.contacts(ids)).map((one) => [one.user.id, one]));
  const homes = await read.accounts.byIds([...new Set([...contacts.values()].map(({ user }) => user.accountId))]);
  const facts = new Map((await read.resets.facts(ids, desk.now())).map((one) => [one.userId, one]));
  const remotes = await remotesOf(desk, homes);
  const accounts = byId(homes);
  const decided = targets.flatMap((target) => {
    const its = contacts.get(target.userId);
    const account = accounts.get(its?.user.accountId ?? '');
    const holding = facts.get(target.userId);
    if (its === undefined || account === undefined || holding === undefined) return [];
    const remote = remotes.get(account.id);
    const result = decideOne(desk, order, { account, user: its.user, facts: holding, remote });
    const act = result === 'reset' || (result === 'sso-only' && somethingToReset(desk.policy, holding));
    return [{ target, id: desk.newId('rst'), contacts: its, account, facts: holding, result, act, remote }];
  });
  const composed = await composeAll(desk, order, decided, homes);
  const unreached = ({ target }: Decided) => composed.enrolmentCodes.get(target.userId)?.message === null;
  return {
    order,
    decided: decided.map((one) =>
      one.act && one.result === 'reset' && unreached(one) ? { ...one, result: 'no-address' as const } : one,
    ),
    ...composed,
  };
}

/** By the id of the company. Refusal `config` if the settings do not have its connector. */
async function remotesOf(desk: Desk, homes: readonly Account[]) {
  const remotes = new Map<string, ConnectorSettings>();
  for (const { id, connector } of homes)
    if (connector !== null) remotes.set(id, await desk.connectors.settings(connector));
  return remotes;
}

function decideOne(
  desk: Desk,
  order: ResetOrder,
  { account, user, facts, remote }: Pick<Decided, 'account' | 'facts' | 'remote'> & { readonly user: User },
): StepResult {
  // What there is at another system is read there, when its turn comes.
  const something = remote !== undefined || somethingToReset(desk.policy, facts);
  const admin = hasAdminStatus(desk.policy, account, user);
  // The first to know the password could enrol there in an admin's name.
  if (admin && remote?.gate.kind === 'none') return 'failed';
  const barred = admin || isObjected(facts);
  // On a call the approval is requested earlier; an admin in the portal needs none.
  if (something && barred && order.by === 'job' && !order.approved.has(user.id)) return 'needs-approval';
  if (user.signIn === 'sso' && !admin && order.by !== 'call' && remote === undefined) return 'sso-only';
  return something ? 'reset' : 'nothing-to-do';
}

async function composeAll(desk: Desk, order: ResetOrder, decided: readonly Decided[], homes: readonly Account[]) {
  const acting = decided.filter(({ act }) => act);
  const facts = { who: order.who, requestedBy: order.requestedBy, when: minuteOf(desk.now()) };
  const enrolmentCodes = new Map<string, EnrolmentCode>();
  const messages: PreparedMessage[] = [];
  const remoteRows = new Map<string, string>();
  for (const { id, account, contacts, facts: held, remote } of acting) {
    if (remote !== undefined) {
      const work = { do: 'reset', connector: remote.name, reset: id, to: oldEnoughAddress(desk, contacts) } as const;
      const delay = minutes(desk.policy.limits.reset.remoteWaitMinutes[order.by === 'job' ? 'bulk' : order.by]);
      const row = remoteRow(desk, work, contacts.user, delay);
      messages.push(row);
      remoteRows.set(contacts.user.id, row.id);
    }
    messages.push(...noticesToTarget(desk, account, contacts, { ...facts, reference: id }));
    if (!desk.policy.limits.enrolmentCode.required) continue;
    // Who has nothing here enrols there, unless they are kept out until they have been here.
    if (remote !== undefined && remote.gate.kind !== 'suspend' && !somethingToReset(desk.policy, held)) continue;
    const code = enrolmentCodeFor(desk, account, contacts, { bulk: order.by === 'job' });
    enrolmentCodes.set(contacts.user.id, code);
    if (code.message !== null) messages.push(code.message);
  }
  const companies: Companies = order.by === 'job' ? order.companies : new Map();
  if (order.by === 'job' && order.first)
    for (const notice of await noticesOfRun(desk, companies, { ...facts, reference: order.jobId }))
      messages.push(notice);
  const taken = grouped(acting, ({ account }) => account.id);
  const accounts = homes.filter(({ id, number }) => taken.has(id) && !companies.has(number));
  const admins = await adminsOf(desk, accounts);
  for (const account of accounts) {
    const of = taken.get(account.id) ?? [];
    const told = { account, admins: admins.get(account.id) ?? [], targets: of.map(({ contacts }) => contacts.user) };
    messages.push(...noticesToAdmins(desk, told, { ...facts, reference: of[0]?.id ?? '' }));
  }
  return { enrolmentCodes, messages, remoteRows };
}

/** Call it inside the write door. It does what was prepared, or throws Overtaken. */
export async function applyStep(
  { write, now }: Acting<'mfa:reset-with-grant' | 'mfa:reset-bulk'> | ActingOwner<'company:resets'>,
  { order, decided, enrolmentCodes, messages, remoteRows }: PreparedStep,
): Promise<readonly StepOutcome[]> {
  const ids = decided.map(({ target }) => target.userId);
  const facts = await write.resets.facts(ids, now);
  const users = byId(await write.users.byIds(ids));
  const same = decided.every((one, index) => {
    const found = facts[index];
    const user = users.get(one.target.userId);
    return (
      found !== undefined &&
      user !== undefined &&
      sameFacts(found, one.facts) &&
      user.role === one.contacts.user.role &&
      user.contactChangedAt === one.contacts.user.contactChangedAt
    );
  });
  if (!same) throw new Overtaken();
  const acting = decided.filter(({ act }) => act);
  await write.resets.takeAway({
    userIds: acting.map(({ target }) => target.userId),
    enrolledIds: acting.filter((one) => enrolledAgain(one.facts)).map(({ target }) => target.userId),
    final: isFinal(order),
    at: now,
  });
  await write.resets.insert(decided.map((one) => rowOf(order, one, now)));
  await write.factors.insertCodes([...enrolmentCodes.values()].map(({ row }) => row));
  await write.outbox.insert(messages);
  return decided.map((one) => outcomeOf(one, enrolmentCodes, remoteRows));
}

const sameFacts = (a: ResetFacts, b: ResetFacts): boolean =>
  (['userId', 'factors', 'enrolments', 'backupCodes', 'devices', 'sessions', 'codeLive'] as const).every(
    (fact) => a[fact] === b[fact],
  ) &&
  a.open?.id === b.open?.id &&
  a.open?.objectedAt === b.open?.objectedAt;
