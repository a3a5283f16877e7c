/**
 * `store migrate`: brings an older store up to this version, and records it in the log. Part of main's room. A copy of the store is made
 * first. Nobody can sign in to a store that is too old, so anyone who has store and key may begin; but a store that had no sealed sums yet
 * is only opened once an operator who may approve has signed in to it and vouches for what no tag could show.
 */
import type { AuditHead, Desk } from '../desk.js';
import { Refusal, refusal } from '../errors.js';
import type { MigrateChoice, MigratedStore } from '../house.js';
import { inspectAnchor } from '../opening/anchor.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { deskOver, openEngine } from '../opening/open-desk.js';
import { provenBySignIn } from '../procedures/authorise.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import { readEntries } from '../procedures/log-reader.js';
import { mayApprove, secondOperator } from '../procedures/operators/second-operator.js';
import type { SignIn } from '../procedures/operators/sign-in-operator.js';
import { clockState } from '../procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../rules/audit-entry.js';
import { iso } from '../rules/moment.js';
import type { Engine } from '../store/engine.js';
import { migrate, missingSteps, openStore, RELEASE, requireCurrent, schemaState, unchecked } from '../store/store.js';

/** Refusals as for opening a desk; config (newer version, or no dump of PostgreSQL), approval-needed, store-corrupt. */
export async function migrateStore(unbound: Custody, choice: MigrateChoice): Promise<MigratedStore> {
  // Reads the policy, so that a policy with faults is refused before anything is opened.
  unbound.policy;
  const engine = await openEngine(unbound.settings.store, false);
  try {
    const old = (await schemaState(engine)) === 'old';
    if (!old) await requireCurrent(engine);
    const custody = await ownCustody(unbound, engine);
    if (!old && !(await isUnvouched(engine))) return { place: engine.place, applied: [], kept: null, vouchedBy: null };
    const signIn = await voucherOf(engine, choice);
    const done = old ? await bringUp(engine, custody, choice) : { applied: [], kept: null };
    const vouchedBy = (await isUnvouched(engine)) ? await vouch(deskOver(custody, engine), signIn, choice) : null;
    return { place: engine.place, ...done, vouchedBy };
  } catch (error) {
    throw engine.refusalOf(error) ?? error;
  } finally {
    await engine.close();
  }
}

async function ownCustody(unbound: Custody, engine: Engine): Promise<Custody> {
  const [storeId, keyId] = [await unchecked(engine, 'store-id'), await unchecked(engine, 'key-id')];
  if (keyId === undefined || !unbound.keyring.has(keyId)) {
    throw new Refusal('key-mismatch', `the store ${engine.place} uses another key than the one given`, {
      hint: 'Name the right key with --key-file or COUNTERSIGN_KEY_FILE. Nothing was changed.',
    });
  }
  return unbound.boundTo(storeId ?? '');
}

const isUnvouched = async (engine: Engine): Promise<boolean> => (await unchecked(engine, 'unvouched')) !== undefined;

/** Asked for before anything is changed, if anybody can sign in. Later the sign-in itself is judged. */
async function voucherOf(engine: Engine, { voucher }: MigrateChoice): Promise<SignIn | undefined> {
  const rows = await engine.db.selectFrom('operators').select(['role', 'verifier', 'disabled_at']).execute();
  if (!rows.some((row) => row.verifier !== null && row.disabled_at === null && row.role !== 'agent')) return undefined;
  const signIn = await voucher();
  if (signIn === undefined) throw voucherNeeded();
  return signIn;
}

const voucherNeeded = (): Refusal =>
  refusal('approval-needed', 'second-operator-needed', { what: 'bringing the store up to date' }, 'approver-signs-in');

async function bringUp(engine: Engine, custody: Custody, { backedUp }: MigrateChoice) {
  await refuseDowngradedStore(engine, custody);
  const keys = migrationKeys(custody);
  const headFits: typeof keys.notary.headFits = (head) => keys.former.headFits(head) || keys.notary.headFits(head);
  const notary = { ...keys.former, headFits, storeId: keys.notary.storeId };
  const { fault } = await inspectAnchor(custody, openStore(engine, notary), notary);
  if (fault !== undefined) throw fault;
  const kept = await keepCopy(engine, custody, backedUp);
  const applied = await migrate(engine, keys);
  const detail = { applied, ...(kept === null ? {} : { kept }) };
  const entry = { kind: 'store.migrated', outcome: 'done', at: custody.now(), by: SYSTEM, detail } as const;
  await openStore(engine, custody.notary).record(entry, async () => undefined);
  return { applied, kept };
}

async function keepCopy(engine: Engine, { now }: Custody, backedUp: boolean): Promise<string | null> {
  if (engine.name === 'sqlite') {
    const kept = `${engine.place}.before-${new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')}`;
    await engine.backup(kept);
    return kept;
  }
  if (backedUp) return null;
  throw new Refusal('usage', 'countersign cannot back up a PostgreSQL store before it migrates it', {
    hint: 'Run pg_dump on the database, then: countersign store migrate --backed-up',
  });
}

/** Where nobody can sign in, as on a desk of scripts, nobody is asked. Refusals: those of signing in. */
async function vouch(desk: Desk, signIn: SignIn | undefined, { askSilence }: MigrateChoice) {
  const operators = await desk.store.read.operators.all();
  const approvers = operators.filter((row) => row.verifier !== null && mayApprove(desk, row));
  if (approvers.length > 0 && signIn === undefined) throw voucherNeeded();
  const { is, ...times } = await clockState(desk);
  const silent = is === 'far-ahead';
  if (silent) await askSilence(times).then(desk.clock.mend);
  const approver = signIn === undefined ? null : await secondOperator(desk, signIn, null);
  const by = approver === null ? SYSTEM : provenBySignIn(approver);
  const detail = { schema: desk.store.schema, ...(silent ? { from: iso(times.latestAt) } : {}) };
  await desk.store.record({ kind: 'store.vouched', outcome: 'done', at: desk.now(), by, detail }, (write) =>
    write.meta.delete('unvouched'),
  );
  return approver;
}

/**
 * Refuses a store whose schema was rolled back to make the migration re-tag changed rows, and one from before the first release, for which
 * there are no steps any more.
 *
 * Migration 0011-sums gives a tag to rows that had none, whatever they say. Someone who can write to the store but has no key could remove
 * the tags, change a row, and let the next `store migrate` or `store restore` tag it. The log lists the migrations that the store has
 * had, and cannot be changed without the key.
 *
 * Refusals: store-corrupt (a migration is missing that the log lists), audit-broken (the log does not verify), config (too old).
 */
export async function refuseDowngradedStore(engine: Engine, custody: Custody): Promise<void> {
  const missing = await missingSteps(engine);
  if (missing.length === 0) return;
  const { notary } = custody;
  const { former } = migrationKeys(custody);
  const { audit } = openStore(engine, notary).read;
  const headFits = (head: AuditHead) => former.headFits(head) || notary.headFits(head);
  await verifyAuditLog(audit, { notary: { ...notary, headFits } });
  // Of the entries themselves: what is made from them could be another column by now.
  const told: string[] = [];
  await readEntries(audit, (rows) => told.push(...rows.flatMap(({ body }) => stepsIn(body))));
  const newest = told.toSorted().at(-1) ?? '';
  const undone = missing.filter((name) => name <= newest);
  if (undone.length === 0) return requireRelease(engine, missing);
  throw new Refusal('store-corrupt', `the store lacks ${undone.join(', ')}, but its log says that this was applied`, {
    hint: 'Someone made the store look older than it is. Do not trust its rows. Keep it as evidence and restore a backup.',
  });
}

function requireRelease({ place }: Engine, missing: readonly string[]): void {
  if (!missing.includes(RELEASE)) return;
  const message = `the store ${place} is too old for this countersign; bring it up to date with the release of 2026-10 first`;
  throw new Refusal('config', message, { hint: 'Nothing was changed.' });
}

/** Names of migrations sort in the order in which they were added. */
function stepsIn(body: string): readonly string[] {
  if (!/"kind":"(desk\.founded|store\.migrated)"/.test(body)) return [];
  const { detail } = JSON.parse(body) as { detail?: { schema?: string; applied?: readonly string[] } };
  return [...(detail?.schema === undefined ? [] : [detail.schema]), ...(detail?.applied ?? [])];
}
