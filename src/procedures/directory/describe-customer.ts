/**
 * What the desk may see of a company or a person: facts, counts and states, and never a secret or a part of one (B11).
 * codes/mfa-status tells which second factors somebody has.
 */
import type { Desk } from '../../desk.js';
import type { Account, Owner, User } from '../../rules/people.js';
import { refusalNow } from '../../rules/throttle.js';
import { type Subject, toThrottle } from '../lock-outs.js';
import { sharedBy } from './directory-rows-of-store.js';
import { withHomes } from './search-directory.js';
import { subjectsOf } from './unlock-caller.js';

export type AccountDescription = Awaited<ReturnType<typeof describeAccount>>;

export async function describeAccount(desk: Desk, account: Account) {
  const { users, factors, accounts } = desk.store.read;
  const groups = await users.tally(account.id);
  const sum = (fits: (group: (typeof groups)[number]) => boolean) =>
    groups.filter(fits).reduce((total, group) => total + group.n, 0);
  const roles = [...new Set(groups.map((group) => group.role))].sort();
  return {
    account,
    users: sum(() => true),
    disabled: sum((group) => group.disabled === 1),
    sso: sum((group) => group.signIn === 'sso'),
    roles: Object.fromEntries(roles.map((role) => [role, sum((group) => group.role === role)])),
    enrolled: await factors.usersEnrolled(account.id),
    issuer: (await accounts.ssoSettings(account.id))?.issuer ?? null,
  };
}

export type UserDescription = Awaited<ReturnType<typeof describeUser>>;

export const SHARING_SHOWN = 50;

export async function describeUser(desk: Desk, { user, account }: Owner) {
  const { secrets, factors, users } = desk.store.read;
  const phrase = await secrets.passphrase(user.id);
  const password = await secrets.applicationPassword(user.id);
  const invitation = await factors.newestCode(user.id, 'activate');
  return {
    user,
    account,
    passphrase: phrase?.verifier == null ? null : { setAt: phrase.set_at, by: phrase.set_by },
    applicationPassword: password === undefined ? null : { changedAt: password.changed_at },
    invitedUntil: invitation?.used_at === null && desk.now() < invitation.expires_at ? invitation.expires_at : null,
    locks: await locksOf(desk, account, user),
    sharing: await withHomes(desk, await users.sharing(sharedBy(user), SHARING_SHOWN)),
  };
}

/** `until`: null until a lead lifts it. */
async function locksOf(desk: Desk, account: Account, user: User) {
  const time = desk.clock.time();
  const lockOf = async (subject: Subject) => {
    const refusal = refusalNow(toThrottle(await desk.store.read.throttles.get(subject)), time);
    const until = refusal?.kind === 'locked' ? refusal.until : null;
    return refusal === undefined ? [] : [{ subject: subject.slice(0, subject.indexOf(':')), until }];
  };
  return (await Promise.all(subjectsOf(account, user).map(lockOf))).flat();
}
