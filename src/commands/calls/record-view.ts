/** A call as the log has it: as a screen, and as the note for the ticket (B97). */
import type { CallHead, CallRecord } from '../../procedures/log/call-record.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { iso } from '../../rules/moment.js';
import { block, localClock, moments } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { elapsed } from './console-session.js';

/** What a step says by itself; the others are said by their outcome. */
const STEPS = ['opened', 'general', 'resumed', 'handed-over', 'dropped', 'ended'] as const;
/** Both ends say nothing that the head of a note does not say. */
const ENDS = ['call.opened', 'call.ended'];
/** They say nothing that another step of the call does not say. */
const SILENT = ['user.viewed', 'verification.started'];

/** An outcome that the console noted is a step only if no other entry says it. */
function stepsOf(record: CallRecord, words: Words) {
  const { entries } = record;
  const said = entries.filter(({ kind }) => kind.startsWith('verification.') || kind.startsWith('mfa.'));
  const known = new Set(said.flatMap((entry) => [verbOf(entry), entry.reason, entry.detail?.['result']]));
  return entries.flatMap((entry) => {
    const { at, by, kind, detail } = entry;
    if (SILENT.includes(kind)) return [];
    const noted = detail?.['outcome'];
    if (kind === 'call.noted' && (noted === undefined || known.has(String(noted)))) return [];
    return [{ kind, at, by: by.name, text: textOf(entry, record, words) }];
  });
}

const verbOf = ({ kind }: LoggedEntry): string => kind.slice(kind.indexOf('.') + 1);

function textOf(entry: LoggedEntry, { logins, caller }: CallRecord, words: Words): string {
  const { kind, user = '', reason, detail, outcome } = entry;
  const why = reason === undefined || kind.startsWith('call.') ? '' : ` (${words.term('noWhy', reason)})`;
  if (kind === 'call.noted')
    return detail?.['outcome'] === 'not-found'
      ? words('note.not-listed')
      : words.term('noted', String(detail?.['outcome']));
  if (kind.startsWith('verification.')) {
    const step = `${detail?.['action'] ?? ''}: ${words.term('noted', verbOf(entry))}${why}`;
    const login = logins.get(user);
    // A call may have had another caller, or another company, before.
    if (login === (caller ?? undefined)) return step;
    return login === undefined ? words('note.of-unlisted', { step }) : words('note.of', { login, step });
  }
  if (kind.startsWith('mfa.reset')) {
    const login = logins.get(user) ?? user;
    if (outcome !== 'done') {
      const said = { login, outcome: words.term('noted', outcome), reason: words.term('noWhy', reason ?? '') };
      return words('note.reset-refused', said);
    }
    const result = words.term('noted', String(detail?.['result']));
    return words('note.reset', { login, outcome: result, id: String(detail?.['reset']) });
  }
  const step = STEPS.find((one) => kind === `call.${one}`);
  return `${step === undefined ? kind : words(`note.${step}`)}${why}`;
}

/** The same step several times in a row is one line. */
const counted = (steps: ReturnType<typeof stepsOf>, words: Words): readonly string[] =>
  steps.flatMap(({ text: step }, at) => {
    if (steps[at - 1]?.text === step) return [];
    const after = steps.slice(at).findIndex(({ text }) => text !== step);
    const count = after < 0 ? steps.length - at : after;
    return [count === 1 ? step : words('note.times', { step, count })];
  });

/** Lines for the ticket, without anything that was said. */
export function noteOf(record: CallRecord, words: Words): readonly string[] {
  const { id, account, caller, ticket, operator, openedAt: opened } = record;
  const asked = stepsOf(record, words).filter(({ kind }) => !ENDS.includes(kind));
  const clock = elapsed((record.endedAt ?? words.now()) - opened);
  const who = caller === null ? words('note.caller-unlisted') : `, ${caller}`;
  return [
    words('note.head', { id, operator, opened, clock, ticket }),
    ...(account === null ? [] : [`${words('note.account', { number: account.number, name: account.name })}${who}`]),
    ...(asked.length === 0 ? [words('note.nothing')] : counted(asked, words)),
    words('note.receipt', { id }),
  ];
}

export function recordView(record: CallRecord, words: Words) {
  const { id, account, caller, ticket, operator, state } = record;
  return [
    block.title(id, elapsed((record.endedAt ?? words.now()) - record.openedAt)),
    block.fields(
      [words('record.state'), words('record.with', { callState: state, operator })],
      [words('record.account'), account === null ? words('record.no-account') : `${account.name} (${account.number})`],
      [words('record.caller'), caller ?? words('record.unlisted')],
      [words('record.ticket'), ticket],
    ),
    block.table(
      [words('record.time'), words('record.by'), words('record.what')],
      stepsOf(record, words).map(({ at, by, text }) => [localClock(at), by, text]),
    ),
  ];
}

export const headDocument = ({ openedAt, updatedAt, endedAt, ...head }: CallHead) => ({
  ...head,
  ...moments({ openedAt, updatedAt, endedAt }, 'openedAt', 'updatedAt', 'endedAt'),
});

export const recordDocument = ({ entries, logins, ...head }: CallRecord) => ({
  ...headDocument(head),
  steps: entries.map(({ v: _v, policy: _policy, at, user, ...entry }) => ({
    ...entry,
    at: iso(at),
    ...(user === undefined ? {} : { user, login: logins.get(user) ?? null }),
  })),
});
