/** B93: a reset goes on where the login is: one row a person and reset, intent first, read back, cancelled by undo, held by a freeze. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { undoDocument, undoneOf, undoView } from '../../../src/commands/resets/job-view.js';
import { remoteRows, resetDocument, resetView } from '../../../src/commands/resets/reset-view.js';
import type { ConfigFile } from '../../../src/config.js';
import type { SignedOperator } from '../../../src/desk.js';
import { settleReset } from '../../../src/procedures/codes/enrolment-code.js';
import { mfaStatus } from '../../../src/procedures/codes/mfa-status.js';
import { deliverBatch } from '../../../src/procedures/messages/deliver-batch.js';
import { deliverDue } from '../../../src/procedures/messages/deliver-outbox.js';
import { hurryRemotes } from '../../../src/procedures/messages/remote-row.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { tryRemotesAgain } from '../../../src/procedures/resets/job-work.js';
import { planReset } from '../../../src/procedures/resets/plan-reset.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { beginJob } from '../../../src/procedures/resets/reset-job.js';
import { runJob } from '../../../src/procedures/resets/run-job.js';
import { showJob } from '../../../src/procedures/resets/show-job.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { chunksOf } from '../../../src/rules/lists.js';
import { type ContractServer, contractServer } from '../../support/contract-server.mjs';
import { engines } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';
import { FULL, type ResetDesk, resetDesk } from '../reset-desk.js';

const TOKEN = 'tok-CANARY-4711';
const secrets = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
const tokenFile = join(secrets, 'token');
afterAll(() => rmSync(secrets, { recursive: true }));
writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
const never = new AbortController().signal;
const MINUTE = 60_000;

describe.each(engines)('resets at another system, on %s', (engine) => {
  let place: ResetDesk;
  let server: ContractServer;
  let agent: SignedOperator;
  let lead: SignedOperator;
  const open = async (gate: string, more: object = {}) => {
    const people = { ana: { factors: [{ type: 'otp' }, { type: 'webauthn' }] }, bo: { factors: [{ type: 'otp' }] } };
    server = await contractServer({ kind: 'keycloak', people: { ...people, ...more }, token: TOKEN, realm: 'desk' });
    const keys = {
      kind: 'keycloak',
      realm: 'desk',
      url: new URL(server.url).origin,
      tokenFile,
      allowPrivate: true,
      gate,
    };
    place = await resetDesk(engine, { file: { connectors: { kc: keys } } as ConfigFile });
    agent = await place.operator('agent');
    lead = await place.operator('lead');
    await place.account('1', { connector: 'kc' });
    await place.user('1', 'boss', { role: 'admin' });
    for (const login of ['ana', 'bo', 'nobody']) await place.user('1', login);
  };
  beforeEach(() => open('link'));
  afterEach(async () => {
    expect(server.violations()).toEqual([]);
    await place.close();
    await server.stop();
  });

  const call = async (login: string) => {
    const { desk } = place;
    const account = await desk.store.read.accounts.byId('acc_1');
    const target = await desk.store.read.users.byId(`usr_acc_1_${login}`);
    if (account === undefined || target === undefined) throw new Error('not there');
    const asked = {
      grantId: await place.grant(agent, '1', 'boss'),
      account,
      target,
      reason: undefined,
      ticket: undefined,
    };
    return resetUnderGrant(desk, agent, asked);
  };
  const bulk = async (...logins: readonly string[]) => {
    const rows = logins.map((login, n) => ({ line: n + 2, user: '', account: '1', login, email: '' }));
    const words = { reason: 'phones lost', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
    const frozen = await planReset(place.desk, lead, { rows, ...words });
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('nothing begun');
    await runJob(place.desk, lead, work, { signal: never, told: async () => undefined });
    return { job: work.head.id, plan: frozen.plan };
  };
  const lines = async (job: string) =>
    (await showJob(place.desk, job)).lines.map(({ row }) => [row.login, row.outcome, row.remote?.state]);
  const kinds = async () =>
    (await place.desk.store.read.audit.newest({}, 40))
      .map((row) => JSON.parse(row.body))
      .reverse()
      .filter(({ kind }) => kind.startsWith('mfa.remote'))
      .map(({ kind, outcome, detail }) => [kind.slice(11), outcome, detail.state ?? detail.kinds ?? detail.gate]);

  it('a call resets there at once: intent, gate, what was read back; twice is nothing to do', async () => {
    const first = await call('ana');
    expect(first).toMatchObject({ outcome: 'reset', enrolmentCode: 'not-needed' });
    expect(first.remote).toMatchObject({ state: 'reset', removed: ['otp', 'webauthn'], left: [], sessions: 'ended' });
    expect(server.people['ana']).toMatchObject({ factors: [], sessions: 0, mailed: 1 });
    expect(await kinds()).toEqual([
      ['started', 'started', ['otp', 'webauthn']],
      ['gated', 'done', 'link'],
      ['reset', 'done', 'reset'],
    ]);
    const { id } = server.people['ana'] ?? {};
    expect(await place.desk.store.read.users.byId('usr_acc_1_ana')).toMatchObject({ external: `kc:${id}` });
    expect(await call('ana')).toMatchObject({ outcome: 'nothing-to-do', remote: { state: 'nothing', removed: [] } });
    expect(server.people['ana']).toMatchObject({ mailed: 1 });
    const log = JSON.stringify((await place.desk.store.read.audit.newest({}, 100)).map((row) => row.body));
    expect(log).not.toContain('CANARY');
  });

  it('B88 the row of a call says what is not done there, as a row of a list does', async () => {
    const rowOf = async (login: string) => resetDocument(await call(login));
    expect(await rowOf('nobody')).toMatchObject({ outcome: 'unknown', reset: { outcome: 'unknown' } });
    const row = await place.desk.store.read.outbox.newestAbout('usr_acc_1_nobody', 'remote-reset');
    const inOutbox = { id: 'msg_1', why: row?.last_error ?? '', attempts: 1 };
    expect(wordsAt(0)('outbox.trouble', inOutbox)).toContain('nobody is there by this id, login or e-mail');
    expect(wordsAt(0, 'de')('outbox.trouble', inOutbox)).toContain('dort gibt es niemanden mit dieser Kennung');
    server.set({ fail: { status: 503, times: 1_000 } });
    expect(await rowOf('bo')).toMatchObject({ outcome: 'unreachable', reset: { outcome: 'unreachable' } });
    server.set({ fail: null });
    expect(await rowOf('ana')).toMatchObject({ outcome: 'reset', reset: { outcome: 'reset' } });
  });

  it('B88 where nobody knows whether sessions have ended, the screen says so', async () => {
    server.set({ fail: { status: 403, times: -1, match: /logout/ } });
    const done = await call('ana');
    expect(done.remote).toMatchObject({ state: 'partial', left: [], sessions: 'unknown' });
    const said = JSON.stringify(resetView(done, wordsAt(0), wordsAt(0)));
    expect(said).toContain('NOT ENDED as far as is known: a browser that was signed in may stay signed in');
    expect(said).toContain('the token lacks a permission');
  });

  it('nobody there, and a system that is gone, are said as that and claim nothing', async () => {
    expect((await call('nobody')).remote).toMatchObject({ state: 'unknown', id: null });
    server.set({ fail: { status: 500, times: 1_000 } });
    expect((await call('ana')).remote).toMatchObject({ state: 'unreachable', why: 'server-error' });
    expect(server.people['ana']?.factors).toHaveLength(2);
    const { account, user } = await found('ana');
    expect((await mfaStatus(place.desk, account, user)).remote).toMatchObject({ state: 'unreachable' });
    server.set({ fail: null });
    place.clock.advance(10 * MINUTE);
    await deliverDue(place.desk);
    expect((await mfaStatus(place.desk, account, user)).remote).toMatchObject({ state: 'reset' });
    expect(server.people['ana']?.factors).toEqual([]);
  });

  const found = async (login: string) => {
    const { accounts, users } = place.desk.store.read;
    const [account, user] = [await accounts.byId('acc_1'), await users.byId(`usr_acc_1_${login}`)];
    if (account === undefined || user === undefined) throw new Error('not there');
    return { account, user };
  };

  it('a list waits before it begins there, and undo then costs nothing; after that it stays reset, and says so', async () => {
    const { job, plan } = await bulk('ana', 'bo');
    expect(plan.remote).toEqual([{ connector: 'kc', gate: 'link', users: 2, waitMinutes: 30 }]);
    await deliverDue(place.desk);
    expect(await lines(job)).toEqual([
      ['ana', 'waiting', 'waiting'],
      ['bo', 'waiting', 'waiting'],
    ]);
    const undone = await undoResets(place.desk, lead, { id: job, line: 2, reason: 'wrong list' });
    expect(undone).toMatchObject([{ login: 'ana', outcome: 'undone', remote: 'cancelled' }]);
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    expect(await lines(job)).toEqual([
      ['ana', 'reset', 'cancelled'],
      ['bo', 'reset', 'reset'],
    ]);
    expect([server.people['ana']?.factors.length, server.people['bo']?.factors.length]).toEqual([2, 0]);
    const rest = await undoResets(place.desk, lead, { id: job, line: 3, reason: 'wrong list' });
    expect(rest).toMatchObject([{ login: 'bo', remote: 'stays' }]);
  });

  it('what was not done there does not stay reset there: nobody of that login, several, or nothing to remove', async () => {
    const { job } = await bulk('ana', 'nobody', 'bo');
    const { bo } = server.people;
    if (bo !== undefined) bo.factors = [];
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    expect(await lines(job)).toEqual([
      ['ana', 'reset', 'reset'],
      ['nobody', 'unknown', 'unknown'],
      ['bo', 'nothing-to-do', 'nothing'],
    ]);
    const undone = await undoResets(place.desk, lead, { id: job, line: undefined, reason: 'wrong list' });
    expect(undone.map(({ login, remote }) => [login, remote])).toEqual([
      ['ana', 'stays'],
      ['bo', null],
      ['nobody', null],
    ]);
  });

  it('B55 B56 who shares an id there with somebody, also of another company, is ambiguous in a plan and is never reset', async () => {
    const { id } = server.people['bo'] ?? {};
    await place.account('2', { connector: 'kc' });
    await place.user('2', 'eva', { role: 'admin', external: `kc:${id}` });
    // Known to nobody, and found by the login: it is the id of somebody else all the same.
    const found = await call('bo');
    expect(found.remote).toMatchObject({ state: 'ambiguous', id: null, removed: [] });
    // As an earlier version let it be.
    await place.user('1', 'tom', { external: `kc:${id}` });
    await place.user('1', 'cy', { external: `KC:${id}`.toLowerCase() });
    const rows = ['tom', 'cy', 'ana'].map((login, n) => ({ line: n + 2, user: '', account: '1', login, email: '' }));
    const words = { reason: 'phones lost', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
    const { plan } = await planReset(place.desk, lead, { rows, ...words });
    expect(plan.rows.map(({ login, class: name }) => [login, name])).toEqual([
      ['tom', 'ambiguous'],
      ['cy', 'ambiguous'],
      ['ana', 'to-reset'],
    ]);
    expect(plan.remote).toMatchObject([{ users: 1 }]);
    expect((await call('tom')).remote).toMatchObject({ state: 'ambiguous' });
    expect(server.people['bo']).toMatchObject({ factors: [{ type: 'otp' }], sessions: 1 });
    expect((await place.desk.store.read.users.byId('usr_acc_1_bo'))?.external).toBeNull();
  });

  it.each([
    ['an id that is the login of an admin there', 'tom', {}],
    ['an id whose e-mail there is an admin’s', 'tom', { id: 'zed' }],
    ['the login of an admin, in another company', 'ana', {}],
    ['the login of an admin whose id on file is nobody’s', 'ana', { other: { external: 'kc:bogus' } }],
    ['the login of an admin, where the user is a secondary admin', 'ana', { role: 'secondary-admin' }],
  ])(
    'B55 nobody resets an admin by giving a user %s',
    async (_what, login, { id = 'ana', other = {}, role = 'user' }: { id?: string; other?: object; role?: string }) => {
      await place.close();
      await server.stop();
      await open('link', { zed: { factors: [{ type: 'otp' }], email: 'ana@example.com' } });
      await place.user('1', 'vip', { role: 'admin', email: 'ana@example.com', email_key: 'ana@example.com' });
      await place.account('2', { connector: 'kc' });
      await place.user('2', 'ana', { role: 'admin', email: '', email_key: '', ...other });
      const entry = { kind: 'test.role', outcome: 'done', at: place.desk.now(), by: SYSTEM } as const;
      await place.desk.store.record(entry, (write) => write.users.update('usr_acc_1_ana', { role }));
      if (login === 'tom') await place.user('1', login, { external: `kc:${server.people[id]?.id}` });
      const before = structuredClone(server.people[id]);
      expect((await call(login)).remote).toMatchObject({ state: 'ambiguous', removed: [] });
      expect(server.people[id]).toEqual(before);
      expect(server.people[id]?.factors).not.toEqual([]);
    },
  );

  it('B55 a name that an admin has too is a user’s where the admin is known to be somebody else there', async () => {
    await place.close();
    await server.stop();
    await open('link', { chief: { factors: [{ type: 'otp' }], email: 'ana@two.example' } });
    await place.account('2', { connector: 'kc' });
    const other = {
      external: `kc:${server.people['chief']?.id}`,
      email: 'ana@two.example',
      email_key: 'ana@two.example',
    };
    await place.user('2', 'ana', { role: 'admin', ...other });
    expect((await call('ana')).remote).toMatchObject({ state: 'reset', id: server.people['ana']?.id });
    expect(server.people['chief']).toMatchObject({ factors: [{ type: 'otp' }] });
  });

  it('B55 who has nothing to lose there is not taken down as the one who was found', async () => {
    await place.account('2', { connector: 'kc' });
    await place.user('2', 'ana', { role: 'admin' });
    const { ana } = server.people;
    if (ana !== undefined) ana.factors = [];
    expect((await call('ana')).remote).toMatchObject({ state: 'nothing' });
    expect((await place.desk.store.read.users.byId('usr_acc_1_ana'))?.external).toBeNull();
  });

  it('B55 an id counts where only the person, or nobody else, goes by the names there', async () => {
    const { id } = server.people['ana'] ?? {};
    await place.user('1', 'tom', { external: `kc:${id}`, email: 'ana@elsewhere.example' });
    expect((await call('tom')).remote).toMatchObject({ state: 'ambiguous' });
    await place.desk.store.record(
      { kind: 'test.renamed', outcome: 'done', at: place.desk.now(), by: { kind: 'system', id: 'test', name: 'test' } },
      async (write) => write.users.update('usr_acc_1_ana', { login: 'ana.t', login_key: 'ana.t' }),
    );
    expect((await call('tom')).remote).toMatchObject({ state: 'reset', id });
  });

  it('B55 of two people who are found there under one login at the same moment, one is reset', async () => {
    await place.account('2', { connector: 'kc' });
    await place.user('2', 'bo');
    const rows = ['1', '2'].map((account, n) => ({ line: n + 2, user: '', account, login: 'bo', email: '' }));
    const words = { reason: 'phones lost', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
    const { work } = await beginJob(place.desk, lead, await planReset(place.desk, lead, { rows, ...words }));
    if (work === null) throw new Error('nothing begun');
    await runJob(place.desk, lead, work, { signal: never, told: async () => undefined });
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    const states = (await lines(work.head.id)).map(([, , state]) => state);
    expect(states.toSorted()).not.toEqual(['reset', 'reset']);
    const holders = await place.desk.store.read.users.byExternal([`kc:${server.people['bo']?.id}`]);
    expect(holders).toHaveLength(1);
  });

  it('a later reset takes the place of one that has not begun, and each job says what became of its own', async () => {
    const first = await bulk('ana');
    const second = await bulk('ana');
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    await deliverDue(place.desk);
    expect(await lines(first.job)).toEqual([['ana', 'reset', 'cancelled']]);
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    expect(await lines(second.job)).toEqual([['ana', 'reset', 'reset']]);
    expect(await lines(first.job)).toEqual([['ana', 'reset', 'cancelled']]);
    expect((await kinds()).filter(([kind]) => kind === 'started')).toHaveLength(1);
  });

  it('settings with faults hold up no other message', async () => {
    await bulk('ana');
    place.clock.advance(31 * MINUTE);
    writeFileSync(tokenFile, '');
    const report = await deliverDue(place.desk);
    writeFileSync(tokenFile, `${TOKEN}\n`);
    expect(report.delivered).toBeGreaterThan(0);
    const { account, user } = await found('ana');
    expect((await mfaStatus(place.desk, account, user)).remote).toMatchObject({
      state: 'refused',
      why: 'token-unreadable',
    });
  });

  it('a freeze stops between two people, and a resumed job tries again at once', async () => {
    const { job } = await bulk('ana', 'bo');
    place.clock.advance(31 * MINUTE);
    await freezeResets(place.desk, lead, { reason: 'attack', until: null });
    await deliverDue(place.desk);
    expect(server.calls()).toEqual([]);
    await thawResets(place.desk, await place.operator('admin'));
    server.set({ fail: { status: 503, times: 1_000 } });
    await deliverDue(place.desk);
    expect(await lines(job)).toEqual([
      ['ana', 'unreachable', 'unreachable'],
      ['bo', 'unreachable', 'unreachable'],
    ]);
    server.set({ fail: null });
    const head = await place.desk.store.read.jobs.head(job);
    if (head === undefined) throw new Error('no job');
    await tryRemotesAgain(place.desk, lead, head);
    await deliverDue(place.desk);
    expect(await lines(job)).toMatchObject([
      ['ana', 'reset', 'reset'],
      ['bo', 'reset', 'reset'],
    ]);
  });

  it('a reset that was cut off after the effect is settled by what stands there', async () => {
    const asked = await call('bo');
    expect(asked.remote?.state).toBe('reset');
    await place.user('1', 'cut');
    server.people['cut'] = { ...server.people['ana'], id: 'id-cut', username: 'cut' } as never;
    // The process died after the factors were gone: the row is still queued, with what it had begun.
    const { job } = await bulk('cut');
    const row = await place.desk.store.read.outbox.newestAbout('usr_acc_1_cut', 'remote-reset');
    const { reset } = JSON.parse(row?.reference ?? '{}') as { reset: string };
    const progress = { reset, id: 'id-cut', kinds: ['otp', 'webauthn'], suspended: false, gated: true };
    const entry = {
      kind: 'test.seeded',
      outcome: 'done',
      at: place.clock.now(),
      by: { kind: 'system', id: 't', name: 't' },
    } as never;
    await place.desk.store.record(entry, (write) =>
      write.outbox.update(row?.id ?? '', { reference: JSON.stringify(progress), attempts: 1 }),
    );
    place.clock.advance(31 * MINUTE);
    await deliverDue(place.desk);
    const [line] = (await showJob(place.desk, job)).lines;
    expect(line?.row.remote).toMatchObject({ state: 'reset', removed: ['otp', 'webauthn'], left: [] });
  });
});

const entryAt = (at: number) => ({ kind: 'test.seeded', outcome: 'done', at, by: SYSTEM }) as const;

describe('gates', () => {
  const atGate = async (gate: 'none' | 'suspend' | 'temporary-code') => {
    const people = Object.fromEntries(['ana', 'boss', 'neu'].map((login) => [login, { factors: [{ type: 'phone' }] }]));
    const server = await contractServer({ kind: 'entra', people, token: TOKEN });
    const url = new URL(server.url).origin;
    const ms = { kind: 'entra', url, tokenFile, allowPrivate: true, gate };
    const place = await resetDesk('sqlite', { file: { connectors: { ms } } as ConfigFile });
    const { desk, clock } = place;
    const [agent, lead] = [await place.operator('agent'), await place.operator('lead')];
    await place.account('1', { connector: 'ms' });
    await place.user('1', 'boss', { role: 'admin' });
    await place.user('1', 'ana', {}, FULL);
    const call = async (login: string) => {
      const [account, target] = [
        await desk.store.read.accounts.byId('acc_1'),
        await desk.store.read.users.byId(`usr_acc_1_${login}`),
      ];
      if (account === undefined || target === undefined) throw new Error('not there');
      const grantId = await place.grant(agent, '1', 'boss');
      return resetUnderGrant(desk, agent, { account, reason: undefined, ticket: undefined, grantId, target });
    };
    const list = async () => {
      const rows = [{ line: 2, user: '', account: '1', login: 'ana', email: '' }];
      const words = { reason: 'phones lost', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
      const { work } = await beginJob(desk, lead, await planReset(desk, lead, { rows, ...words }));
      if (work === null) throw new Error('nothing begun');
      await runJob(desk, lead, work, { signal: never, told: async () => undefined });
      return work.head.id;
    };
    const enrol = async () => {
      const by = { kind: 'system', id: 't', name: 't' };
      const entry = { kind: 'test.seeded', outcome: 'done', at: clock.now(), by } as never;
      const ana = await desk.store.read.users.byId('usr_acc_1_ana');
      if (ana === undefined) throw new Error('not there');
      await desk.store.record(entry, (write) => settleReset(desk, write, ana, clock.now()));
    };
    const later = async (minutes: number) => {
      clock.advance(minutes * MINUTE);
      await deliverDue(desk);
    };
    const undo = (id: string) => undoResets(desk, lead, { id, line: undefined, reason: 'wrong person' });
    const isIn = () => server.people['ana']?.enabled !== false;
    const close = () => Promise.all([place.close(), server.stop()]);
    return { ...place, server, call, list, enrol, later, undo, isIn, close };
  };

  it.each(['none', 'suspend'] as const)(
    '%s: admins are refused without one; who is kept out is let in after enrolling here',
    async (gate) => {
      const { desk, server, call, enrol, later, isIn, close } = await atGate(gate);
      if (gate === 'none') {
        const refused = { code: 'refused-by-policy', message: 'admin-without-gate' };
        await expect(call('boss')).rejects.toMatchObject(refused);
        expect(server.calls()).toEqual([]);
      }
      expect((await call('ana')).remote).toMatchObject({ state: 'reset', gate });
      expect(isIn()).toBe(gate !== 'suspend');
      await enrol();
      await later(0);
      expect(isIn()).toBe(true);
      const lift = await desk.store.read.outbox.newestAbout('usr_acc_1_ana', 'remote-lift');
      expect(lift?.state ?? 'none').toBe(gate === 'suspend' ? 'delivered' : 'none');
      await close();
    },
  );

  it('a code is said to work only where it was sent: to an address that is old enough', async () => {
    const { user, clock, call, close } = await atGate('temporary-code');
    await user('1', 'neu', { email: '', email_key: '' }, FULL);
    const gateOf = ({ remote }: Awaited<ReturnType<typeof call>>) =>
      remoteRows(remote ?? null, wordsAt(clock.now())).find(([name]) => name === 'Gate')?.[1];
    expect(gateOf(await call('ana'))).toMatch(/^a code that works until \d{4}-/);
    const late = await call('neu');
    expect(late.remote).toMatchObject({ state: 'reset', gate: 'temporary-code', until: null });
    expect(gateOf(late)).toBe('a code that has reached nobody: no address on file is old enough');
    await close();
  });

  it('who calls a second time while they are kept out is let in after enrolling here', async () => {
    const { call, enrol, later, isIn, close } = await atGate('suspend');
    await call('ana');
    await later(1);
    expect((await call('ana')).remote).toMatchObject({ state: 'nothing' });
    expect(isIn()).toBe(false);
    await enrol();
    await later(1);
    expect(isIn()).toBe(true);
    await close();
  });

  it('who is kept out is let in when a second reset is taken back, before or after its turn there', async () => {
    for (const waited of [1, 31]) {
      const { call, list, later, undo, isIn, close } = await atGate('suspend');
      await call('ana');
      await later(1);
      const job = await list();
      await later(waited);
      expect(isIn()).toBe(false);
      await undo(job);
      await later(31);
      expect(isIn()).toBe(true);
      await close();
    }
  });

  it('whoever is kept out is let in as soon as a person says that the system is there again', async () => {
    const { desk, server, call, enrol, later, isIn, close } = await atGate('suspend');
    const state = async () => (await desk.store.read.outbox.newestAbout('usr_acc_1_ana', 'remote-lift'))?.state;
    await call('ana');
    server.set({ fail: { status: 403, times: 1_000, match: /users/ } });
    await enrol();
    for (let n = 0; n < 8; n += 1) await later(60);
    expect([isIn(), await state()]).toEqual([false, 'queued']);
    server.set({ fail: null });
    const hurried = await desk.store.record(entryAt(desk.now()), (write) =>
      hurryRemotes(write, ['usr_acc_1_ana'], desk.now()),
    );
    await later(0);
    expect([hurried, isIn(), await state()]).toEqual([1, true, 'delivered']);
    await close();
  });

  it('a reset that has begun there is done to its end when it is taken back meanwhile, and then lets the person in', async () => {
    const { server, list, later, undo, isIn, close } = await atGate('suspend');
    const job = await list();
    server.set({ fail: { status: 500, times: 1_000, match: /Methods/ } });
    await later(31);
    expect(isIn()).toBe(false);
    expect(await undo(job)).toMatchObject([{ remote: 'goes-on' }]);
    server.set({ fail: null });
    for (let n = 0; n < 4; n += 1) await later(31);
    expect(isIn()).toBe(true);
    expect(server.people['ana']?.factors).toEqual([]);
    await close();
  });

  it.each(['suspend', 'temporary-code'] as const)(
    '%s: what is undone before its gate is known to stand never goes on there, and nobody stays out',
    async (gate) => {
      const { desk, server, list, later, undo, isIn, close } = await atGate(gate);
      const job = await list();
      server.set({ fail: { status: 500, times: 1_000, match: /^(patch|post) /i } });
      for (const wait of [31, 1, 6, 34, 150]) await later(wait);
      // The answer was lost, not the effect.
      if (gate === 'suspend') Object.assign(server.people['ana'] ?? {}, { enabled: false });
      const undone = await undo(job);
      expect(undone).toMatchObject([{ outcome: 'undone', remote: 'cancelled' }]);
      server.set({ fail: null });
      for (let n = 0; n < 4; n += 1) await later(6);
      expect(isIn()).toBe(true);
      expect(server.people['ana']?.factors).toHaveLength(1);
      const [line] = (await showJob(desk, job)).lines;
      expect(line?.row.remote).toMatchObject({ state: 'cancelled', lift: false });
      const ended = (await desk.store.read.audit.newest({}, 40)).map(({ body }) => JSON.parse(body));
      expect(ended.filter(({ kind, outcome }) => kind === 'delivery.ended' && outcome === 'refused')).toMatchObject([
        { reason: 'cancelled', detail: { channel: 'connector:ms' } },
      ]);
      const mails = (await desk.store.read.outbox.list(100)).map(({ kind }) => kind);
      expect(mails).not.toContain('remote-code');
      await close();
    },
  );

  it('what is undone while its gate call is on its way removes nothing there either', async () => {
    const { desk, list, server, later, undo, isIn, close } = await atGate('suspend');
    const job = await list();
    const { reset } = desk.connectors;
    const undone: unknown[] = [];
    Object.assign(desk.connectors, {
      reset: (async (name, person, steps) =>
        reset(name, person, {
          ...steps,
          gated: async (gate) => {
            undone.push(...(await undo(job)));
            await steps?.gated?.(gate);
          },
        })) satisfies typeof reset,
    });
    for (const wait of [31, 6, 6]) await later(wait);
    expect(undone).toMatchObject([{ outcome: 'undone', remote: 'cancelled' }]);
    expect(isIn()).toBe(true);
    expect(server.people['ana']?.factors).toHaveLength(1);
    await close();
  });

  it('what somebody objects to before its gate is known to stand ends, and an undo then lets the person in', async () => {
    const { desk, clock, server, list, later, undo, isIn, close } = await atGate('suspend');
    const job = await list();
    server.set({ fail: { status: 500, times: 1_000, match: /^patch /i } });
    await later(31);
    Object.assign(server.people['ana'] ?? {}, { enabled: false });
    const [reset] = await desk.store.read.resets.ofJob(job);
    const by = { kind: 'system', id: 't', name: 't' };
    const entry = { kind: 'test.seeded', outcome: 'done', at: clock.now(), by } as never;
    await desk.store.record(entry, (write) => write.resets.object(reset?.id ?? '', 'usr_acc_1_boss', clock.now()));
    server.set({ fail: null });
    await later(31);
    const states = async () => (await showJob(desk, job)).lines.map(({ row }) => row.remote);
    expect(await states()).toMatchObject([{ state: 'cancelled', lift: true, next: null }]);
    expect(await undo(job)).toMatchObject([{ outcome: 'undone', remote: 'cancelled' }]);
    await later(1);
    expect(isIn()).toBe(true);
    expect(await states()).toMatchObject([{ state: 'cancelled', lift: false }]);
    expect(server.people['ana']?.factors).toHaveLength(1);
    await close();
  });

  it('none: where no gate comes first, factors may be gone, so an undo says that it goes on there, and it does', async () => {
    const { desk, clock, server, list, later, undo, close } = await atGate('none');
    const job = await list();
    server.set({ fail: { status: 500, times: 1_000, match: /^delete /i } });
    await later(31);
    const undone = await undo(job);
    expect(undone).toMatchObject([{ outcome: 'undone', remote: 'goes-on' }]);
    const last = (await desk.store.read.audit.newest({}, 20)).map(({ body }) => JSON.parse(body));
    expect(last.find(({ kind }) => kind === 'mfa.reset-undone')?.detail).toMatchObject({ remote: 'goes-on' });
    const screen = (language: 'en' | 'de') =>
      JSON.stringify(undoView(undoneOf(undone), wordsAt(clock.now(), language)));
    expect(screen('en')).toContain('Has begun at the other system and goes on there');
    expect(screen('en')).not.toContain('Stays reset');
    expect(screen('de')).toContain('Hat im anderen System begonnen und geht dort weiter');
    expect(undoDocument(job, undoneOf(undone)).rows).toMatchObject([{ remote: 'goes-on' }]);
    server.set({ fail: null });
    await later(6);
    expect(server.people['ana']?.factors).toEqual([]);
    await close();
  });

  it.each([1, 2])(
    'who enrols here before the turn of a list there is let in once it has come; tried %i at once',
    async (atOnce) => {
      const { desk, clock, server, list, enrol, later, isIn, close } = await atGate('suspend');
      await list();
      await later(1);
      await enrol();
      await later(1);
      expect(server.people['ana']?.factors).toHaveLength(1);
      clock.advance(31 * MINUTE);
      const due = await desk.store.read.outbox.due(clock.now(), 9, ['connector:ms']);
      expect(due.map(({ kind }) => kind).toSorted()).toEqual(['remote-lift', 'remote-reset']);
      for (const some of chunksOf(due, atOnce)) await deliverBatch(desk, some, undefined);
      await later(6);
      await later(6);
      expect(server.people['ana']?.factors).toEqual([]);
      expect(isIn()).toBe(true);
      await close();
    },
  );

  it('whoever was let in stays out if their own admin suspends them later, whatever is reset here', async () => {
    const { server, call, enrol, later, isIn, close } = await atGate('suspend');
    await call('ana');
    await enrol();
    await later(1);
    expect(isIn()).toBe(true);
    const { ana } = server.people;
    if (ana !== undefined) Object.assign(ana, { enabled: false, factors: [{ id: 'f9', type: 'phone' }] });
    expect((await call('ana')).remote).toMatchObject({ state: 'reset' });
    await enrol();
    await later(1);
    expect(isIn()).toBe(false);
    await close();
  });
});
