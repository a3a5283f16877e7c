/**
 * Calls on the console: begun with the first thing the agent opens, updated as they go on, and ended, handed over or dropped. Any
 * operator who may verify can resume a dropped or handed-over call by its id. Resuming gives no grant: a grant stays with the
 * operator who verified, so the one who resumes verifies again.
 */
import type { CallRow, Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { type ActEntry, SYSTEM } from '../../rules/audit-entry.js';
import { CALL_ID_BYTES, callId, readCallId } from '../../rules/call-id.js';
import { known } from '../../rules/known.js';
import type { Account, User } from '../../rules/people.js';
import { type Action, findAction } from '../../rules/policy.js';
import { act } from '../authorise.js';
import { viewedEntry } from '../directory/see-people.js';
import { VERIFYING } from './open-call.js';

export type LiveCall = Awaited<ReturnType<typeof requireCall>>;

/** What the agent knows so far. A member that is absent stays as it is. */
export interface CallNews {
  readonly account?: Account | null;
  readonly caller?: User | null;
  /** The caller is shown for the first time on this call, which is one more entry (B83). */
  readonly opens?: boolean;
  readonly action?: Action | null;
  readonly ticket?: string | null;
  readonly verificationId?: string;
  readonly outcome?: string;
}

export async function beginCall(desk: Desk, signed: SignedOperator, news: CallNews): Promise<LiveCall> {
  const id = await act<'verify', string>(desk, signed, VERIFYING, {
    entry: (made) => entriesOf({ kind: 'opened', id: made, news }),
    change: async ({ write, now, by }) => {
      const free = await freeId(() => callId(desk.chance.bytes(CALL_ID_BYTES)), write.calls);
      await write.calls.insert({
        id: free,
        state: 'open',
        operator_id: by.operator.id,
        opened_by: by.operator.id,
        account_id: null,
        user_id: null,
        action: null,
        ticket: null,
        verification_id: null,
        outcome: null,
        opened_at: now,
        updated_at: now,
        ended_at: null,
        ...columnsOf(news),
      });
      return free;
    },
  });
  return requireCall(desk, id);
}

/** Six symbols are not unique by themselves, so an id that exists already is drawn again. */
export async function freeId(draw: () => string, taken: Pick<Writes['calls'] | Writes['approvals'], 'byId'>) {
  for (;;) {
    const id = draw();
    if ((await taken.byId(id)) === undefined) return id;
  }
}

/** Refusal of this and all below: refused-by-policy for a call that is with another operator, or that has ended. */
export async function noteOnCall(desk: Desk, signed: SignedOperator, id: string, news: CallNews): Promise<LiveCall> {
  await record(desk, signed, { kind: 'noted', id, news }, columnsOf(news), news.caller !== undefined);
  return requireCall(desk, id);
}

/** Records a question outside the protected list: nothing is verified and no account data is shown (B06). */
export async function answerGeneralQuestion(desk: Desk, signed: SignedOperator, id: string | null): Promise<void> {
  const detail = id === null ? {} : { detail: { call: id } };
  await act(desk, signed, VERIFYING, {
    entry: () => ({ kind: 'call.general', ...detail }),
    change: async ({ write, now, by }) => {
      if (id === null) return;
      await requireOwn(write, by.operator.id, { kind: 'noted', id, news: { outcome: 'general' } });
      await write.calls.update(id, { outcome: 'general', updated_at: now });
    },
  });
}

/** Refusals: not-found, and refused-by-policy for a call that was ended. */
export async function resumeCall(desk: Desk, signed: SignedOperator, text: string): Promise<LiveCall> {
  const { id } = await act(desk, signed, VERIFYING, {
    change: async ({ write, now, by }) => {
      const called = readCallId(text);
      const row = called === undefined ? undefined : await write.calls.byId(called);
      if (row === undefined) throw refusal('not-found', 'call-unknown', { id: text }, 'call-id-form');
      if (row.state === 'ended') throw refusal('refused-by-policy', 'call-ended', { id: row.id }, 'begin-call');
      await write.calls.update(row.id, { state: 'open', operator_id: by.operator.id, updated_at: now });
      await write.calls.unhear(row.id);
      return row;
    },
    entry: (row) => [
      { kind: 'call.resumed', detail: { call: row.id, from: row.operator_id } },
      ...opened(row.id, row.account_id, row.user_id),
    ],
  });
  return requireCall(desk, id);
}

/** `dropped`: the screen closed in the middle (Ctrl-C, a signal, a closed terminal): the call stays open and can be resumed by its id. */
export async function leaveCall(desk: Desk, signed: SignedOperator, id: string, kind: Left): Promise<void> {
  await record(desk, signed, { kind, id }, kind === 'dropped' ? {} : { state: kind });
}

type Left = 'handed-over' | 'dropped' | 'ended';

/**
 * The console ended because its operator could no longer act (disabled, signed out, another role). They did not drop the call, so
 * the system is the actor of the entry. `why` is the code of the refusal.
 */
export async function recordConsoleEnded(desk: Desk, id: string, why: string): Promise<void> {
  const at = desk.now();
  const entry = { kind: 'call.dropped', outcome: 'done', at, by: SYSTEM, reason: why, detail: { call: id } } as const;
  await desk.store.record(entry, (write) =>
    write.calls.update(id, { updated_at: at }).then(() => write.calls.unhear(id)),
  );
}

interface CallEvent {
  readonly kind: 'opened' | 'noted' | Left;
  readonly id: string;
  readonly news?: CallNews;
}

/** `ends`: a phrase that was heard on the call counts no longer (E15). */
async function record(desk: Desk, signed: SignedOperator, event: CallEvent, columns: Partial<CallRow>, ends = true) {
  await act(desk, signed, VERIFYING, {
    entry: () => entriesOf(event),
    change: async ({ write, now, by }) => {
      await requireOwn(write, by.operator.id, event);
      const over = event.kind === 'ended' ? { ended_at: now } : {};
      await write.calls.update(event.id, { ...columns, ...over, updated_at: now });
      if (ends) await write.calls.unhear(event.id);
    },
  });
}

/** A call is with whoever opened or resumed it last, and nobody else writes in it. After its end or a hand-over only a ticket is added (E33). */
async function requireOwn(write: Writes, operatorId: string, { id, kind, news = {} }: CallEvent): Promise<void> {
  const row = await write.calls.byId(id);
  const late = kind === 'noted' ? Object.keys(news).every((key) => key === 'ticket') : kind === 'ended';
  const again = late || (row?.state === 'handed-over' && kind === 'handed-over');
  if (row?.operator_id === operatorId && (row.state === 'open' || again)) return;
  throw refusal('refused-by-policy', 'call-elsewhere', { id }, 'begin-call');
}

/** `outcome`: its latest; null before there is one. */
async function requireCall({ policy, store: { read } }: Desk, id: string) {
  const row = await read.calls.byId(id);
  if (row === undefined) throw new Error(`the call ${id} is gone`);
  return {
    id,
    openedAt: row.opened_at,
    state: row.state as 'open' | 'handed-over' | 'ended',
    account: row.account_id === null ? null : ((await read.accounts.byId(row.account_id)) ?? null),
    caller: row.user_id === null ? null : ((await read.users.byId(row.user_id)) ?? null),
    action: row.action === null ? null : (findAction(policy, row.action) ?? null),
    ticket: row.ticket,
    outcome: row.outcome,
  };
}

function columnsOf({ account, caller, action, ticket, verificationId: verification_id, outcome }: CallNews) {
  const idOf = (one: { readonly id: string } | null | undefined) => (one === null ? null : one?.id);
  const about = { account_id: idOf(account), user_id: idOf(caller), action: idOf(action) };
  return known({ ...about, ticket, verification_id, outcome });
}

function entriesOf({ kind, id, news = {} }: CallEvent): readonly ActEntry[] {
  const { account, caller, action, ticket, outcome, opens } = news;
  const said: ActEntry = {
    kind: `call.${kind}`,
    ...known({ account: account?.id, user: caller?.id, ticket: ticket ?? undefined }),
    detail: { call: id, ...known({ action: action?.id, outcome }) },
  };
  const user = opens === true ? (caller?.id ?? null) : null;
  return [said, ...opened(id, caller?.accountId ?? null, user)];
}

const opened = (call: string, account: string | null, user: string | null) =>
  user === null ? [] : [viewedEntry({ account, user }, { view: 'call', call })];
