/**
 * A customer admin resets users of their own company in the portal, as in the Admin Console (B50–B53, B57, B58). No grant is needed, because
 * nobody is on the phone: so it takes a second factor in this very sign-in, a reason, the number of users as seen before, and a pace. The
 * freeze of the desk applies here too, nobody resets themselves, and nobody alone overrules another admin who objected (B62).
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { AuditKind } from '../../rules/audit-kinds.js';
import { hours } from '../../rules/duration.js';
import type { User } from '../../rules/people.js';
import { untilNotOvertaken } from '../pause.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { ownerEntryBase, type PortalLogin } from '../portal/customer-login.js';
import { findResetTargets } from './find-reset-targets.js';
import { requireNotFrozen } from './freeze.js';
import {
  loggingAs,
  type ResetOrder,
  type ResetTarget,
  type StepOutcome,
  stepEntry,
  TAKES_ENTRIES,
} from './reset-records.js';
import { applyStep, type PreparedStep, prepareStep } from './reset-step.js';
import { doneOutcome, notActedOn, type RowOutcome, withRemotes } from './row-outcome.js';
import { CHUNK } from './run-job.js';

export const RESETTING_USERS = { lock: 'company:resets' } as const;

export interface PortalReset {
  /** Users by login, id or unique e-mail. */
  readonly references: readonly string[];
  readonly reason: string;
  /** How many users it will take something from, as `countPortalReset` said; undefined if nobody has looked. */
  readonly confirmed: number | undefined;
}

/** How many of these users a reset would take something from. Refusals: as `resetInPortal`. */
export async function countPortalReset(desk: Desk, login: PortalLogin, references: readonly string[]): Promise<number> {
  await askOwner(desk, login, RESETTING_USERS);
  const { targets } = await logged(desk, login.user, 'mfa.reset-refused', () => findUsers(desk, login, references));
  return actingOf(await prepareStep(desk, orderOf(login, ''), targets)).length;
}

/**
 * Refusals: forbidden (not an admin, or oneself), not-signed-in (password too long ago), factor-needed, usage (too many),
 * missing-option (reason, number), invalid-input (another number), locked (too many in an hour), refused-by-policy (frozen, or
 * another admin objected). Each is logged.
 */
export async function resetInPortal(desk: Desk, login: PortalLogin, asked: PortalReset) {
  return logged(desk, login.user, 'mfa.reset-refused', async () => {
    await askOwner(desk, login, RESETTING_USERS);
    if (asked.reason.trim() === '') throw refusal('missing-option', 'portal-reset-reason', {});
    const { idle, targets } = await findUsers(desk, login, asked.references);
    const done = targets.length === 0 ? [] : await resetAll(desk, login, asked, targets);
    return [...idle, ...(await withRemotes(desk, done.map(toRow)))].toSorted((a, b) => a.line - b.line);
  });
}

/** `idle`: the lines that name nobody, several people, or somebody once more. */
async function findUsers(desk: Desk, login: PortalLogin, references: readonly string[]) {
  if (references.length > CHUNK) throw refusal('usage', 'too-many-at-once', { most: CHUNK }, 'desk-for-more');
  const written = references.map((text, index) => {
    const [user, name] = text.startsWith('usr_') ? [text, ''] : ['', text];
    return { line: index + 1, user, account: login.account.id, login: name, email: '' };
  });
  const idle: RowOutcome[] = [];
  const targets = new Map<string, ResetTarget>();
  for (const { line, login: named, found } of await findResetTargets(desk, written)) {
    if (typeof found === 'string') {
      idle.push(notActedOn({ line, account: '', login: named }, found === 'nobody' ? 'unknown' : 'ambiguous'));
      continue;
    }
    const { id, login: own } = found;
    if (id === login.user.id) throw refusal('forbidden', 'own-reset', {}, 'change-own-methods');
    if (targets.has(id)) idle.push(notActedOn({ line, account: '', login: own, user: id }, 'duplicate'));
    else targets.set(id, { userId: id, line });
  }
  return { idle, targets: [...targets.values()] };
}

const toRow = (step: StepOutcome): RowOutcome => {
  const { id: user, login } = step.user;
  return doneOutcome(null, { line: step.line ?? 0, account: step.account.number, login, user }, step);
};

async function resetAll(
  desk: Desk,
  login: PortalLogin,
  { reason, confirmed }: PortalReset,
  targets: readonly ResetTarget[],
) {
  const order = orderOf(login, reason.trim());
  const outcomes = await untilNotOvertaken(async () => {
    const prepared = await prepareStep(desk, order, targets);
    return actAsOwner<'company:resets', readonly StepOutcome[]>(desk, login, RESETTING_USERS, {
      entry: (done) => done.map((outcome) => stepEntry(order, outcome)),
      change: async (acting) => {
        await requireNotFrozen(acting.write, acting.now);
        await requireNoOtherObjection(acting, prepared);
        requireNumber(prepared, confirmed);
        await requirePace(acting, prepared);
        return applyStep(acting, prepared);
      },
    });
  });
  await desk.store.forgetDeleted();
  return outcomes;
}

const actingOf = ({ decided }: PreparedStep) => decided.filter(({ act }) => act);

/** The number shows that somebody looked at what would happen (B59). With nothing to reset there is nothing to confirm. */
function requireNumber(prepared: PreparedStep, confirmed: number | undefined): void {
  const count = actingOf(prepared).length;
  if (count === 0 || confirmed === count) return;
  const also = { also: { reset: { confirm: count } } };
  if (confirmed === undefined) throw refusal('missing-option', 'portal-reset-number', { count }, 'give-number', also);
  throw refusal('invalid-input', 'portal-reset-other-number', { confirmed, count }, 'look-again', also);
}

/** As `perOperatorPerHour` at the desk: a person can reset only so many with care. */
async function requirePace({ desk, write, now, by }: ActingOwner<'company:resets'>, prepared: PreparedStep) {
  const limit = desk.policy.limits.portalReset.perAdminPerHour;
  const before = await write.resets.takenInPortalBy(by.login.user.id, now - hours(1));
  const more = actingOf(prepared).length;
  if (more === 0 || before + more <= limit) return;
  throw refusal('locked', 'portal-reset-pace', { limit }, 'desk-for-more');
}

/** Each objection counts, so that an admin who objects to the own reset first cannot keep the others' objections out. */
async function requireNoOtherObjection({ write, by }: ActingOwner<'company:resets'>, prepared: PreparedStep) {
  const logins: string[] = [];
  for (const { contacts } of actingOf(prepared)) {
    const open = await write.resets.openOfUser(contacts.user.id);
    if (open === undefined || open.objected_at === null) continue;
    const others = (open.objected_by ?? '').split(' ').filter((id) => id !== by.login.user.id);
    if (others.length > 0) logins.push(contacts.user.login);
  }
  if (logins.length > 0) throw refusal('refused-by-policy', 'other-admin-objected', { logins }, 'objector-or-desk');
}

function orderOf({ user }: PortalLogin, reason: string): ResetOrder {
  const name = user.name || user.login;
  return { by: 'portal', userId: user.id, reason, who: name, requestedBy: name };
}

export const logged = <T>(desk: Desk, user: User, kind: AuditKind, work: () => Promise<T>): Promise<T> =>
  loggingAs(desk, () => ({ ...ownerEntryBase(desk, user), kind, detail: { where: 'portal' } }), TAKES_ENTRIES, work);
