/** A call as the log has it: as a screen, and as the note for the ticket (B97). */
import type { CallHead, CallRecord } from '../../procedures/log/call-record.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localClock, localMinute } from '../wording/times.js';
import { elapsed } from './console-session.js';

/** What a step says by itself; the others are said by their outcome. */
const STEPS: Readonly<Record<string, string>> = {
  'call.opened': 'opened',
  'call.general': 'general question, no verification needed',
  'call.resumed': 'resumed',
  'call.handed-over': 'handed over',
  'call.dropped': 'dropped',
  'call.ended': 'ended',
};
const NOTED: Readonly<Record<string, string>> = { 'not-found': 'not on the list: refused' };
/** They say nothing that another step of the call does not say. */
const SILENT = ['user.viewed', 'verification.started'];

interface Step {
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

/** An outcome that the console noted is a step only if no other entry says it. */
function stepsOf({ entries, logins }: CallRecord): readonly Step[] {
  const said = entries.filter(({ kind }) => kind.startsWith('verification.') || kind.startsWith('mfa.'));
  const known = new Set(said.flatMap((entry) => [verbOf(entry), entry.reason, entry.detail?.['result']]));
  return entries.flatMap((entry) => {
    const { at, by, kind, detail } = entry;
    if (SILENT.includes(kind)) return [];
    const noted = detail?.['outcome'];
    if (kind === 'call.noted' && (noted === undefined || known.has(String(noted)))) return [];
    return [
      {
        at,
        by: by.name,
        text: kind === 'call.noted' ? (NOTED[String(noted)] ?? String(noted)) : textOf(entry, logins),
      },
    ];
  });
}

const verbOf = ({ kind }: LoggedEntry): string => kind.slice(kind.indexOf('.') + 1);

function textOf(entry: LoggedEntry, logins: CallRecord['logins']): string {
  const { kind, user, reason, detail, outcome } = entry;
  const why = reason === undefined || kind.startsWith('call.') ? '' : ` (${reason})`;
  if (kind.startsWith('verification.')) return `${detail?.['action'] ?? ''}: ${verbOf(entry)}${why}`;
  if (kind.startsWith('mfa.reset')) {
    const result = outcome === 'done' ? `${detail?.['result']} (${detail?.['reset']})` : `${outcome}${why}`;
    return `reset of ${logins.get(user ?? '') ?? user}: ${result}`;
  }
  return `${STEPS[kind] ?? kind}${why}`;
}

/** Lines for the ticket, without anything that was said. */
export function noteOf(record: CallRecord, now: number): readonly string[] {
  const { id, account, caller, ticket, operator } = record;
  const asked = stepsOf(record).filter(({ text }) => !['opened', 'ended'].includes(text));
  const time = elapsed((record.endedAt ?? now) - record.openedAt);
  const who = caller === null ? ', caller not on the list' : `, ${caller}`;
  return [
    `countersign ${id} by ${operator}, ${localMinute(record.openedAt)}, ${time}${ticket === null ? '' : `, ticket ${ticket}`}`,
    ...(account === null ? [] : [`account ${account.number} ${account.name}${who}`]),
    ...(asked.length === 0 ? ['nothing was asked for'] : asked.map(({ text }) => text)),
    `receipt: countersign receipt show ${id}`,
  ];
}

export function recordView(record: CallRecord, now: number): View {
  const { id, account, caller, ticket, operator, state } = record;
  return [
    block.title(id, elapsed((record.endedAt ?? now) - record.openedAt)),
    block.fields(
      ['State', `${state}, with ${operator}`],
      ['Account', account === null ? 'none' : `${account.name} (${account.number})`],
      ['Caller', caller ?? 'not on the list'],
      ...(ticket === null ? [] : [['Ticket', ticket] as const]),
    ),
    block.table(
      ['time', 'by', 'what'],
      stepsOf(record).map(({ at, by, text }) => [localClock(at), by, text]),
    ),
  ];
}

export const headDocument = ({ openedAt, updatedAt, endedAt, ...head }: CallHead) => ({
  ...head,
  openedAt: iso(openedAt),
  updatedAt: iso(updatedAt),
  endedAt: endedAt === null ? null : iso(endedAt),
});

export const recordDocument = ({ entries, logins, ...head }: CallRecord) => ({
  ...headDocument(head),
  steps: entries.map(({ v: _v, policy: _policy, at, user, ...entry }) => ({
    ...entry,
    at: iso(at),
    ...(user === undefined ? {} : { user, login: logins.get(user) ?? null }),
  })),
});
