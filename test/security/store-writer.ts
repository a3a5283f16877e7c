/**
 * A desk for the acts of somebody who can write its store, but has no key (store-writer.test.ts): `then` is what any older copy of the store
 * holds, and in the meantime a token was revoked, a phrase changed, a caller locked out, a user reset, and so on.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { inject } from 'vitest';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { freezeResets } from '../../src/procedures/resets/freeze.js';
import type { Engine } from '../../src/store/engine.js';
import { GUARDED } from '../../src/store/guard/guarded-tables.js';
import { OTHER_PHRASE, PHRASE } from '../procedures/northwind.js';
import { phraseRow } from '../procedures/phone-desk.js';
import { type PortalPlace, portalPlace } from '../procedures/portal/portal-place.js';
import { createDatabase } from '../support/postgres.js';
import { signedOperator } from '../support/signed-operator.js';
import { CHEAP, dataFolder, type EngineName } from '../support/test-desk.js';

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

export interface Scene {
  readonly place: PortalPlace;
  readonly then: Rows;
  readonly now: Rows;
  readonly people: Readonly<Record<'admin' | 'lead' | 'agent' | 'dina' | 'mallory', SignedOperator>>;
  readonly grant: string;
  /** A copy of the store as it stands now, at a place of its own. */
  copy(): Promise<Copy>;
  close(): Promise<void>;
}

export interface Copy {
  readonly engine: Engine;
  /** As a new process opens it, which knows only store, key and anchor. */
  open(): Promise<Desk>;
  close(): Promise<void>;
}

export const OLD = 'uma had seven old herons';
export const NEW = 'uma has eight new herons';

const TIMES = { created_at: 0, expires_at: 0 };

export async function sceneOn(name: EngineName): Promise<Scene> {
  const place = await portalPlace(name);
  const { desk, clock } = place;
  const at = clock.now();
  const by = { kind: 'system', id: 'test', name: 'test' } as const;
  const seed = (change: Parameters<Desk['store']['record']>[1]) =>
    desk.store.record({ kind: 'test.seeded', outcome: 'done', at: desk.now(), by }, change);
  const phrase = async (login: 'ana' | 'xena', words: string) => {
    const row = await phraseRow(desk, await place.user(login), words);
    await seed((write) => write.secrets.putPassphrase(row));
  };
  const people = {
    admin: await place.operator('admin'),
    lead: await place.operator('lead'),
    agent: await place.operator('agent'),
    dina: await signedOperator(desk, 'lead', 'dina'),
    mallory: await signedOperator(desk, 'agent', 'mallory'),
  };
  await phrase('ana', PHRASE);
  await phrase('xena', PHRASE);
  await place.givePassword('uma', OLD);
  await place.giveApp('xavi');
  await place.giveBackupCodes('xavi');
  await place.login('xena');
  const [xavi, ben] = [await place.user('xavi'), await place.user('ben')];
  const verdict = await place.verify('xena', PHRASE, 'login-security:mfa-reset');
  const grant = verdict.grant?.id ?? '';
  const code = { factor_id: null, digest: 'd', tries: 3, created_at: at, expires_at: at + 9e8, used_at: null };
  const approval = { why: 'admin', subject: '{}', hash: 'h', operator_id: people.agent.operator.id, users: 1 };
  const asked = { requested_at: at, expires_at: at + 9e5, decided_by: people.lead.operator.id, decided_at: at };
  const token = {
    operator_id: people.mallory.operator.id,
    name: 't',
    role: 'agent',
    digest: desk.digests.tokenDigest('cst_x'),
  };
  const lock = { failures: 2, reserved: 0, locked_until: null, disabled_at: null, updated_at: at };
  const subject = `caller:acc_100234/${(await place.user('ana')).id}`;
  await seed(async (write) => {
    await write.meta.put('key-id', desk.keyring.keyId);
    await write.operators.insertToken({ id: 'tok_m', ...token, ...TIMES, expires_at: at + 9e9, revoked_at: null });
    await write.approvals.insert({
      id: 'apr_1',
      ...approval,
      ...asked,
      state: 'approved',
      decision_reason: null,
      used_at: null,
    });
    await write.throttles.put({ subject, ...lock });
    await write.throttles.put({ subject: `portal:${(await write.users.byLogin('acc_100234', 'uma'))?.id}`, ...lock });
    await write.calls.hear({ id: 'call_act', verification_id: verdict.id, session: 'ses_act', expires_at: at + 9e5 });
    await write.factors.insertCode({ id: 'otc_act', user_id: ben.id, purpose: 'activate', ...code });
    await write.factors.insertDevice({ id: 'dev_1', user_id: xavi.id, digest: 'dd', created_at: at });
    await write.idTokens.use({ digest: 'idt', expiresAt: at + 9e8, forgetBefore: 0 });
    const xena = { userId: 'usr_acc_200500_xena', accountId: 'acc_200500' };
    await write.idTokens.pin({ ...xena, issuer: 'https://idp.example', subject: 'xena', at });
  });
  const reader = await openEngine(place.settings.store, false);
  const then = await rowsOf(reader);

  for (const login of ['ana', 'xena'] as const) await phrase(login, OTHER_PHRASE);
  await place.givePassword('uma', NEW);
  const reset = {
    job_id: null,
    line: null,
    account_id: xavi.accountId,
    user_id: xavi.id,
    operator_id: people.agent.operator.id,
    by_user_id: null,
    caller_id: null,
    grant_id: grant,
    reason: 'lost',
    ticket: 'T',
    outcome: 'reset',
    state: 'open',
    final: 0,
    factors: 1,
    backup_codes: 10,
    devices: 1,
    sessions: 1,
    enrolments: 0,
    at: at + 60_000,
    objected_at: at + 61_000,
    objected_by: 'usr_acc_200500_xena',
    ended_at: null,
    ended_by: null,
  };
  clock.advance(120_000);
  const failed = {
    operator_id: people.agent.operator.id,
    account_id: 'acc_100234',
    user_id: null,
    caller_key: 'x',
    action: 'a',
    ticket: null,
  };
  const message = {
    channel: 'email',
    kind: 'reset-done',
    account_id: null,
    user_id: null,
    address: 'x',
    content: null,
    attempts: 0,
  };
  const sent = { next_attempt_at: at + 9e9, last_error: null, reference: null, created_at: at, delivered_at: null };
  await seed(async (write) => {
    await write.resets.takeAway({ userIds: [xavi.id], enrolledIds: [], final: false, at: at + 60_000 });
    await write.resets.insert([{ id: 'rst_1', ...reset }]);
    await write.factors.insertCode({ id: 'otc_enrol', user_id: xavi.id, purpose: 'enrol', ...code });
    await write.factors.updateCode('otc_act', { used_at: at + 1 });
    await write.calls.unhear('call_act');
    await write.grants.use(grant, at + 1);
    await write.approvals.use('apr_1', at + 1);
    await write.operators.updateToken('tok_m', { revoked_at: at + 1 });
    await write.operators.update(people.mallory.operator.id, { disabled_at: at + 1 });
    await write.operators.update(people.dina.operator.id, { role: 'agent' });
    await write.operators.updateSession(people.dina.sessionId ?? '', { ended_at: at + 1 });
    await write.users.update(ben.id, { disabled_at: at + 1 });
    await write.users.update('usr_acc_100234_sue', { scopes: '' });
    await write.accounts.update('acc_200500', { mfa_required_at: at + 1, phone_reset_forbidden: 1 });
    await write.throttles.put({ subject, ...lock, failures: 5, locked_until: at + 9e9 });
    await write.trust.end(['usr_acc_200500_xena']);
    await write.verifications.insert({
      id: 'ver_f',
      ...failed,
      outcome: 'refused',
      reason: 'not-verified',
      started_at: desk.now(),
      decided_at: desk.now(),
    });
    await write.outbox.insert([{ id: 'msg_1', ...message, state: 'queued', ...sent }]);
  });
  await freezeResets(desk, people.lead, { reason: 'a drill', until: null });
  const now = await rowsOf(reader);
  await reader.close();
  await desk.store.forgetDeleted();
  await desk.store.close();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-acts-'));
  let copies = 0;
  return {
    place,
    then,
    now,
    people,
    grant,
    copy: async () => {
      copies += 1;
      const file = join(folder, `desk-${copies}.db`);
      if (name === 'sqlite') copyFileSync(place.settings.store, file);
      const store = name === 'sqlite' ? file : await createDatabase(inject('postgresUrl'), place.settings.store);
      const settings = { ...place.settings, store };
      const engine = await openEngine(store, false);
      const opened: Desk[] = [];
      return {
        engine,
        open: async () => {
          const made = await openDesk(
            openCustody({ settings, dataFolder, now: clock.now, clockAsGiven: true, hashing: CHEAP }),
          );
          opened.push(made);
          return made;
        },
        close: async () => {
          for (const one of opened) await one.store.close();
          await engine.close();
        },
      };
    },
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      rmSync(place.folder, { recursive: true, force: true });
    },
  };
}

async function rowsOf({ db }: Engine): Promise<Rows> {
  const rows: Record<string, readonly Record<string, unknown>[]> = {};
  for (const table of Object.keys(GUARDED)) {
    rows[table] = (await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db)).rows;
  }
  return rows;
}

/** Puts a row in the place of the one with its key, as any database tool does. */
export async function putRow({ db }: Engine, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const key = GUARDED[table]?.key ?? 'id';
  const [name, columns] = [sql.table(table), Object.keys(row)];
  const sets = sql.join(columns.map((column) => sql`${sql.ref(column)} = ${row[column] ?? null}`));
  const { numAffectedRows } = await sql`update ${name} set ${sets} where ${sql.ref(key)} = ${row[key]}`.execute(db);
  if (numAffectedRows !== 0n) return;
  const values = sql.join(columns.map((column) => row[column] ?? null));
  await sql`insert into ${name} (${sql.join(columns.map((column) => sql.ref(column)))}) values (${values})`.execute(db);
}
