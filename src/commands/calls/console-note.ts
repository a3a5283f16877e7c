/** The end of a call, and its note for the ticket. */
import { isRefusal } from '../../errors.js';
import { leaveCall } from '../../procedures/calls/live-calls.js';
import { callRecord } from '../../procedures/log/call-record.js';
import { block } from '../wording/results.js';
import { aloud, askNext, type LiveSession, NOTHING_KNOWN, type Stage, titleOf } from './console-session.js';
import { noteOf } from './record-view.js';

export async function endStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call, words } = session;
  if (call === null) return 'find';
  await leaveCall(desk, signed, call.id, 'ended');
  session.call = { ...call, state: 'ended' };
  for (let copied = false; ; ) {
    const text = await noteLines(session, call.id);
    const { ticket } = session.call;
    const answer = await screen.choose<'next' | 'copy' | 'ticket'>({
      view: () => [
        ...titleOf(session, words('note.title')),
        ...noteBlocks(session, text),
        ...(copied ? [block.lines(words('note.copied'))] : []),
      ],
      message: words('call.next'),
      choices: [
        { name: words('note.next-call'), value: 'next' as const },
        { name: words('note.copy'), value: 'copy' as const, key: 'c' },
      ],
      overtaken: () => (session.call?.ticket === ticket ? undefined : 'ticket'),
    });
    if (answer === 'next' || answer === undefined) break;
    if (answer === 'copy') screen.copy(text.join('\n'));
    copied ||= answer === 'copy';
  }
  screen.wipe();
  Object.assign(session, NOTHING_KNOWN);
  return 'find';
}

/** The call has ended, or changed hands, whether its record can be read now or not; then the note says how to get it. */
export async function noteLines({ desk, signed, words }: LiveSession, id: string): Promise<readonly string[]> {
  try {
    return noteOf(await callRecord(desk, signed, id), words);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [`countersign call note ${id}`];
  }
}

const noteBlocks = ({ words }: LiveSession, lines: readonly string[]) => [
  block.note(words('note.ticket')),
  block.lines(...lines),
];

/** The next operator needs only the id. */
export async function handOverStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call, words } = session;
  if (call === null) return 'find';
  await leaveCall(desk, signed, call.id, 'handed-over');
  session.call = { ...call, state: 'handed-over' };
  const lines = await noteLines(session, call.id);
  const view = () => [
    ...titleOf(session, words('handover.title')),
    ...aloud(session, 'aloud.hand-over'),
    block.verdict(spaced(call.id)),
    block.lines(words('handover.read'), `  countersign console --call ${call.id}`, words('handover.again')),
    block.blank,
    ...noteBlocks(session, lines),
  ];
  const answer = await askNext(session, view, [
    { name: words('handover.done'), value: 'find' },
    { name: words('handover.take-back'), value: 'resume', key: '2' },
  ]);
  if (answer === 'resume') {
    session.resuming = call.id;
    return 'resume';
  }
  screen.wipe();
  Object.assign(session, NOTHING_KNOWN);
  return 'find';
}

/** `call_7kq2mp` as it is read aloud: `7KQ 2MP`. */
const spaced = (id: string): string => id.toUpperCase().replace(/^CALL_(...)/, '$1 ');
