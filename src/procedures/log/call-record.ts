/**
 * The record of a call (B97): what the log says about it, and nothing from memory or from the table of calls, for which nothing vouches. An
 * agent sees the calls they had a part in; whoever may read the log, each. `proveCall` gives a third party the same entries with their proofs.
 */
import type { CallRow, Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { readCallId } from '../../rules/call-id.js';
import { days } from '../../rules/duration.js';
import type { ReceiptProof } from '../../rules/receipt.js';
import { askAuthority, mayAlso } from '../authorise.js';
import { proveEntries, signCheckpoint } from './log-checkpoint.js';
import { entriesAfter, parseEntry } from './read-audit-log.js';

const ON_CALLS = { permission: 'verify' } as const;
const RECEIPTS = { permission: 'audit:receipt' } as const;
/** A grant of the call may be used after its last news, but not later. */
const AFTERWARDS = days(1);

export type CallHead = Awaited<ReturnType<typeof headOf>>;

export type CallRecord = Awaited<ReturnType<typeof callRecord>>;

/** The newest calls that this operator opened or took over. */
export async function ownCalls(desk: Desk, signed: SignedOperator, limit: number): Promise<readonly CallHead[]> {
  await askAuthority(desk, signed, ON_CALLS);
  const rows = await desk.store.read.calls.ofOperator(signed.operator.id, limit);
  return Promise.all(rows.map((row) => headOf(desk, row)));
}

/** `logins`: by id, of those whom the entries are about. Refusals: `not-found`, also for a call of others; `audit-broken` if what is shown is not what was logged. */
export async function callRecord(desk: Desk, signed: SignedOperator, text: string) {
  await askAuthority(desk, signed, ON_CALLS);
  const { call, entries } = await requireOwn(desk, signed, text);
  const ids = [...new Set(entries.flatMap(({ user }) => (user === undefined ? [] : [user])))];
  const logins = new Map((await desk.store.read.users.byIds(ids)).map(({ id, login }) => [id, login]));
  return { ...(await headOf(desk, call)), entries, logins };
}

/** Each entry of the call with its proof, all under one checkpoint. Refusals as of `callRecord`. */
export async function proveCall(desk: Desk, signed: SignedOperator, text: string) {
  await askAuthority(desk, signed, RECEIPTS);
  const { call, entries } = await requireOwn(desk, signed, text);
  const checkpoint = await signCheckpoint(desk);
  const { note, verifierKey } = checkpoint;
  const seqs = entries.map(({ seq }) => seq);
  const proved = await proveEntries(desk, seqs, checkpoint);
  const proofs = proved.map(({ body, leafIndex, hashes }): ReceiptProof => ({ body, leafIndex, hashes, note }));
  return { call: call.id, proofs, verifierKey };
}

async function requireOwn(desk: Desk, signed: SignedOperator, text: string) {
  const unknown = refusal('not-found', 'call-unknown', { id: text }, 'list-calls');
  const id = readCallId(text);
  const row = id === undefined ? undefined : await desk.store.read.calls.byId(id);
  if (row === undefined) throw unknown;
  const entries = await entriesOf(desk, row.id);
  const call = asLogged(row, entries);
  const mine = [call.operator_id, call.opened_by].includes(signed.operator.id);
  if (!mine && !(await mayAlso(desk, signed, { permission: 'audit:read' }))) throw unknown;
  return { call, entries };
}

/** From its first entry until a day after its last, every entry of the log is compared, so that none of the call can be changed to look like another's. */
async function entriesOf(desk: Desk, id: string): Promise<readonly LoggedEntry[]> {
  const { audit } = desk.store.read;
  const says = `"call":"${id}"`;
  const [first] = await audit.newest({ kind: 'call.opened', says }, 1);
  const [last] = await audit.newest({ says }, 1);
  if (first === undefined || last === undefined)
    throw refusal('audit-broken', 'call-not-logged', { id }, 'audit-verify');
  const until = parseEntry(last).at + AFTERWARDS;
  const near: LoggedEntry[] = [];
  const grants = new Set<unknown>();
  for await (const page of entriesAfter(desk, {}, first.seq - 1)) {
    for (const entry of page) {
      const { call, grant } = entry.detail ?? {};
      if (call === id && grant !== undefined) grants.add(grant);
      // A grant is in the log before it is used.
      if (call === id || grants.has(grant)) near.push(entry);
    }
    if (page.some(({ seq, at }) => seq >= last.seq && at > until)) break;
  }
  if (near[0]?.kind !== 'call.opened') throw refusal('audit-broken', 'call-not-logged', { id }, 'audit-verify');
  return near;
}

/** The row as its entries say it: calls/live-calls.ts writes both together. */
function asLogged(row: CallRow, entries: readonly LoggedEntry[]): CallRow {
  const own = entries.filter(({ kind }) => kind.startsWith('call.'));
  const last = <T>(of: (entry: LoggedEntry) => T | undefined) => own.map(of).findLast((said) => said !== undefined);
  const taken = own.findLast(({ kind }) => kind === 'call.opened' || kind === 'call.resumed');
  const left = own.findLast(({ kind, seq }) => /\.(ended|handed-over)$/.test(kind) && seq > (taken?.seq ?? -1));
  // One that says nothing is of an agent who found nobody.
  const saysNothing = ({ kind, ticket, detail = {} }: LoggedEntry) =>
    kind === 'call.noted' && ticket === undefined && Object.keys(detail).length === 1;
  const about = own.findLast((entry) => entry.account ?? entry.user ?? saysNothing(entry));
  return {
    ...row,
    state: left?.kind.slice('call.'.length) ?? 'open',
    operator_id: taken?.by.id ?? '',
    opened_by: own[0]?.by.id ?? '',
    opened_at: own[0]?.at ?? row.opened_at,
    updated_at: own.at(-1)?.at ?? row.updated_at,
    ended_at: left?.kind === 'call.ended' ? left.at : null,
    account_id: about?.account ?? (about?.user === undefined ? null : (last(({ account }) => account) ?? null)),
    user_id: about?.user ?? null,
    ticket: last(({ ticket }) => ticket) ?? null,
    outcome:
      last(({ kind, detail }) => (kind === 'call.general' ? kind.slice(5) : detail?.['outcome']))?.toString() ?? null,
  };
}

/** With the number of the company, the login of the caller, and the name of the operator who has it now; `updatedAt` is of the last news. */
async function headOf(desk: Desk, row: CallRow) {
  const { accounts, users, operators } = desk.store.read;
  const account = row.account_id === null ? undefined : await accounts.byId(row.account_id);
  const caller = row.user_id === null ? undefined : await users.byId(row.user_id);
  return {
    id: row.id,
    state: row.state,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    ticket: row.ticket,
    outcome: row.outcome,
    account: account === undefined ? null : { number: account.number, name: account.name },
    caller: caller?.login ?? null,
    operator: (await operators.byId(row.operator_id))?.name ?? row.operator_id,
  };
}
