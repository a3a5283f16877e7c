/** The end of a call, and its note for the ticket. */
import { endCall } from '../../procedures/calls/live-calls.js';
import { logState } from '../../procedures/log/log-checkpoint.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { elapsed, forget, type LiveSession, type Stage, titleOf } from './console-session.js';

/** Ends the call, offers the note, then clears the screen. */
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
        ...(copied ? [block.lines('Sent to the clipboard. If it does not arrive, select the text above.')] : []),
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

export const noteBlocks = (lines: readonly string[]): View => [
  block.blank,
  block.note('For the ticket:'),
  block.lines(...lines),
];

/** Size and root of the log with this call in it: with the ticket, anyone can check that no entry was removed. */
async function receiptLine({ desk }: LiveSession): Promise<string> {
  const { size, root } = await logState(desk.store.read.audit, desk.notary);
  return `log: size ${size} · root ${Buffer.from(root).toString('hex').slice(0, 16)}`;
}

/** What happened on the call, without anything that was said. */
export function noteLines(session: LiveSession): readonly string[] {
  const { call, account, caller, signed, desk, events } = session;
  const who = caller === null ? '' : typeof caller === 'string' ? ', caller not on the list' : `, ${caller.login}`;
  return [
    `countersign ${call?.id ?? ''} by ${signed.operator.name}, ${elapsed(desk.now() - (call?.openedAt ?? desk.now()))}`,
    ...(account === null ? [] : [`account ${account.number} ${account.name}${who}`]),
    ...(events.length === 0 ? ['nothing was asked for'] : events),
  ];
}
