/** What the operator sees of one reset: both names, what was removed, and what to say (B52, B54, B57). */
import type { ResetOutcome } from '../../procedures/resets/reset-factors.js';
import { outcomeWith, type RowOutcome } from '../../procedures/resets/row-outcome.js';
import type { Remote, RemoteState } from '../../rules/remote-reset.js';
import { block, localMinute, pick } from '../wording/results.js';
import { sayBlocks, type Words } from '../wording/words.js';
import { remoteDocument } from './bulk-view.js';

export function resetView(done: ResetOutcome, words: Words, heard: Words) {
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
  const whole = exitOfReset(done) === 0;
  return [
    block.verdict(words(whole ? 'reset.done' : 'remote.here-only'), whole ? 'good' : 'warn'),
    block.fields(
      ...rows,
      [words('reset.factors'), String(removed.factors)],
      [words('reset.enrolments'), String(removed.enrolments)],
      [words('reset.backup-codes'), String(removed.backupCodes)],
      [words('reset.devices'), String(removed.devices)],
      [words('reset.sessions'), String(removed.sessions)],
      ...remoteRows(done.remote, words),
    ),
    ...(done.final ? [block.note(words('reset.final'))] : []),
    ...(enrolmentCode === 'waiting' || enrolmentCode === 'not-sent'
      ? [block.note(words(`reset.code-${enrolmentCode}`, { why: done.codeTrouble }))]
      : []),
    ...sayBlocks(words, heard, whole ? `aloud.reset-${enrolmentCode}` : 'aloud.reset-unfinished'),
  ];
}

/** What was read at the other system, and what it means for the person (B93). */
export function remoteRows(remote: Remote | null, words: Words): readonly (readonly [string, string | null])[] {
  if (remote === null) return [];
  const { connector, state, removed, left, gate, sessions, why } = remote;
  const facts = { connector, state, removed: removed.join(', ') || '–', left: left.join(', ') || '–', why: why ?? '' };
  const until = remote.until === null ? '–' : localMinute(remote.until);
  const read = state === 'reset' || state === 'partial';
  return [
    [words('remote.system'), connector],
    [words('remote.there'), words('remote.state', facts)],
    [words('remote.gate'), gate && words('remote.gate-is', { kind: gate, until, sent: remote.until })],
    [words('remote.sessions'), read && sessions !== 'ended' ? words(`remote.sessions-${sessions}`) : null],
  ];
}

/** Done here, but not, or not yet, where the login is: 4 in part, 5 waiting, 7 out of reach. */
export const exitOfReset = ({ remote }: ResetOutcome): number => (remote === null ? 0 : (EXITS[remote.state] ?? 4));

const EXITS: Readonly<Partial<Record<RemoteState, number>>> = { reset: 0, nothing: 0, waiting: 5, unreachable: 7 };

/** As a row of a list says it: what is not done there is not done. */
export const outcomeOf = ({ outcome, remote }: ResetOutcome) =>
  remote === null ? outcome : outcomeWith(outcome, remote.state);

/** The row that a list also has, and what only a reset on a call has. */
export const resetDocument = (made: ResetOutcome) => documentOf({ ...made, outcome: outcomeOf(made) });

const documentOf = (done: Omit<ResetOutcome, 'outcome'> & Pick<RowOutcome, 'outcome'>) => ({
  line: 1,
  user: done.target.id,
  login: done.target.login,
  ...pick(done, 'outcome', 'removed'),
  reset: {
    ...pick(done, 'id', 'outcome'),
    caller: pick(done.caller, 'id', 'login', 'name'),
    account: pick(done.account, 'id', 'number'),
    user: pick(done.target, 'id', 'login', 'name'),
    ...pick(done, 'removed', 'enrolmentCode'),
    codeTrouble: done.codeTrouble ?? undefined,
    final: done.final,
    remote: done.remote ? remoteDocument(done.remote) : undefined,
  },
});
