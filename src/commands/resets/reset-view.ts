/** What the operator sees of one reset: both names, what was removed, and what to say (B52, B54, B57). */

import type { ResetOutcome } from '../../procedures/resets/reset-factors.js';
import type { View } from '../../terminal/render.js';
import { block, sayBlocks } from '../wording/blocks.js';
import type { Words } from '../wording/words.js';

export function resetView(done: ResetOutcome, words: Words, heard: Words): View {
  const { removed, enrolmentCode } = done;
  const rows = [
    [words('reset.asked-by'), `${done.caller.name} (${done.caller.login})`] as const,
    [words('reset.user'), `${done.target.name} (${done.account.number}/${done.target.login})`] as const,
  ];
  if (done.outcome === 'nothing-to-do')
    return [
      block.verdict(words('reset.nothing')),
      block.fields(...rows),
      block.lines(words('reset.nothing-there')),
      ...sayBlocks(words, heard, 'aloud.nothing-to-reset'),
    ];
  return [
    block.verdict(words('reset.done')),
    block.fields(
      ...rows,
      [words('reset.factors'), String(removed.factors)],
      [words('reset.enrolments'), String(removed.enrolments)],
      [words('reset.backup-codes'), String(removed.backupCodes)],
      [words('reset.devices'), String(removed.devices)],
      [words('reset.sessions'), String(removed.sessions)],
    ),
    ...(done.final ? [block.note(words('reset.final'))] : []),
    ...(enrolmentCode === 'waiting' || enrolmentCode === 'not-sent'
      ? [block.note(words(`reset.code-${enrolmentCode}`, { why: done.codeTrouble }))]
      : []),
    ...sayBlocks(words, heard, `aloud.reset-${enrolmentCode}`),
  ];
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
