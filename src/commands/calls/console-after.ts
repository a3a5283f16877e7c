/** The end of a call: the reset under the grant just given, handing over, the note for the ticket. */
import { isRefusal } from '../../errors.js';
import { endCall, handOverCall } from '../../procedures/calls/live-calls.js';
import { logState } from '../../procedures/log/log-checkpoint.js';
import { requireFreshCode } from '../../procedures/operators/authenticate-operator.js';
import { refreshCode } from '../../procedures/operators/sign-in-operator.js';
import { resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import type { User } from '../../rules/people.js';
import type { View } from '../../terminal/render.js';
import { resetView } from '../resets/reset-view.js';
import { peopleOf } from './console-find.js';
import { OTHER_STEPS } from './console-request.js';
import {
  type AskedReset,
  card,
  elapsed,
  forget,
  type LiveSession,
  note,
  roleName,
  type Stage,
  stillSignedIn,
  titleOf,
} from './console-session.js';

/** Whose factors, why, which ticket; then the reset (B54). What waits for a second operator is tried again as it was asked for. */
export async function resetStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, account, verdict } = session;
  if (account === null || verdict?.grant == null) return 'request';
  if (!(await giveFreshCode(session))) return 'verdict';
  session.reset ??= (await askReset(session)) ?? null;
  if (session.reset === null) return 'verdict';
  const { target, reason, ticket } = session.reset;
  const asked = { grantId: verdict.grant.id, account, target, reason, ticket: ticket === '' ? undefined : ticket };
  const done = await screen.working({ view: () => resetCard(session, target), message: 'Resetting …' }, () =>
    resetUnderGrant(desk, session.signed, asked),
  );
  session.events.push(`reset of ${target.login}: ${done.outcome} (${done.id})`);
  Object.assign(session, { verdict: null, reset: null });
  await note(session, { outcome: done.outcome, ...(ticket === '' ? {} : { ticket }) });
  const answer = await screen.choose<Stage>({
    view: () => [titleOf(session, account.name), { kind: 'blank' }, ...resetView(done)],
    message: 'Next',
    choices: OTHER_STEPS,
  });
  return answer ?? 'request';
}

/** A lead or an admin proves the authenticator app again before a reset; asked here, so that the call goes on. */
async function giveFreshCode(session: LiveSession): Promise<boolean> {
  const { desk, screen, signed, context } = session;
  try {
    requireFreshCode(desk, signed);
    return true;
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'factor-needed') throw error;
  }
  const code = await screen.line({
    view: () => [titleOf(session, 'Your own code'), { kind: 'blank' }, { kind: 'lines', lines: [OWN_CODE] }],
    message: 'Code',
  });
  if (code === undefined || code === '') return false;
  await refreshCode(desk, signed, code);
  session.signed = await stillSignedIn(context, desk);
  return true;
}

const OWN_CODE = 'A reset needs a fresh code from your own authenticator app. Do not ask the caller for one.';

async function askReset(session: LiveSession): Promise<AskedReset | undefined> {
  const { screen, call } = session;
  const target = await askTarget(session);
  if (target === undefined) return undefined;
  const view = () => resetCard(session, target);
  const reason = await screen.line({ view, message: 'Reason', default: 'asked for on a call' });
  if (reason === undefined) return undefined;
  const ticket = await screen.line({ view, message: 'Ticket', default: call?.ticket ?? undefined });
  return ticket === undefined ? undefined : { target, reason, ticket };
}

const resetCard = (session: LiveSession, target: User): View => [
  titleOf(session, 'Reset second factors'),
  { kind: 'blank' },
  ...card(session, [['Reset', `${target.name}, ${target.login}, ${roleName(target.role)}`]]),
];

async function askTarget(session: LiveSession): Promise<User | undefined> {
  const { desk, screen, account, caller } = session;
  if (account === null) return undefined;
  return screen.search<User>({
    view: () => [
      titleOf(session, 'Reset second factors'),
      { kind: 'blank' },
      ...card(session),
      { kind: 'say', text: 'Whose sign-in is it about?' },
    ],
    message: 'Reset whom',
    look: async (text, thoroughly) => {
      if (text === '') return [];
      const found = await peopleOf(desk, account, text, 9, thoroughly);
      return found.map(({ user }) => ({
        name: [user.name, user.login, roleName(user.role), user.id === (caller as User).id ? 'the caller' : ''],
        value: user,
      }));
    },
  });
}

/** The id is all the next operator needs. */
export async function handOverStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call } = session;
  if (call === null) return 'find';
  await handOverCall(desk, signed, call.id);
  session.call = { ...call, state: 'handed-over' };
  session.events.push('handed over');
  const answer = await screen.choose<Stage>({
    view: () => [
      titleOf(session, 'Hand over'),
      { kind: 'blank' },
      { kind: 'verdict', verdict: spaced(call.id), tone: 'good' },
      {
        kind: 'lines',
        lines: [
          'Read this id to the operator who takes over. They press F5 and type it, or run:',
          `  countersign console --call ${call.id}`,
          'The caller is verified again there: a grant stays with the operator who verified.',
        ],
      },
      ...noteBlocks(noteLines(session)),
    ],
    message: 'Next',
    choices: [
      { name: 'done', value: 'find' },
      { name: 'take it back', value: 'resume', key: '2' },
    ],
  });
  if (answer === 'resume') {
    session.resuming = call.id;
    return 'resume';
  }
  screen.wipe();
  forget(session);
  return 'find';
}

/** `call_7kq2mp` as one reads it aloud: `7KQ 2MP`. */
const spaced = (id: string): string =>
  id
    .replace(/^call_/, '')
    .toUpperCase()
    .replace(/^(...)/, '$1 ');

/** Ends the call, offers the note, then clears the screen of what was said. */
export async function endStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call } = session;
  if (call === null) return 'find';
  await endCall(desk, signed, call.id);
  session.call = { ...call, state: 'ended' };
  const text = [...noteLines(session), await receiptLine(session)];
  for (let copied = false; ; ) {
    const answer = await screen.choose({
      view: () => [
        titleOf(session, 'Call ended'),
        ...noteBlocks(text),
        ...(copied ? [{ kind: 'lines', lines: ['Copied.'] } as const] : []),
      ],
      message: 'Next',
      choices: [
        { name: 'next call (clears the screen)', value: 'next' as const },
        { name: 'copy the note', value: 'copy' as const, key: 'c' },
      ],
    });
    if (answer !== 'copy') break;
    screen.copy(text.join('\n'));
    copied = true;
  }
  screen.wipe();
  forget(session);
  return 'find';
}

const noteBlocks = (lines: readonly string[]): View => [
  { kind: 'blank' },
  { kind: 'note', text: 'For the ticket:' },
  { kind: 'lines', lines },
];

/** Size and head of the log as it stands with this call in it: whoever has the ticket can check that nothing was taken out. */
async function receiptLine({ desk }: LiveSession): Promise<string> {
  const { size, root } = await logState(desk.store.read.audit, desk.notary);
  return `log: size ${size} · root ${Buffer.from(root).toString('hex').slice(0, 16)}`;
}

/** What happened, without anything that was said. */
function noteLines(session: LiveSession): readonly string[] {
  const { call, account, caller, signed, desk, events } = session;
  const who = caller === null ? '' : typeof caller === 'string' ? ', caller not on the list' : `, ${caller.login}`;
  return [
    `countersign ${call?.id ?? ''} by ${signed.operator.name}, ${elapsed(desk.now() - (call?.openedAt ?? desk.now()))}`,
    ...(account === null ? [] : [`account ${account.number} ${account.name}${who}`]),
    ...(events.length === 0 ? ['nothing was asked for'] : events),
  ];
}
