/**
 * A finished desk with a sealed value in every column that can have one, for the change of its key. Does not import vitest, so
 * that child scripts may use it.
 */
import { type Kysely, sql } from 'kysely';
import type { Desk } from '../../src/desk.js';
import { SEALED_COLUMNS, sealedPlace } from '../../src/procedures/upkeep/sealed-columns.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import type { Database } from '../../src/store/schema/directory.js';
import { accountRow, NOW, userRow } from '../store/rows.js';

const idOf = (n: number): string => String(n).padStart(6, '0');

/** The value in a column of the n-th row. */
export const plaintextOf = (column: string, n: number): string => `${column} ${n}`;

/** Makes `count` users, each with every kind of secret, an operator and a message. */
export async function fillSealed(desk: Desk, count: number): Promise<void> {
  const { vault } = desk;
  const seal = (table: string, column: string, n: number, id: string, user: string | null) => {
    const at = SEALED_COLUMNS.find((one) => one.table === table && one.column === column);
    if (at === undefined) throw new Error(`${table}.${column} is not listed`);
    const place = sealedPlace(at, { id, user, account: user === null ? null : 'acc_1', blob: '' });
    return vault.seal(at.purpose, place, plaintextOf(column, n));
  };
  await desk.store.record({ kind: 'desk.founded', outcome: 'done', at: desk.now(), by: SYSTEM }, async (write) => {
    await write.meta.put('key-id', desk.keyring.keyId);
    await write.accounts.insert([accountRow('1')]);
    for (let n = 0; n < count; n += 1) {
      const row = userRow('acc_1', idOf(n));
      const user = row.id;
      await write.users.insert([row]);
      const times = { set_by: 'user', set_at: NOW, setup_at: null, form_version: 1 };
      await write.secrets.putPassphrase({
        user_id: user,
        verifier: seal('passphrases', 'verifier', n, user, user),
        owner_copy: seal('passphrases', 'owner_copy', n, user, user),
        ...times,
      });
      const verifier = seal('application_passwords', 'verifier', n, user, user);
      await write.secrets.putApplicationPassword({ user_id: user, verifier, changed_at: NOW });
      const made = { created_at: NOW, suspended_by: null };
      const factor = `fac_${idOf(n)}`;
      const secret = seal('factors', 'secret', n, factor, user);
      const state = { state: 'active', last_step: null, confirmed_at: NOW };
      await write.factors.insert({ id: factor, user_id: user, kind: 'totp', label: '', secret, ...state, ...made });
      const code = `bck_${idOf(n)}`;
      const hash = seal('backup_codes', 'verifier', n, code, user);
      const slot = { slot: 1, state: 'active', used_at: null };
      await write.factors.insertBackupCodes([{ id: code, user_id: user, verifier: hash, ...slot, ...made }]);
    }
    await write.outbox.insert(Array.from({ length: count }, (_, n) => messageRow(n, seal)));
    for (let n = 0; n < 3; n += 1) {
      const id = `op_s${n}`;
      const keys = {
        verifier: seal('operators', 'verifier', n, id, null),
        totp: seal('operators', 'totp', n, id, null),
      };
      const rest = { role: 'agent', totp_last_step: null, also_user_id: null, disabled_at: null, created_at: NOW };
      await write.operators.insert({ id, name: id, name_key: id, ...keys, ...rest });
    }
  });
}

function messageRow(n: number, seal: (table: string, column: string, n: number, id: string, user: null) => string) {
  const id = `msg_${idOf(n)}`;
  return {
    id,
    channel: 'email',
    kind: 'notice',
    account_id: null,
    user_id: null,
    address: seal('outbox', 'address', n, id, null),
    // Content is destroyed once delivered.
    content: n % 5 === 0 ? null : seal('outbox', 'content', n, id, null),
    state: 'queued',
    attempts: 0,
    next_attempt_at: NOW,
    last_error: null,
    reference: null,
    created_at: NOW,
    delivered_at: null,
  };
}

/** Opens every sealed value; throws if one does not open or is not what was sealed. Returns their number. */
export async function openAllSealed(desk: Desk): Promise<number> {
  let count = 0;
  for (const at of SEALED_COLUMNS) {
    for (const value of await desk.store.read.sealed.otherThan('no key', at, { after: '', limit: 1_000_000 })) {
      const text = desk.vault.openText(at.purpose, sealedPlace(at, value), value.blob);
      const n = Number(/(\d+)$/.exec(value.id)?.[1]);
      if (text !== plaintextOf(at.column, n)) throw new Error(`${at.table}.${at.column} of ${value.id} holds ${text}`);
      count += 1;
    }
  }
  return count;
}

/** Columns anywhere in the store with a value sealed or tagged under this key, as `table.column`. */
export async function columnsUnder(db: Kysely<Database>, keyId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of await db.introspection.getTables()) {
    for (const column of table.columns) {
      if (!/text/i.test(column.dataType)) continue;
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table.name)}
        where ${sql.ref(column.name)} like ${`cs1.${keyId}.%`} or ${sql.ref(column.name)} like ${`${keyId}.%`}`.execute(
        db,
      );
      if ((rows[0]?.n ?? 0) > 0) found.push(`${table.name}.${column.name}`);
    }
  }
  return found;
}
