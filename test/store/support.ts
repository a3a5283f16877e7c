/**
 * Support of the store suites: an empty place on either engine, a notary with a key of its own, sample rows, and an
 * independent check of the log that knows only how to read it (after tessera's fsck).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical.js';
import { macHex, treeHasher } from '../../src/crypto/digests.js';
import { type Keyring, openKeyring } from '../../src/crypto/keyring.js';
import { openEngine } from '../../src/open-desk.js';
import type { AuditEntry } from '../../src/rules/audit-entry.js';
import { encodeFrontier, appendLeaf, type Frontier } from '../../src/rules/audit-tree.js';
import type { NewAccount } from '../../src/store/accounts.js';
import type { Engine } from '../../src/store/engine.js';
import type { Notary } from '../../src/store/record.js';
import { foundStore, openStore, type Store } from '../../src/store/store.js';
import type { NewUser } from '../../src/store/users.js';
import { createDatabase } from '../support/postgres.js';
import type { EngineName } from '../support/test-desk.js';

export const NOW = Date.UTC(2026, 10, 22, 9, 0, 0);
export const BY = { kind: 'operator', id: 'op_1', name: 'Olga' } as const;

export const TEST_KEY = Buffer.alloc(32, 7);

export function notaryWith(keyring: Keyring = openKeyring(TEST_KEY)): Notary {
  return {
    tree: treeHasher,
    canonical: canonicalJson,
    headMac: (size, frontier, latestAt) => macHex(keyring, 'mac/audit', 'head', String(size), frontier, String(latestAt)),
    policyHash: '0'.repeat(64),
  };
}

export interface EmptyPlace {
  readonly engine: Engine;
  /** Path or URL; another connection opens it with `connect`. */
  readonly address: string;
  readonly folder: string;
  /** One more connection, as another process would have; closed with the place. */
  connect(): Promise<Engine>;
  close(): Promise<void>;
}

/** An engine on a place without a schema. */
export async function emptyPlace(name: EngineName): Promise<EmptyPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const address = name === 'postgres' ? await createDatabase(inject('postgresUrl')) : join(folder, 'desk.db');
  const engine = await openEngine(address, true);
  const more: Engine[] = [];
  return {
    engine,
    address,
    folder,
    connect: async () => {
      const connection = await openEngine(address, false);
      more.push(connection);
      return connection;
    },
    close: async () => {
      for (const connection of [...more, engine]) await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Founded extends EmptyPlace {
  readonly store: Store;
  readonly notary: Notary;
}

/** A store with schema and an empty log. */
export async function foundedStore(name: EngineName): Promise<Founded> {
  const place = await emptyPlace(name);
  const notary = notaryWith();
  await foundStore(place.engine, notary);
  return { ...place, notary, store: openStore(place.engine, notary) };
}

export function entry(kind: AuditEntry['kind'] = 'account.added', more: Partial<AuditEntry> = {}): AuditEntry {
  return { kind, outcome: 'done', at: NOW, by: BY, ...more };
}

export function accountRow(number: string, more: Partial<NewAccount> = {}): NewAccount {
  return {
    id: `acc_${number}`, number, number_key: number, name: `Company ${number}`, name_key: `company ${number}`,
    edition: 'classic', sso: null, sso_issuer: null, sso_audience: null, sso_jwks: null, mfa_required_at: null,
    phone_reset_forbidden: 0, disabled_at: null, created_at: NOW, updated_at: NOW, ...more,
  };
}

export function userRow(accountId: string, login: string, more: Partial<NewUser> = {}): NewUser {
  return {
    id: `usr_${accountId}_${login}`, account_id: accountId, login, login_key: login, name: login, email: '', email_key: '',
    phone: '', phone_digits: '', role: 'user', scopes: '', sign_in: 'native', authority_version: 1,
    contact_changed_at: NOW, former_contacts: '[]', disabled_at: null, created_at: NOW, updated_at: NOW, ...more,
  };
}

/** What is wrong with the log, one line a fault; empty where every entry, the order, the tree and the head fit. */
export async function faultsOfLog(engine: Engine, notary: Notary): Promise<readonly string[]> {
  const faults: string[] = [];
  const rows = await engine.db.selectFrom('audit_entries').select(['seq', 'body', 'leaf']).orderBy('seq').execute();
  let frontier: Frontier = [];
  for (const [index, row] of rows.entries()) {
    const logged = JSON.parse(row.body) as { seq: number };
    if (row.seq !== index || logged.seq !== index) faults.push(`entry ${row.seq} stands in place ${index} and says ${logged.seq}`);
    const leaf = notary.tree.leaf(row.body);
    if (!Buffer.from(leaf).equals(row.leaf)) faults.push(`entry ${row.seq} is not what was hashed`);
    frontier = appendLeaf(notary.tree, index, frontier, row.leaf);
  }
  const head = await engine.db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  if (head.size !== rows.length) faults.push(`the head counts ${head.size} entries, there are ${rows.length}`);
  if (head.frontier !== encodeFrontier(frontier)) faults.push('the head is not the head of these entries');
  if (head.mac !== notary.headMac(head.size, head.frontier, head.latest_at)) faults.push('the head was not made by this desk');
  return faults;
}

/** Sizes that tell whether anything was written. */
export async function countsOf(engine: Engine): Promise<{ accounts: number; entries: number; size: number }> {
  const count = async (table: 'accounts' | 'audit_entries') =>
    (await engine.db.selectFrom(table).select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow()).n;
  const head = await engine.db.selectFrom('audit_head').select('size').executeTakeFirstOrThrow();
  return { accounts: await count('accounts'), entries: await count('audit_entries'), size: head.size };
}

/** Value of an SQLite setting as the engine's own connection has it. */
export async function pragma(engine: Engine, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(engine.db);
  return Object.values(rows[0] ?? {})[0];
}
