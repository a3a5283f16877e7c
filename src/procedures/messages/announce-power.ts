/**
 * Tells of every change of power in the transaction that makes it (B84; rules/power). The write door calls it with each entry, so no act can
 * forget it. A company's admins are told at the addresses on file and at those that were replaced lately, also admins who were disabled
 * lately; so is the user it is about. Whoever was added by the same act is not. Of several new admins there is one message.
 */
import type { Desk, UserContacts, Writes } from '../../desk.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { adminRoles, hasAdminStatus } from '../../rules/customer-roles.js';
import { days } from '../../rules/duration.js';
import { chunksOf, grouped } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import { permits } from '../../rules/operator-roles.js';
import type { Account, OperatorRole } from '../../rules/people.js';
import { type Power, powerOf } from '../../rules/power.js';
import { addressesOf, LATELY_DAYS, prepareMessage, sealedMessage } from './queue-message.js';

type Telling = Pick<Desk, 'newId' | 'now' | 'vault' | 'compose' | 'policy'>;

interface Change extends Power {
  readonly template: string;
  readonly entry: AuditEntry;
}

const ACCOUNTS_AT_ONCE = 500;

export async function announcePower(desk: Telling, write: Writes, entries: readonly AuditEntry[]): Promise<void> {
  const changes = entries.flatMap((entry): Change[] => {
    const power = powerOf(entry);
    return power === null || power.template === null ? [] : [{ ...power, template: power.template, entry }];
  });
  const ofDesk = changes.filter(({ told }) => told !== 'company');
  if (ofDesk.length > 0) await tellDesk(desk, write, ofDesk);
  const ofCompanies = changes.filter(({ told, entry }) => told === 'company' && entry.account !== undefined);
  const byAccount = grouped(ofCompanies, ({ entry }) => entry.account ?? '');
  for (const ids of chunksOf([...byAccount.keys()], ACCOUNTS_AT_ONCE)) {
    const accounts = await write.accounts.byIds(ids);
    const there = accounts.map(({ id }) => id);
    const holders = await write.users.holders(there, adminRoles(desk.policy));
    for (const account of accounts) {
      const own = holders.filter(({ user }) => user.accountId === account.id);
      await tellCompany(desk, write, account, own, byAccount.get(account.id) ?? []);
    }
  }
}

async function tellCompany(
  desk: Telling,
  write: Writes,
  account: Account,
  holders: readonly UserContacts[],
  changes: readonly Change[],
): Promise<void> {
  const lately = desk.now() - days(LATELY_DAYS);
  const added = new Set(changes.flatMap(({ entry }) => (entry.kind === 'user.added' ? [entry.user] : [])));
  const admins = holders.filter(
    ({ user }) =>
      hasAdminStatus(desk.policy, account, user) &&
      !added.has(user.id) &&
      (user.disabledAt === null || user.disabledAt > lately),
  );
  const about = await write.users.contacts(
    changes.flatMap(({ entry }) => subjectsOf(entry)).slice(0, ACCOUNTS_AT_ONCE),
  );
  const known = new Map([...about, ...admins].map((one) => [one.user.id, one]));
  for (const { template, values, entry, subjects } of digested(changes, known)) {
    const others = subjects.filter(({ user }) => !added.has(user.id));
    const told = new Map([...admins, ...others].map((one) => [one.user.id, one]));
    const common = { account: account.name, who: entry.by.name, when: minuteOf(entry.at), ...values };
    for (const one of told.values())
      for (const to of addressesOf(desk, one)) {
        const { user } = one;
        const said = { name: user.name || user.login, ...common };
        await write.outbox.insert([prepareMessage(desk, { template, to, account, user, values: said })]);
      }
  }
}

/** The user an entry is about, and in a hand-over the one who had the role before. */
const subjectsOf = ({ user, detail }: AuditEntry): readonly string[] =>
  [user, detail?.['from']].filter((id) => typeof id === 'string');

function digested(changes: readonly Change[], known: ReadonlyMap<string, UserContacts>) {
  const subjects = (entry: AuditEntry) => subjectsOf(entry).flatMap((id) => known.get(id) ?? []);
  const added = changes.filter(({ entry }) => entry.kind === 'user.added');
  const single = added.length > 1 ? changes.filter((one) => !added.includes(one)) : changes;
  const [first] = added;
  const names = added.flatMap(({ entry }) => subjects(entry).map(nameOf)).join(', ');
  const values = { from: first?.values['from'] ?? '–', count: String(added.length), users: names || '–' };
  return [
    ...single.map((one) => ({ ...one, subjects: subjects(one.entry), values: named(one, subjects(one.entry)) })),
    ...(first === undefined || added.length === 1
      ? []
      : [{ ...first, template: 'power-admins-added', subjects: [], values }]),
  ];
}

const nameOf = ({ user }: UserContacts): string => `${user.name} (${user.login})`;

/** Names the people of a message, where its words have a place for them. */
function named({ values }: Change, [target, previous]: readonly UserContacts[]): Change['values'] {
  const of = (place: string, one: UserContacts | undefined) =>
    place in values ? { [place]: one === undefined ? '–' : nameOf(one) } : {};
  return { ...values, ...of('target', target), ...of('previous', previous) };
}

/** The desk's other admins, of an alarm its leads too; where a token acts, its owner too. */
async function tellDesk(desk: Telling, write: Writes, changes: readonly Change[]): Promise<void> {
  const [operators, emails] = [await write.operators.all(), await write.lifeCycle.emails()];
  for (const { template, values, entry, told } of changes) {
    const { by, detail = {}, at, account } = entry;
    const [company] = account === undefined ? [] : await write.accounts.byIds([account]);
    const about = operators.find(({ id }) => id === detail['operator'])?.name;
    const target = about ?? (company === undefined ? '–' : `${company.number} ${company.name}`);
    const needed = told === 'leads' ? 'user:unlock' : 'operator:manage';
    for (const { id, name, disabled_at, role, language } of operators) {
      if (disabled_at !== null || !permits(desk.policy, role as OperatorRole, needed)) continue;
      const to = emails.get(id);
      if (to === undefined || id === detail['operator'] || (by.kind === 'operator' && by.id === id)) continue;
      const composed = desk.compose(template, { ...values, name, target, who: by.name, when: minuteOf(at) }, language);
      await write.outbox.insert([sealedMessage(desk, { kind: template, composed, to })]);
    }
  }
}
