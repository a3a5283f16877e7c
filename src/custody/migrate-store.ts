/**
 * `store migrate`: brings an older store up to this version, and records it in the log. Part of main's room. A copy of the store is made
 * first. Nobody can sign in to a store that is too old, so anyone who has store and key may begin; but a store that had no sealed sums yet
 * is only opened once an operator who may approve has signed in to it and vouches for what no tag could show.
 */
import type { Desk } from '../desk.js';
import { Refusal, refusal } from '../errors.js';
import type { MigrateChoice, MigratedStore } from '../house.js';
import { inspectAnchor } from '../opening/anchor.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { deskOver, openEngine } from '../opening/open-desk.js';
import { provenBySignIn } from '../procedures/authorise.js';
import { mayApprove, secondOperator } from '../procedures/operators/second-operator.js';
import type { SignIn } from '../procedures/operators/sign-in-operator.js';
import { SYSTEM } from '../rules/audit-entry.js';
import type { Engine } from '../store/engine.js';
import { migrate, openStore, requireCurrent, schemaState, unchecked } from '../store/store.js';
import { refuseDowngradedStore } from './refuse-downgraded-store.js';

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
    const vouchedBy = (await isUnvouched(engine)) ? await vouch(deskOver(custody, engine), signIn) : null;
    return { place: engine.place, ...done, vouchedBy };
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
  const anchored = { store: openStore(engine, notary), notary, keyring: custody.keyring };
  const { fault } = await inspectAnchor(custody.settings, anchored);
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
async function vouch(desk: Desk, signIn: SignIn | undefined): Promise<MigratedStore['vouchedBy']> {
  const operators = await desk.store.read.operators.all();
  const approvers = operators.filter((row) => row.verifier !== null && mayApprove(desk, row));
  if (approvers.length > 0 && signIn === undefined) throw voucherNeeded();
  const approver = signIn === undefined ? null : await secondOperator(desk, signIn, null);
  const by = approver === null ? SYSTEM : provenBySignIn(approver);
  const detail = { schema: desk.store.schema };
  await desk.store.record({ kind: 'store.vouched', outcome: 'done', at: desk.now(), by, detail }, (write) =>
    write.meta.delete('unvouched'),
  );
  return approver;
}
