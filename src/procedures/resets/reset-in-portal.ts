/**
 * A customer admin resets users of their own company in the portal, as in the Admin Console (B50–B53, B57, B58). No
 * grant is needed, because nobody is on the phone. The freeze of the desk applies here too, and nobody resets
 * themselves.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { NOTHING, type RowClass } from '../../rules/reset-plan.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { findResetTargets } from './find-reset-targets.js';
import { requireNotFrozen } from './freeze.js';
import { type ResetOrder, type StepOutcome, stepEntry } from './reset-records.js';
import { applyStep, prepareStep, untilNotOvertaken } from './reset-step.js';
import type { RowOutcome } from './row-outcome.js';
import { CHUNK } from './run-job.js';

export const RESETTING_USERS = { lock: 'company:resets' } as const;

/**
 * Users by login, id or unique e-mail. Refusals: forbidden (not an admin, or oneself), not-signed-in (password too long
 * ago), usage (too many), refused-by-policy (frozen).
 */
export async function resetInPortal(
  desk: Desk,
  login: PortalLogin,
  references: readonly string[],
): Promise<readonly RowOutcome[]> {
  await askOwner(desk, login, RESETTING_USERS);
  if (references.length > CHUNK) {
    throw refusal('usage', 'too-many-at-once', { most: CHUNK }, 'desk-for-more');
  }
  const found = await findResetTargets(
    desk,
    references.map((text, index) => ({
      line: index + 1,
      user: text.startsWith('usr_') ? text : '',
      account: login.account.id,
      login: text.startsWith('usr_') ? '' : text,
      email: '',
    })),
  );
  const seen = new Set<string>();
  const idle: RowOutcome[] = [];
  const targets: { userId: string; line: number }[] = [];
  for (const row of found) {
    if (typeof row.found === 'string') {
      idle.push(idleRow(row.line, row.login, row.found === 'nobody' ? 'unknown' : 'ambiguous', null));
      continue;
    }
    const user = row.found;
    if (user.id === login.user.id) {
      throw refusal('forbidden', 'own-reset', {}, 'change-own-methods');
    }
    if (seen.has(user.id)) idle.push(idleRow(row.line, user.login, 'duplicate', user.id));
    else targets.push({ userId: user.id, line: row.line });
    seen.add(user.id);
  }
  const done = targets.length === 0 ? [] : await resetAll(desk, login, targets);
  return [...idle, ...done.map(toRow)].toSorted((a, b) => a.line - b.line);
}

const idleRow = (
  line: number,
  login: string,
  outcome: Extract<RowClass, 'unknown' | 'ambiguous' | 'duplicate'>,
  user: string | null,
): RowOutcome => ({ line, account: '', login, user, outcome, removed: NOTHING, job: null, reset: null });

function toRow({ id, line, result, account, user, removed }: StepOutcome): RowOutcome {
  const acted = result === 'reset' || Object.values(removed).some((count) => count > 0);
  const base = { line: line ?? 0, account: account.number, login: user.login, user: user.id };
  return { ...base, outcome: result, removed, job: null, reset: acted ? id : null };
}

async function resetAll(
  desk: Desk,
  login: PortalLogin,
  targets: readonly { readonly userId: string; readonly line: number }[],
): Promise<readonly StepOutcome[]> {
  const order = orderOf(login);
  const outcomes = await untilNotOvertaken(async () => {
    const prepared = await prepareStep(desk, order, targets);
    const at = desk.now();
    return actAsOwner<'company:resets', readonly StepOutcome[]>(desk, login, RESETTING_USERS, {
      entry: (done, { actor }) => done.map((outcome) => stepEntry(order, outcome, actor, at)),
      change: async (acting) => {
        await requireNotFrozen(acting.write, acting.now);
        return applyStep(acting, prepared);
      },
    });
  });
  await desk.store.forgetDeleted();
  return outcomes;
}

function orderOf({ user }: PortalLogin): ResetOrder {
  const name = user.name || user.login;
  return { by: 'portal', userId: user.id, who: name, requestedBy: name };
}
