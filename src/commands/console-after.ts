/** The end of a call: the reset under the grant just given, handing over, the note for the ticket. */
import { requireFreshCode } from '../procedures/authenticate-operator.js';
import { endCall, handOverCall } from '../procedures/live-calls.js';
import { resetUnderGrant } from '../procedures/reset-factors.js';
import { searchUsers } from '../procedures/search-directory.js';
import type { User } from '../rules/people.js';
import type { View } from '../terminal/render.js';
import { card, elapsed, forget, type LiveSession, note, roleName, type Stage, titleOf } from './console-session.js';
import { resetView } from './mfa.js';

/** Whose factors, why, which ticket; then the reset (B54). */
export async function resetStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, account, verdict } = session;
  if (account === null || verdict?.grant == null) return 'request';
  requireFreshCode(desk, signed);
  const target = await askTarget(session);
  if (target === undefined) return 'verdict';
  const view = (): View => [
    titleOf(session, 'Reset second factors'),
    { kind: 'blank' },
    ...card(session),
    { kind: 'fields', rows: [['Reset', `${target.name}, ${target.login}, ${roleName(target.role)}`]] },
  ];
  const reason = await screen.line({ view, message: 'Reason', default: 'asked for on a call' });
  if (reason === undefined) return 'verdict';
  const ticket = await screen.line({ view, message: 'Ticket', default: session.call?.ticket ?? '' });
  if (ticket === undefined) return 'verdict';
  const grantId = verdict.grant.id;
  const done = await screen.working({ view, message: 'Resetting …' }, () =>
    resetUnderGrant(desk, signed, { grantId, account, target, reason, ticket: ticket === '' ? undefined : ticket }),
  );
  session.events.push(`reset of ${target.login}: ${done.outcome} (${done.id})`);
  session.verdict = null;
  await note(session, { outcome: done.outcome, ...(ticket === '' ? {} : { ticket }) });
  const answer = await screen.choose<Stage>({
    view: () => [titleOf(session, account.name), { kind: 'blank' }, ...resetView(done)],
    message: 'Next',
    choices: [
      { name: 'another request by the same caller', value: 'request', key: '2' },
      { name: 'hand the call over', value: 'hand-over', key: '3' },
      { name: 'end the call', value: 'end', key: '9' },
    ],
  });
  return answer ?? 'request';
}

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
    look: async (text) => {
      if (text === '') return [];
      const { found } = await searchUsers(desk, text, 9, account);
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
      ...noteBlocks(session),
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
  await endCall(desk, signed, call.id, 'ended');
  const text = noteLines(session);
  for (let copied = false; ; ) {
    const answer = await screen.choose({
      view: () => [
        titleOf(session, 'Call ended'),
        ...noteBlocks(session),
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

function noteBlocks(session: LiveSession): View {
  return [{ kind: 'blank' }, { kind: 'note', text: 'For the ticket:' }, { kind: 'lines', lines: noteLines(session) }];
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
