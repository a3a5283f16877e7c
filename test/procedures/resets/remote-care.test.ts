/** What is looked after once resets go on at another system (B93): drift, events that a receiver lost, a freeze at the last moment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigFile } from '../../../src/config.js';
import type { SignedOperator } from '../../../src/desk.js';
import { deliverDue } from '../../../src/procedures/messages/deliver-outbox.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { planReset } from '../../../src/procedures/resets/plan-reset.js';
import { beginJob } from '../../../src/procedures/resets/reset-job.js';
import { runJob } from '../../../src/procedures/resets/run-job.js';
import { resendEvents } from '../../../src/procedures/upkeep/care-for-outbox.js';
import { reconcileRemotes } from '../../../src/procedures/upkeep/reconcile-remotes.js';
import { startHttp } from '../../delivery/servers.js';
import { type ContractServer, contractServer } from '../../support/contract-server.mjs';
import { engines } from '../../support/test-desk.js';
import { type ResetDesk, resetDesk } from '../reset-desk.js';

const TOKEN = 'tok-CANARY-4711';
const secrets = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
const tokenFile = join(secrets, 'token');
afterAll(() => rmSync(secrets, { recursive: true }));
const secretFile = join(secrets, 'webhook');
writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
writeFileSync(secretFile, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
const never = new AbortController().signal;
const MINUTE = 60_000;
const PEOPLE = ['ana', 'bo', 'cy', 'dee'];

describe.each(engines)('after resets at another system, on %s', (engine) => {
  let place: ResetDesk;
  let server: ContractServer;
  let lead: SignedOperator;
  const open = async (more: object = {}) => {
    const people = Object.fromEntries(PEOPLE.map((login) => [login, { factors: [{ type: 'otp' }] }]));
    server = await contractServer({ kind: 'keycloak', people, token: TOKEN, realm: 'desk' });
    const url = new URL(server.url).origin;
    const kc = { kind: 'keycloak', realm: 'desk', url, tokenFile, allowPrivate: true, gate: 'link' };
    place = await resetDesk(engine, { file: { connectors: { kc }, ...more } as ConfigFile });
    lead = await place.operator('lead');
    await place.account('1', { connector: 'kc' });
    for (const login of PEOPLE) await place.user('1', login);
  };
  afterEach(async () => {
    expect(server.violations()).toEqual([]);
    await place.close();
    await server.stop();
  });
  const bulk = async (...logins: readonly string[]) => {
    const rows = logins.map((login, n) => ({ line: n + 2, user: '', account: '1', login, email: '' }));
    const words = { reason: 'phones lost', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
    const { work } = await beginJob(place.desk, lead, await planReset(place.desk, lead, { rows, ...words }));
    if (work === null) throw new Error('nothing begun');
    await runJob(place.desk, lead, work, { signal: never, told: async () => undefined });
    place.clock.advance(31 * MINUTE);
  };

  describe('with nothing else', () => {
    beforeEach(() => open());

    it('B93 reconcile names who has factors again, who is gone there, what was done unseen, and who cannot be read', async () => {
      await bulk('ana', 'bo', 'cy');
      await deliverDue(place.desk);
      await bulk('dee');
      server.set({ fail: { status: 503, times: 1_000 } });
      await deliverDue(place.desk);
      server.set({ fail: null });
      const drift = async () => {
        const account = await place.desk.store.read.accounts.byId('acc_1');
        const found = await reconcileRemotes(place.desk, lead, account === undefined ? [] : [account], never);
        return Object.fromEntries(found.map(({ user, drift: what, there }) => [user.login, [what, ...there]]));
      };
      expect(await drift()).toEqual({ ana: [null], bo: [null], cy: [null], dee: [null, 'otp'] });
      const { ana, dee } = server.people;
      if (ana === undefined || dee === undefined) throw new Error('nobody');
      ana.factors = [{ id: 'f9', type: 'webauthn' }];
      dee.factors = [];
      delete server.people['bo'];
      expect(await drift()).toEqual({
        ana: ['has-factors', 'webauthn'],
        bo: ['gone'],
        cy: [null],
        dee: ['done-there'],
      });
      const [entry] = await place.desk.store.read.audit.newest({ kind: 'mfa.reconciled' }, 1);
      expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({ detail: { people: 4, drifted: 3 } });
      server.set({ fail: { status: 403, times: 1_000 } });
      expect(Object.values(await drift())).toEqual(PEOPLE.map(() => ['not-read']));
    });

    it('B93 whoever takes so long that another process goes on with the person changes nothing there any more', async () => {
      await bulk('ana');
      const { connectors } = place.desk;
      const slow: typeof connectors = {
        ...connectors,
        reset: (name, person, steps) =>
          connectors.reset(name, person, {
            ...steps,
            before: async (...seen) => {
              place.clock.advance(3 * MINUTE);
              await deliverDue(place.desk);
              await steps?.before?.(...seen);
            },
          }),
      };
      await deliverDue({ ...place.desk, connectors: slow });
      expect(server.people['ana']).toMatchObject({ factors: [], mailed: 1 });
      expect(await place.desk.store.read.audit.newest({ kind: 'mfa.remote-started' }, 5)).toHaveLength(1);
    });

    it('B82 B93 a freeze between claim and first change: nothing is changed there, and the thaw goes on', async () => {
      await bulk('ana');
      const { connectors } = place.desk;
      const frozenMeanwhile: typeof connectors = {
        ...connectors,
        reset: (name, person, steps) =>
          connectors.reset(name, person, {
            ...steps,
            before: async (...seen) => {
              await freezeResets(place.desk, lead, { reason: 'attack', until: null });
              await steps?.before?.(...seen);
            },
          }),
      };
      await deliverDue({ ...place.desk, connectors: frozenMeanwhile });
      expect(server.people['ana']).toMatchObject({ factors: [{ type: 'otp' }], sessions: 1 });
      expect(await place.desk.store.read.audit.newest({ kind: 'mfa.remote-started' }, 5)).toEqual([]);
      await thawResets(place.desk, await place.operator('admin'));
      place.clock.advance(10 * MINUTE);
      await deliverDue(place.desk);
      expect(server.people['ana']?.factors).toEqual([]);
    });
  });

  it('B93 events again from a number on: the same numbers and ids as the first time, for a receiver that lost some', async () => {
    const receiver = await startHttp();
    await open({ webhook: { channel: 'http', url: `${receiver.url}/hook`, secretFile, allowPrivate: true } });
    await bulk('ana', 'bo');
    await deliverDue(place.desk);
    await deliverDue(place.desk);
    const events = () =>
      receiver.posts
        .splice(0)
        .map(({ body }) => JSON.parse(body) as { type: string; data: { items: { seq: number }[] } })
        .flatMap(({ type, data }) => data.items.map((item) => ({ type, ...item })))
        .toSorted((one, other) => one.seq - other.seq);
    const first = events();
    expect(first.length).toBeGreaterThan(2);
    const last = first.at(-1)?.seq ?? 0;
    const admin = await place.operator('admin');
    const sent = await resendEvents(place.desk, admin, first[1]?.seq ?? 0);
    await deliverDue(place.desk);
    await deliverDue(place.desk);
    const again = events();
    // With the ids at the other system that were learned since.
    expect(again.filter(({ seq }) => seq <= last)).toMatchObject(first.slice(1));
    expect(sent).toBeGreaterThan(0);
    expect(JSON.stringify(again)).not.toContain('CANARY');
  });
});
