/** Counts what a portal user tries, before it is checked (B72, T6), with words for a customer instead of an operator. */
import type { Desk } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor, Attempt } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { iso } from '../../rules/moment.js';
import type { ThrottleDecision } from '../../rules/throttle.js';
import { findAccount, findUser, unlessRefused } from '../directory/find-account.js';
import { type Locked, reserveAttempt, type Subject, unlessLocked } from '../lock-outs.js';
import { type ActingOwner, actAsOwner } from './act-as-owner.js';
import { type PortalLogin, portalActor } from './customer-login.js';
import type { OwnerDoor, OwnerLock } from './owner-locks.js';

export type PortalPerson = Awaited<ReturnType<typeof findPortalPerson>>;

const NOBODY: Actor = { kind: 'user', id: 'unknown', name: 'unknown' };

/**
 * The person whom the typed text means; both null if it means nobody, or more than one (B09): a customer learns nothing about others (B73).
 * `key`: under which attempts are counted, the user's id or a keyed digest of what was typed.
 */
export async function findPortalPerson(desk: Desk, account: string, login: string) {
  const home = await unlessRefused(MEANS_NOBODY, () => findAccount(desk, account));
  const found = home && (await unlessRefused(MEANS_NOBODY, () => findUser(desk, login, home)));
  if (found !== undefined) return { ...found, key: found.user.id, actor: portalActor(found.user) };
  // Counted as a login would be, however company and login are spelled: else the lock-out would tell which logins there are.
  const typed = login.trim();
  const bare = home !== undefined && typed.startsWith(`${home.number}/`) ? typed.slice(home.number.length + 1) : typed;
  const key = desk.digests.mac('mac/lookup', 'portal', home?.id ?? foldKey(account), foldKey(bare));
  return { account: null, user: null, key, actor: NOBODY };
}

const MEANS_NOBODY = ['not-found', 'ambiguous', 'missing-option'] as const;

/** The fields of every entry about such a person; for an unknown one a digest, so that a series can be seen. */
export function personEntry(desk: Desk, person: PortalPerson) {
  const { account, user, actor, key } = person;
  if (account === null || user === null) return { at: desk.now(), by: actor, detail: { person: key } } as const;
  return { at: desk.now(), by: actor, account: account.id, user: user.id } as const;
}

/** Counts the attempt; call what it returns once the answer was right. Refusal `locked` means: do not check. */
export async function countPortalAttempt(desk: Desk, subject: Subject, entry: Omit<Attempt, 'outcome'>) {
  const decision = await desk.store.record<ThrottleDecision>(
    (result) =>
      result.kind === 'proceed' ? { ...entry, outcome: 'started' } : { ...entry, outcome: 'refused', reason: 'locked' },
    (write) => reserveAttempt(desk, write, subject),
  );
  return unlessLocked(desk, subject, decision, tooMany);
}

/** The same for a user who is signed in already: only what the door lets through is counted. `counted` runs with it, unless it is locked out. */
export async function countOwnerAttempt(
  desk: Desk,
  login: PortalLogin,
  door: OwnerDoor,
  { subject, ...about }: Pick<Attempt, 'kind' | 'detail'> & { readonly subject: Subject },
  counted: (acting: ActingOwner) => Promise<void> = async () => undefined,
) {
  const decision = await actAsOwner<OwnerLock, ThrottleDecision>(desk, login, door, {
    entry: ({ kind }) =>
      kind === 'proceed' ? { ...about, outcome: 'started' } : { ...about, outcome: 'refused', reason: 'locked' },
    change: async (acting) => {
      const decided = await reserveAttempt(desk, acting.write, subject);
      if (decided.kind === 'proceed') await counted(acting);
      return decided;
    },
  });
  return unlessLocked(desk, subject, decision, tooMany);
}

function tooMany(decision: Locked): Refusal {
  if (decision.kind === 'disabled') return refusal('locked', 'login-locked', {}, 'desk-unlocks');
  const { until, clockBehind } = decision;
  const also = { lockedUntil: iso(until) };
  return refusal('locked', 'login-locked-until', { until }, clockBehind ? 'set-clock' : 'wait', { also });
}
