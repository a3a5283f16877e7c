/** A desk with people who have something to lose: accounts, users, factors, codes, devices, sessions; and verified callers. */
import type { Desk, SignedOperator } from '../../src/desk.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { accountRow, userRow } from '../store/rows.js';
import { signedOperator } from '../support/signed-operator.js';
import { type EngineName, type TestDesk, testDesk } from '../support/test-desk.js';

const BY = { kind: 'system', id: 'test', name: 'test' } as const;
const seeding = (at: number) => ({ kind: 'test.seeded', outcome: 'done', at, by: BY }) as const;

export interface Holdings {
  readonly totp?: number;
  readonly backupCodes?: number;
  readonly devices?: number;
  readonly sessions?: number;
  readonly pending?: number;
}

export const FULL: Holdings = { totp: 2, backupCodes: 10, devices: 1, sessions: 1, pending: 1 };

export interface ResetDesk extends TestDesk {
  /** `acc_<number>`, x-series with MFA on unless said otherwise. */
  account(number: string, more?: Parameters<typeof accountRow>[1]): Promise<void>;
  /** `usr_acc_<number>_<login>` with an e-mail; holds what is named. */
  user(number: string, login: string, more?: Parameters<typeof userRow>[2], holdings?: Holdings): Promise<string>;
  give(userId: string, holdings: Holdings): Promise<void>;
  /** A live grant of this caller for a reset. */
  grant(signed: SignedOperator, number: string, login: string): Promise<string>;
  /** Another operator of a role, with a name of its own; a customer login of theirs, too. */
  another(role: OperatorRole, name: string, alsoUserId?: string): Promise<SignedOperator>;
  /** A script of theirs, with the owner's role. */
  script(owner: SignedOperator): Promise<SignedOperator>;
  /** Changes the row of an operator, or of the session they are signed in by. */
  change(signed: SignedOperator, patch: { readonly operator?: object; readonly session?: object }): Promise<void>;
}

export async function resetDesk(
  engine: EngineName = 'sqlite',
  options: Parameters<typeof testDesk>[1] = {},
): Promise<ResetDesk> {
  const place = await testDesk(engine, options);
  const { desk } = place;
  const give = (userId: string, holdings: Holdings) => giveTo(desk, userId, holdings);
  return {
    ...place,
    account: async (number, more) => {
      const at = desk.now();
      const row = { edition: 'x-series', mfa_required_at: at, ...more };
      await desk.store.record(seeding(at), (write) => write.accounts.insert([accountRow(number, row)]));
    },
    user: async (number, login, more, holdings) => {
      const at = desk.now();
      const email = `${login}@example.com`;
      const row = userRow(`acc_${number}`, login, { email, email_key: email, ...more });
      await desk.store.record(seeding(at), (write) => write.users.insert([row]));
      if (holdings !== undefined) await give(row.id, holdings);
      return row.id;
    },
    give,
    grant: (signed, number, login) => grantTo(desk, signed, number, login),
    another: (role, name, alsoUserId) => signedOperator(desk, role, name, alsoUserId),
    script: (owner) => scriptOf(desk, owner),
    change: (signed, { operator, session }) =>
      desk.store.record(seeding(desk.now()), async (write) => {
        if (operator !== undefined) await write.operators.update(signed.operator.id, operator);
        if (session !== undefined) await write.operators.updateSession(signed.sessionId ?? '', session);
      }),
  };
}

async function scriptOf(desk: Desk, owner: SignedOperator): Promise<SignedOperator> {
  const at = desk.now();
  const { id, role } = owner.operator;
  const token = { id: desk.newId('tok'), operator_id: id, name: 'script', role };
  const times = { created_at: at, expires_at: at + 365 * 86_400_000, revoked_at: null };
  await desk.store.record(seeding(at), (write) =>
    write.operators.insertToken({ ...token, digest: `test-${token.id}`, ...times }),
  );
  const actor = { kind: 'token', id, name: `${owner.operator.name} (script)` } as const;
  return { ...owner, actor, via: 'token', sessionId: null, tokenId: token.id, codeAt: null };
}

async function giveTo(desk: Desk, userId: string, holdings: Holdings): Promise<void> {
  const at = desk.now();
  const times = (n: number | undefined) => Array.from({ length: n ?? 0 }, (_, index) => index);
  const factor = (state: string) => ({
    id: desk.newId('fac'),
    user_id: userId,
    kind: 'totp',
    label: 'Authenticator app',
    secret: 'sealed',
    state,
    last_step: null,
    created_at: at,
    confirmed_at: state === 'active' ? at : null,
    suspended_by: null,
  });
  await desk.store.record(seeding(at), async (write) => {
    for (const _ of times(holdings.totp)) await write.factors.insert(factor('active'));
    for (const _ of times(holdings.pending)) await write.factors.insert(factor('pending'));
    await write.factors.insertBackupCodes(
      times(holdings.backupCodes).map((slot) => ({
        id: desk.newId('bck'),
        user_id: userId,
        slot: slot + 1,
        verifier: 'sealed',
        state: 'active',
        used_at: null,
        created_at: at,
        suspended_by: null,
      })),
    );
    for (const _ of times(holdings.devices)) {
      const id = desk.newId('dev');
      await write.factors.insertDevice({ id, user_id: userId, digest: `d-${id}`, created_at: at });
    }
    for (const _ of times(holdings.sessions)) {
      const id = desk.newId('ses');
      const stamps = { created_at: at, last_seen_at: at, password_at: at };
      await write.portalSessions.insert({
        id,
        user_id: userId,
        person: desk.person,
        digest: `s-${id}`,
        state: 'done',
        method: 'password',
        ...stamps,
      });
    }
  });
}

async function grantTo(desk: Desk, signed: SignedOperator, number: string, login: string): Promise<string> {
  const at = desk.now();
  const ids = { verification: desk.newId('ver'), grant: desk.newId('gr') };
  const userId = `usr_acc_${number}_${login}`;
  const version = (await desk.store.read.users.byId(userId))?.authorityVersion ?? 1;
  await desk.store.record(seeding(at), async (write) => {
    await write.verifications.insert({
      id: ids.verification,
      operator_id: signed.operator.id,
      account_id: `acc_${number}`,
      user_id: userId,
      caller_key: 'k',
      action: 'login-security:mfa-reset',
      ticket: null,
      outcome: 'verified',
      reason: null,
      started_at: at,
      decided_at: at,
    });
    await write.grants.insert({
      id: ids.grant,
      verification_id: ids.verification,
      operator_id: signed.operator.id,
      account_id: `acc_${number}`,
      user_id: userId,
      action: 'login-security:mfa-reset',
      authority_version: version,
      created_at: at,
      expires_at: at + 15 * 60_000,
      used_at: null,
      revoked_at: null,
    });
  });
  return ids.grant;
}

/** What a user still has that opens anything, and what is suspended. */
export async function holdingsOf(desk: Desk, userId: string) {
  const { factors, portalSessions } = desk.store.read;
  const rows = await factors.ofUser(userId);
  const codes = await factors.backupCodes(userId);
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  return {
    active: count('active'),
    pending: count('pending'),
    suspended: count('suspended'),
    backupCodes: codes.filter((row) => row.state === 'active').length,
    suspendedCodes: codes.filter((row) => row.state === 'suspended').length,
    devices: (await factors.devices(userId)).length,
    sessions: (await portalSessions.ofUser(userId)).length,
  };
}

/** Templates of the messages queued or sent for a user, sorted. */
export async function messagesTo(desk: Desk, userId: string): Promise<readonly string[]> {
  const rows = await desk.store.read.outbox.list(10_000);
  return rows
    .filter((row) => row.user_id === userId)
    .map((row) => row.kind)
    .sort();
}
