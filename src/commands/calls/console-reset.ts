/** The reset under the grant just given (B54). */
import { isRefusal } from '../../errors.js';
import { askAuthority, type Door, mayAlso } from '../../procedures/authorise.js';
import { mfaStatus } from '../../procedures/codes/mfa-status.js';
import { sharedContacts } from '../../procedures/directory/find-account.js';
import { viewUser } from '../../procedures/directory/see-people.js';
import { refreshCode } from '../../procedures/operators/sign-in-operator.js';
import { RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import type { Account, User } from '../../rules/people.js';
import { outcomeOf, resetView } from '../resets/reset-view.js';
import { block } from '../wording/results.js';
import { ALL, peopleOf } from './console-find.js';
import { askTicket } from './console-lock.js';
import { showDone } from './console-request.js';
import {
  type AskedReset,
  aloud,
  card,
  heardWords,
  type LiveSession,
  roleName,
  type Stage,
  stillSignedIn,
  ticketOf,
  titleOf,
} from './console-session.js';

/** Asks whose factors, why and which ticket, shows what they have and who shares the address of the code, then resets (B54, E31, E32). A reset that waited for a second operator is tried again unchanged. */
export async function resetStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, account, verdict, words } = session;
  if (account === null || verdict?.grant == null) return 'request';
  if (!(await giveFreshCode(session))) return 'verdict';
  session.reset ??= (await askReset(session, account)) ?? null;
  if (session.reset === null) return 'verdict';
  // The code may have become too old during the answers: then ask for another, but not for the answers again.
  if (!(await giveFreshCode(session))) return 'verdict';
  const { target } = session.reset;
  const asked = { grantId: verdict.grant.id, account, ...session.reset };
  const done = await screen.working({ view: () => resetCard(session, target), message: words('reset.working') }, () =>
    resetUnderGrant(desk, session.signed, asked),
  );
  Object.assign(session, { verdict: null, reset: null, request: null, done });
  const system = done.remote != null && done.remote.removed.length > 0 ? done.remote.connector : null;
  const view = () => [
    ...titleOf(session, account.name),
    ...resetView(done, words, heardWords(session)),
    ...(done.outcome === 'reset' && !done.final
      ? [block.note(words('reset.undo', { id: done.id, days: desk.policy.limits.reset.undoDays, system }))]
      : []),
  ];
  return showDone(session, { outcome: outcomeOf(done) }, view);
}

/**
 * A lead or an admin must give a fresh code before a reset or a decision. The console asks for it here, so that the call continues, and asks again
 * after a mistyped code; it ends only if the operator is no longer signed in.
 */
export async function giveFreshCode(session: LiveSession, door: Door = RESETTING): Promise<boolean> {
  const { desk, screen, context, words } = session;
  const own = words('reset.need-code');
  for (let lines = [own]; await lacksFreshCode(session, door); lines = [words('reset.wrong-code'), own]) {
    const view = () => [...titleOf(session, words('reset.own-code')), block.lines(...lines)];
    const code = await screen.line({ view, message: words('reset.code') });
    if (code === undefined || code === '') return false;
    try {
      await refreshCode(desk, session.signed, code);
    } catch (error) {
      if (!isRefusal(error) || error.code !== 'not-signed-in') throw error;
      session.signed = await stillSignedIn(context, desk);
    }
  }
  return true;
}

async function lacksFreshCode({ desk, signed }: LiveSession, door: Door): Promise<boolean> {
  try {
    // A code that is missing is asked for here, and is no refusal; a role that is missing is.
    if (!(await mayAlso(desk, signed, door))) await askAuthority(desk, signed, door);
    return false;
  } catch (error) {
    if (isRefusal(error) && error.code === 'factor-needed') return true;
    throw error;
  }
}

async function askReset(session: LiveSession, account: Account): Promise<AskedReset | undefined> {
  const { desk, screen, signed, words } = session;
  const target = await askTarget(session);
  if (target === undefined) return undefined;
  await viewUser(desk, signed, { account, user: target }, { view: 'factors' });
  const has = await mfaStatus(desk, account, target).then(
    ({ factors, backupCodesLeft: codes, devices, sessions }) => {
      const factorTitle = factors.flatMap(({ kind, state }) => (state === 'active' ? [kind] : []));
      return words('reset.holds', { factorTitle, codes, devices, sessions });
    },
    // A reset mends it.
    () => words('reset.not-readable'),
  );
  const count = await sharedContacts(desk, { ...target, phone: '', phoneE164: null });
  const alerts = count === 0 ? [] : [block.alerts(words('alerts.shared', { count }))];
  const view = () => [...resetCard(session, target, [[words('reset.has'), has]]), ...alerts];
  const usual = words('reset.default-reason');
  const reason = await screen.line({ view, message: words('reset.reason'), default: usual, prose: true });
  if (reason === undefined) return undefined;
  if (ticketOf(session) === null && !(await askTicket(session, view))) return undefined;
  const choices = [{ name: words('reset.now'), value: true as const }];
  const sure = await screen.choose<true>({ view, message: words('reset.sure'), choices });
  return sure && { target, reason, ticket: ticketOf(session) ?? undefined };
}

const resetCard = (session: LiveSession, target: User, more: readonly (readonly [string, string])[] = []) => [
  ...titleOf(session, session.words('reset.title')),
  ...card(session, [
    [session.words('call.reset'), `${target.name}, ${target.login}, ${roleName(session, target.role)}`],
    ...more,
  ]),
];

export async function askTarget(session: LiveSession): Promise<User | undefined> {
  const { screen, account, caller, words } = session;
  if (account === null) return undefined;
  const own = ({ id }: User) => (id === (caller as User).id ? words('reset.the-caller') : '');
  return screen.search<User>({
    view: () => [...titleOf(session, words('reset.title')), ...card(session), ...aloud(session, 'aloud.ask-whose')],
    message: words('reset.whom'),
    look: async (text, thoroughly) => {
      if (text === '') return [];
      const found = await peopleOf(session, text, thoroughly, account);
      return found.map(({ user }) => ({
        name: [user.name, user.login, roleName(session, user.role), own(user)],
        value: user,
      }));
    },
    most: ALL,
  });
}
