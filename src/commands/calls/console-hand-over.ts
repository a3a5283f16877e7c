/** Hands a call over: the agent reads its id aloud, and the next operator verifies the caller again. */
import { handOverCall } from '../../procedures/calls/live-calls.js';
import { callRecord } from '../../procedures/log/call-record.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { noteBlocks } from './console-note.js';
import { askNext, forget, type LiveSession, type Stage, titleOf } from './console-session.js';
import { noteOf } from './record-view.js';

/** The next operator needs only the id. */
export async function handOverStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, call } = session;
  if (call === null) return 'find';
  await handOverCall(desk, signed, call.id);
  session.call = { ...call, state: 'handed-over' };
  const lines = noteOf(await callRecord(desk, signed, call.id), desk.now());
  const view = (): View => [
    titleOf(session, 'Hand over'),
    block.blank,
    block.verdict(spaced(call.id)),
    block.lines(
      'Read this id to the operator who takes over. They press F5 and type it, or run:',
      `  countersign console --call ${call.id}`,
      'The caller is verified again there: a grant stays with the operator who verified.',
    ),
    ...noteBlocks(lines),
  ];
  const answer = await askNext(session, view, [
    { name: 'done', value: 'find' },
    { name: 'take it back', value: 'resume', key: '2' },
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
