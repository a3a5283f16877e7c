/**
 * The record of a call (B97): what the log says about it, and nothing from memory. An agent sees the calls they had a part in; whoever may
 * read the log, each. `proveCall` gives a third party the same entries with their proofs.
 */
import type { CallRow, Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { readCallId } from '../../rules/call-id.js';
import { days } from '../../rules/duration.js';
import { partOfCall, type ReceiptProof } from '../../rules/receipt.js';
import { askAuthority, mayAlso } from '../authorise.js';
import { proveEntries, signCheckpoint } from './log-checkpoint.js';
import { foreignEntries } from './log-reader.js';
import { parseEntry, requireGenuine } from './read-audit-log.js';

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
  const row = await requireOwn(desk, signed, text);
  const entries = await entriesOf(desk, row);
  const ids = [...new Set(entries.flatMap(({ user }) => (user === undefined ? [] : [user])))];
  const logins = new Map((await desk.store.read.users.byIds(ids)).map(({ id, login }) => [id, login]));
  return { ...(await headOf(desk, row)), entries, logins };
}

/** Each entry of the call with its proof, all under one checkpoint. Refusals as of `callRecord`. */
export async function proveCall(desk: Desk, signed: SignedOperator, text: string) {
  await askAuthority(desk, signed, RECEIPTS);
  const row = await requireOwn(desk, signed, text);
  const entries = await entriesOf(desk, row);
  const checkpoint = await signCheckpoint(desk);
  const { note, verifierKey } = checkpoint;
  const seqs = entries.map(({ seq }) => seq);
  const proved = await proveEntries(desk, seqs, checkpoint);
  const proofs = proved.map(({ body, leafIndex, hashes }): ReceiptProof => ({ body, leafIndex, hashes, note }));
  return { call: row.id, proofs, verifierKey };
}

async function requireOwn(desk: Desk, signed: SignedOperator, text: string): Promise<CallRow> {
  const id = readCallId(text);
  const row = id === undefined ? undefined : await desk.store.read.calls.byId(id);
  const me = signed.operator.id;
  const mine = row !== undefined && [row.operator_id, row.opened_by].includes(me);
  const allowed = mine || (row !== undefined && (await mayAlso(desk, signed, { permission: 'audit:read' })));
  if (row === undefined || !allowed) throw refusal('not-found', 'call-unknown', { id: text }, 'list-calls');
  return row;
}

async function entriesOf(desk: Desk, row: CallRow): Promise<readonly LoggedEntry[]> {
  const { audit } = desk.store.read;
  const during = { since: row.opened_at, until: (row.ended_at ?? row.updated_at) + AFTERWARDS };
  const own = await audit.mentioning([`"call":"${row.id}"`], during);
  const grants = own.flatMap(({ body }) => /"grant":"gr_\w+"/.exec(body) ?? []);
  const rows = grants.length === 0 ? own : await audit.mentioning([`"call":"${row.id}"`, ...grants], during);
  requireGenuine({ foreign: await foreignEntries(audit, desk.notary, rows) });
  const entries = rows.map(parseEntry);
  return entries.filter((entry) => partOfCall(entries, entry, row.id));
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
