/** Hands a call over: the agent reads its id aloud, and the next operator verifies the caller again. */
import { handOverCall } from '../../procedures/calls/live-calls.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { noteBlocks, noteLines } from './console-note.js';
import { askNext, forget, type LiveSession, type Stage, titleOf } from './console-session.js';

/** The next operator needs only the id. */
export async function handOverStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call, words } = session;
  if (call === null) return 'find';
  await handOverCall(desk, signed, call.id);
  session.call = { ...call, state: 'handed-over' };
  const lines = await noteLines(session, call.id);
  const view = (): View => [
    titleOf(session, words('handover.title')),
    block.blank,
    block.verdict(spaced(call.id)),
    block.lines(words('handover.read'), `  countersign console --call ${call.id}`, words('handover.again')),
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
  forget(session);
  return 'find';
}

/** `call_7kq2mp` as it is read aloud: `7KQ 2MP`. */
const spaced = (id: string): string =>
  id
    .replace(/^call_/, '')
    .toUpperCase()
    .replace(/^(...)/, '$1 ');
