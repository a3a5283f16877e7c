/** The end of a call, and its note for the ticket. */
import { endCall } from '../../procedures/calls/live-calls.js';
import { logState } from '../../procedures/log/log-checkpoint.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { elapsed, forget, type LiveSession, type Stage, titleOf } from './console-session.js';

/** Ends the call, offers the note, then clears the screen. */
export async function endStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call, words } = session;
  if (call === null) return 'find';
  await endCall(desk, signed, call.id);
  session.call = { ...call, state: 'ended' };
  const text = [...noteLines(session), await receiptLine(session)];
  for (let copied = false; ; ) {
    const answer = await screen.choose({
      view: () => [
        titleOf(session, words('note.title')),
        ...noteBlocks(session, text),
        ...(copied ? [block.lines(words('note.copied'))] : []),
      ],
      message: words('call.next'),
      choices: [
        { name: words('note.next-call'), value: 'next' as const },
        { name: words('note.copy'), value: 'copy' as const, key: 'c' },
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

export const noteBlocks = ({ words }: LiveSession, lines: readonly string[]): View => [
  block.blank,
  block.note(words('note.ticket')),
  block.lines(...lines),
];

/** Size and root of the log with this call in it: with the ticket, anyone can check that no entry was removed. */
async function receiptLine({ desk, words }: LiveSession): Promise<string> {
  const { size, root } = await logState(desk.store.read.audit, desk.notary);
  return words('note.log', { size, root: Buffer.from(root).toString('hex').slice(0, 16) });
}

/** What happened on the call, without anything that was said. */
export function noteLines(session: LiveSession): readonly string[] {
  const { call, account, caller, signed, desk, events, words } = session;
  const unlisted = typeof caller === 'string' ? words('note.caller-unlisted') : '';
  const who = caller === null || typeof caller === 'string' ? unlisted : `, ${caller.login}`;
  const clock = elapsed(desk.now() - (call?.openedAt ?? desk.now()));
  return [
    words('note.head', { id: call?.id ?? '', operator: signed.operator.name, clock }),
    ...(account === null ? [] : [`${words('note.account', { number: account.number, name: account.name })}${who}`]),
    ...(events.length === 0 ? [words('note.nothing')] : events),
  ];
}
