/**
 * The freeze (B63): one switch that stops every reset of every process. The freeze is stored in the log only: the
 * newest freeze or thaw entry decides, so that nobody lifts it by deleting a row. Each reset checks it in its own
 * transaction, so a freeze stops everything that is not committed yet.
 */
import type { Desk, Reads, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { iso } from '../../rules/moment.js';
import { act, askAuthority } from '../authorise.js';

export interface Freeze {
  readonly by: { readonly id: string; readonly name: string };
  readonly at: number;
  /** When it ends by itself, ms; null if somebody must thaw. */
  readonly until: number | null;
  readonly reason: string | null;
}

/** The freeze in force, or null; an expired one does not count. */
export async function currentFreeze(reads: Pick<Reads, 'audit'>, now: number): Promise<Freeze | null> {
  const [frozen] = await reads.audit.newest({ kind: 'mfa.frozen' }, 1);
  if (frozen === undefined) return null;
  const [thawed] = await reads.audit.newest({ kind: 'mfa.thawed' }, 1);
  if (thawed !== undefined && thawed.seq > frozen.seq) return null;
  const { at, by, reason, detail } = JSON.parse(frozen.body) as LoggedEntry;
  const until = detail?.['until'];
  if (typeof until === 'number' && now >= until) return null;
  const { id, name } = by;
  return { by: { id, name }, at, until: typeof until === 'number' ? until : null, reason: reason ?? null };
}

/** Call it inside the write door. Refusal `refused-by-policy`. */
export async function requireNotFrozen(reads: Pick<Reads, 'audit'>, now: number): Promise<void> {
  const freeze = await currentFreeze(reads, now);
  if (freeze === null) return;
  throw refusal('refused-by-policy', 'resets-frozen', { until: freeze.until, by: freeze.by.name }, 'lead-thaws', {
    also: { freeze: freezeDocument(freeze) },
  });
}

export const freezeDocument = (freeze: Freeze) => ({
  by: freeze.by,
  since: iso(freeze.at),
  until: iso(freeze.until),
  reason: freeze.reason,
});

const FREEZING = { permission: 'mfa:freeze' } as const;
/** Letting resets go on is the more dangerous half, so it needs a fresh code. */
const THAWING = { permission: 'mfa:freeze', fresh: true } as const;

/** Freezes resets, or changes the end and the reason of a freeze. */
export async function freezeResets(
  desk: Desk,
  signed: SignedOperator,
  asked: { readonly reason: string | null; readonly until: number | null },
): Promise<Freeze> {
  await askAuthority(desk, signed, FREEZING);
  const at = desk.now();
  if (asked.until !== null && asked.until <= at) {
    throw refusal('invalid-input', 'freeze-end-passed', {}, 'later-time');
  }
  const reason = asked.reason === null ? {} : { reason: asked.reason };
  const detail = { until: asked.until };
  return act(desk, signed, FREEZING, {
    entry: (_freeze, by) => ({ kind: 'mfa.frozen', outcome: 'done', at, by: by.actor, ...reason, detail }),
    change: async ({ by: { actor } }) => ({ by: { id: actor.id, name: actor.name }, at, ...asked }),
  });
}

/** Returns the freeze that was ended, or null if there was none. */
export async function thawResets(desk: Desk, signed: SignedOperator): Promise<Freeze | null> {
  const at = desk.now();
  return act<'mfa:freeze', Freeze | null>(desk, signed, THAWING, {
    entry: (was, by) => ({
      kind: 'mfa.thawed',
      outcome: 'done',
      at,
      by: by.actor,
      detail: { frozen: was !== null },
    }),
    change: ({ write }) => currentFreeze(write, at),
  });
}
