/** What the operator sees of one reset: both names, what was removed, and what to say (B52, B54, B57). */

import type { ResetOutcome } from '../../procedures/resets/reset-factors.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';

export function resetView(done: ResetOutcome): View {
  const { removed } = done;
  const rows = [
    ['Asked for by', `${done.caller.name} (${done.caller.login})`] as const,
    ['User', `${done.target.name} (${done.account.number}/${done.target.login})`] as const,
  ];
  if (done.outcome === 'nothing-to-do') {
    return [
      block.verdict('NOTHING TO DO'),
      block.fields(...rows),
      block.lines('The user has no factor, backup code, device or session to remove.'),
      block.say('There is nothing to reset on this login.'),
    ];
  }
  return [
    block.verdict('RESET'),
    block.fields(
      ...rows,
      ['Factors', String(removed.factors)],
      ['Unfinished enrolments', String(removed.enrolments)],
      ['Backup codes', String(removed.backupCodes)],
      ['Remembered devices', String(removed.devices)],
      ['Portal sessions', String(removed.sessions)],
    ),
    ...(done.final ? [block.note('The old factors are destroyed; this cannot be undone.')] : []),
    ...codeNote(done),
    block.say(SAY[done.enrolmentCode]),
  ];
}

const SAY = {
  sent: 'The second factors are reset. A code is on its way to the e-mail address we have on file. At the next sign-in it is needed to set up a new factor.',
  waiting:
    'The second factors are reset. The code for the next sign-in is not sent yet. It follows to the e-mail address we have on file as soon as our mail works again.',
  'not-sent':
    'The second factors are reset. The e-mail address we have on file does not take the enrolment code; your admin must help.',
  'not-needed': 'The second factors are reset. The next sign-in asks to set up a new factor.',
  'no-address-on-file':
    'The second factors are reset. There is no e-mail address on file that is old enough for the enrolment code; your admin must help.',
} as const;

function codeNote({ enrolmentCode, codeTrouble }: ResetOutcome): View {
  if (enrolmentCode !== 'waiting' && enrolmentCode !== 'not-sent') return [];
  const what = enrolmentCode === 'waiting' ? 'The code is waiting to be sent' : 'The code could not be sent';
  return [block.note(`${what}${codeTrouble === null ? '' : `: ${codeTrouble}`}. See: countersign outbox list`)];
}

/** The row that a list also has, and what only a reset on a call has. */
export function resetDocument(done: ResetOutcome) {
  const { target, outcome, removed } = done;
  return { line: 1, user: target.id, login: target.login, outcome, removed, reset: onCall(done) };
}

function onCall(done: ResetOutcome) {
  return {
    id: done.id,
    outcome: done.outcome,
    caller: { id: done.caller.id, login: done.caller.login, name: done.caller.name },
    account: { id: done.account.id, number: done.account.number },
    user: { id: done.target.id, login: done.target.login, name: done.target.name },
    removed: done.removed,
    enrolmentCode: done.enrolmentCode,
    ...(done.codeTrouble === null ? {} : { codeTrouble: done.codeTrouble }),
    final: done.final,
  };
}
