/** The reset under the grant just given (B54). */
import { isRefusal } from '../../errors.js';
import { askAuthority, type Door, mayAlso } from '../../procedures/authorise.js';
import { refreshCode } from '../../procedures/operators/sign-in-operator.js';
import { RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import type { User } from '../../rules/people.js';
import type { View } from '../../terminal/render.js';
import { resetView } from '../resets/reset-view.js';
import { block } from '../wording/blocks.js';
import { ALL, peopleOf } from './console-find.js';
import { otherSteps } from './console-request.js';
import {
  type AskedReset,
  aloud,
  askNext,
  card,
  heardWords,
  type LiveSession,
  note,
  roleName,
  type Stage,
  stillSignedIn,
  titleOf,
} from './console-session.js';

/** Asks whose factors, why and which ticket, then resets (B54). A reset that waited for a second operator is tried again unchanged. */
export async function resetStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, account, verdict, words } = session;
  if (account === null || verdict?.grant == null) return 'request';
  if (!(await giveFreshCode(session))) return 'verdict';
  session.reset ??= (await askReset(session)) ?? null;
  if (session.reset === null) return 'verdict';
  // The code may have become too old during the answers: then ask for another, but not for the answers again.
  if (!(await giveFreshCode(session))) return 'verdict';
  const { target, reason, ticket } = session.reset;
  const asked = { grantId: verdict.grant.id, account, target, reason, ticket: ticket === '' ? undefined : ticket };
  const done = await screen.working({ view: () => resetCard(session, target), message: words('reset.working') }, () =>
    resetUnderGrant(desk, session.signed, asked),
  );
  Object.assign(session, { verdict: null, reset: null, request: null });
  await note(session, { outcome: done.outcome, ...(ticket === '' ? {} : { ticket }) });
  const view = (): View => [
    titleOf(session, account.name),
    block.blank,
    ...resetView(done, words, heardWords(session)),
  ];
  return (await askNext(session, view, otherSteps(session))) ?? 'request';
}

/**
 * A lead or an admin must give a fresh code before a reset or a decision. The console asks for it here, so that the call continues, and asks again
 * after a mistyped code; it ends only if the operator is no longer signed in.
 */
export async function giveFreshCode(session: LiveSession, door: Door = RESETTING): Promise<boolean> {
  const { desk, screen, context, words } = session;
  const own = words('reset.need-code');
  for (let lines = [own]; await lacksFreshCode(session, door); lines = [words('reset.wrong-code'), own]) {
    const code = await screen.line({
      view: () => [titleOf(session, words('reset.own-code')), block.blank, block.lines(...lines)],
      message: words('reset.code'),
    });
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

async function askReset(session: LiveSession): Promise<AskedReset | undefined> {
  const { screen, call, words } = session;
  const target = await askTarget(session);
  if (target === undefined) return undefined;
  const view = () => resetCard(session, target);
  const reason = await screen.line({
    view,
    message: words('reset.reason'),
    default: words('reset.default-reason'),
    prose: true,
  });
  if (reason === undefined) return undefined;
  const ticket = await screen.line({ view, message: words('reset.ticket'), default: call?.ticket ?? undefined });
  return ticket === undefined ? undefined : { target, reason, ticket };
}

const resetCard = (session: LiveSession, target: User): View => [
  titleOf(session, session.words('reset.title')),
  block.blank,
  ...card(session, [
    [session.words('call.reset'), `${target.name}, ${target.login}, ${roleName(session, target.role)}`],
  ]),
];

async function askTarget(session: LiveSession): Promise<User | undefined> {
  const { screen, account, caller, words } = session;
  if (account === null) return undefined;
  return screen.search<User>({
    view: () => [
      titleOf(session, words('reset.title')),
      block.blank,
      ...card(session),
      ...aloud(session, 'aloud.ask-whose'),
    ],
    message: words('reset.whom'),
    look: async (text, thoroughly) => {
      if (text === '') return [];
      const found = await peopleOf(session, text, thoroughly, account);
      return found.map(({ user }) => ({
        name: [
          user.name,
          user.login,
          roleName(session, user.role),
          user.id === (caller as User).id ? words('reset.the-caller') : '',
        ],
        value: user,
      }));
    },
    most: ALL,
  });
}
