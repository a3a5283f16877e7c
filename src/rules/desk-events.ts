/**
 * The desk's own events: what other systems want to hear of at once, as a webhook. Each is derived from an audit entry, so there
 * is no event without an entry, and no procedure can forget one. They contain only ids, never free text.
 */
import type { EntryFacts } from './audit-entry.js';
import { chunksOf, grouped } from './lists.js';
import { iso } from './moment.js';
import { powerOf } from './power.js';

/** An entry as other systems are told of it: `seq` is its number in the log, `external` who its user is at another system. */
export type ToldEntry = EntryFacts & { readonly seq?: number; readonly external?: string | null };

export interface DeskEvent {
  /** `mfa.reset`, `verification.locked`, … */
  readonly type: string;
  /** One item for each entry of the transaction; ids, names of roles and kinds, ISO times. */
  readonly items: readonly Readonly<Record<string, string | number | boolean | null>>[];
}

/** Kinds that are events when they are done, beside those that change power (power.ts). */
const AS_DONE = [
  ...['mfa.reset', 'mfa.reset-undone', 'mfa.remote-reset', 'mfa.remote-lifted', 'mfa.objected', 'mfa.frozen'],
  ...['mfa.thawed', 'desk.resumed', 'job.ended', 'approval.requested', 'approval.approved', 'approval.rejected'],
];
/** Details of an entry that go into the event. */
const NAMED = [
  ...['reset', 'job', 'grant', 'verification', 'result', 'done', 'total', 'until', 'approval', 'users', 'why'],
  ...['operator', 'token', 'role', 'roleBefore', 'edition', 'signIn', 'phoneResets', 'heldUntil', 'from'],
  ...['scope', 'misses', 'bound', 'alarms', 'connector', 'state', 'remote'],
];
/** Keeps a message well below the 20 kB of Standard Webhooks. */
const ITEMS = 40;

/** The events of one transaction: one of each type and person, so that those of a person arrive in their order (B93); others of a type together. */
export function eventsOf(entries: readonly ToldEntry[]): readonly DeskEvent[] {
  const groups = grouped(entries, (entry) => `${typeOf(entry) ?? ''} ${entry.user ?? ''}`);
  return [...groups].flatMap(([key, told]) => {
    const [type = ''] = key.split(' ');
    return type === '' ? [] : chunksOf(told.map(itemOf), ITEMS).map((items) => ({ type, items }));
  });
}

function typeOf(entry: EntryFacts): string | undefined {
  const { kind, outcome, reason, detail } = entry;
  if (kind === 'verification.refused') return reason === 'locked' ? 'verification.locked' : undefined;
  if (powerOf(entry) !== null) return kind;
  if (outcome !== 'done' || !AS_DONE.includes(kind)) return undefined;
  return detail?.['result'] === 'nothing-to-do' ? undefined : kind;
}

function itemOf(entry: ToldEntry): DeskEvent['items'][number] {
  const { at, by, account, user, ticket, reason, kind, detail = {}, seq, external } = entry;
  const named = NAMED.filter((name) => ['string', 'number', 'boolean'].includes(typeof detail[name]));
  return {
    at: iso(at),
    by: by.id,
    byKind: by.kind,
    account: account ?? null,
    user: user ?? null,
    ...(seq === undefined ? {} : { seq }),
    ...(external == null ? {} : { external }),
    ticket: ticket ?? null,
    // A refusal's reason is one of our fixed words; any other reason was typed by a person.
    ...(kind === 'verification.refused' ? { reason: reason ?? '' } : {}),
    ...Object.fromEntries(named.map((name) => [name, detail[name] as string | number | boolean])),
  };
}
