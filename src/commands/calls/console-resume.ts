/** Resumes a call that was dropped or handed over. */
import { resumeCall } from '../../procedures/calls/live-calls.js';
import { ownCalls } from '../../procedures/log/call-record.js';
import { readCallId } from '../../rules/call-id.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { ALL } from './console-find.js';
import { type LiveSession, type Stage, titleOf } from './console-session.js';

/** One's own calls that have not ended, the newest first (E29), or the id that was read aloud. */
async function askWhichCall(session: LiveSession): Promise<string | undefined> {
  const { desk, signed, screen, words } = session;
  const own = (await ownCalls(desk, signed, ALL)).filter(({ state }) => state !== 'ended');
  const rows = own.map(({ id, state, openedAt, account, caller }) => ({
    name: [id, localMinute(openedAt), state, account === null ? '' : `${account.number} ${caller ?? account.name}`],
    value: id,
  }));
  return screen.search<string>({
    view: (): View => [titleOf(session, words('find.resume')), block.blank, block.lines(words('find.resume-id'))],
    message: words('find.call'),
    initial: '',
    most: ALL,
    look: async (text) => {
      const id = readCallId(text) ?? text;
      const found = rows.filter(({ value }) => value.includes(text.trim().toLowerCase()) || value === id);
      return found.length > 0 || text.trim() === '' ? found : [{ name: id, value: text }];
    },
  });
}

/** Resumes a call by the id that was read aloud, or given with --call. */
export async function resumeStage(session: LiveSession): Promise<Stage> {
  const { resuming: given } = session;
  session.resuming = undefined;
  const text = given ?? (await askWhichCall(session));
  if (text === undefined || text === '') return 'find';
  const call = await resumeCall(session.desk, session.signed, text);
  Object.assign(session, { call, account: call.account, caller: call.caller, action: null, verdict: null });
  session.viewed = call.caller === null ? [] : [call.caller.id];
  if (call.account === null) return 'find';
  if (call.caller === null) return 'who';
  return 'request';
}
