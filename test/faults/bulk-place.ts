/** A desk with thousands of users who have something to lose, and an approved job to reset them all. Benchmarks use it, so it does not import vitest. */
import type { Desk, SignedOperator } from '../../src/desk.js';
import { decideApproval } from '../../src/procedures/resets/decide-approval.js';
import type { JobWork } from '../../src/procedures/resets/job-work.js';
import { planReset } from '../../src/procedures/resets/plan-reset.js';
import { beginJob } from '../../src/procedures/resets/reset-job.js';
import { accountRow, userRow } from '../store/rows.js';

const BY = { kind: 'system', id: 'test', name: 'test' } as const;
const entry = (at: number) => ({ kind: 'test.seeded', outcome: 'done', at, by: BY }) as const;
const BATCH = 2_000;

export interface CrowdHoldings {
  readonly factors: number;
  readonly backupCodes: number;
  readonly devices: number;
}

const LITTLE: CrowdHoldings = { factors: 1, backupCodes: 1, devices: 0 };

/** Users `u00000`… of account 1 who hold this each; one admin is told of what happens to them. */
export async function seedCrowd(desk: Desk, count: number, holdings = LITTLE): Promise<void> {
  const at = desk.now();
  await desk.store.record(entry(at), async (write) => {
    // What makes the store a finished desk, which other processes may open.
    await write.meta.put('key-id', desk.keyring.keyId);
    await write.accounts.insert([accountRow('1', { edition: 'x-series', mfa_required_at: at })]);
    await write.users.insert([userRow('acc_1', 'boss', { role: 'admin', email: 'boss@example.com' })]);
  });
  for (let from = 0; from < count; from += BATCH) {
    const logins = Array.from(
      { length: Math.min(BATCH, count - from) },
      (_, n) => `u${String(from + n).padStart(5, '0')}`,
    );
    await desk.store.record(entry(at), async (write) => {
      await insertUsers(write, logins);
      for (const login of logins) await give(desk, write, `usr_acc_1_${login}`, holdings, at);
    });
  }
}

type Write = Parameters<Parameters<Desk['store']['record']>[1]>[0];

async function give(desk: Desk, write: Write, userId: string, holdings: CrowdHoldings, at: number): Promise<void> {
  const { factors, backupCodes, devices } = holdings;
  const own = { user_id: userId, created_at: at };
  const stamps = { last_step: null, confirmed_at: at, suspended_by: null };
  for (let n = 0; n < factors; n += 1) {
    const factor = { id: desk.newId('fac'), kind: 'totp', label: 'App', secret: 'x', state: 'active' };
    await write.factors.insert({ ...factor, ...own, ...stamps });
  }
  const code = { verifier: 'x', state: 'active', used_at: null, suspended_by: null };
  await write.factors.insertBackupCodes(
    Array.from({ length: backupCodes }, (_, n) => ({ id: desk.newId('bck'), slot: n + 1, ...code, ...own })),
  );
  for (let n = 0; n < devices; n += 1) {
    const id = desk.newId('dev');
    await write.factors.insertDevice({ id, digest: `d-${id}`, ...own });
  }
}

async function insertUsers(write: Write, logins: readonly string[]): Promise<void> {
  for (let from = 0; from < logins.length; from += 500) {
    const email = (login: string) => `${login}@example.com`;
    await write.users.insert(
      logins
        .slice(from, from + 500)
        .map((login) => userRow('acc_1', login, { email: email(login), email_key: email(login) })),
    );
  }
}

/** Plans a reset of the crowd, has it approved by somebody else, and begins it. */
export async function beginCrowdJob(desk: Desk, lead: SignedOperator, second: SignedOperator): Promise<JobWork> {
  const users = await desk.store.read.users.ofAccount('acc_1');
  const rows = users
    .filter((user) => user.role === 'user')
    .map((user, index) => ({ line: index + 2, user: user.id, account: '', login: '', email: '' }));
  const frozen = await planReset(desk, lead, {
    rows,
    wholeAccount: null,
    reason: 'drill',
    ticket: 'INC-1',
    final: false,
    source: 'test',
  });
  const asked = await beginJob(desk, lead, frozen);
  if (asked.approval !== null) {
    await decideApproval(desk, second, { id: asked.approval.id, approve: true, reason: null });
  }
  const { work } = await beginJob(desk, lead, frozen);
  if (work === null) throw new Error('the job was not begun');
  return work;
}
