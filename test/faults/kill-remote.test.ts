/**
 * kill -9 in the middle of resets at another system, behind a network that loses, repeats and spoils answers (B93): afterwards each of 200
 * people is reset once, and what the log claims is what stands there: nobody claimed and not done, nobody done and not in the log.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigFile } from '../../src/config.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { decideApproval } from '../../src/procedures/resets/decide-approval.js';
import { planReset } from '../../src/procedures/resets/plan-reset.js';
import { beginJob } from '../../src/procedures/resets/reset-job.js';
import { runJob } from '../../src/procedures/resets/run-job.js';
import { showJob } from '../../src/procedures/resets/show-job.js';
import { minutes } from '../../src/rules/duration.js';
import { resetDesk } from '../procedures/reset-desk.js';
import { type ChildScript, childScript } from '../support/child-script.js';
import { contractServer } from '../support/contract-server.mjs';
import { faultProxy } from '../support/fault-proxy.mjs';
import { amount } from '../support/long.js';
import { dataFolder, engines } from '../support/test-desk.js';
import { killSoon, random } from './kill-at-random.js';

const PEOPLE = 200;
/** Of each engine, at moments that chance chooses; half of what a start costs is spent before anybody is reset. */
const KILLS = amount(15, 100);
/** Until a worker is killed, ms: the long form kills before much is done, so that its kills are over before the work is. */
const AFTER = amount(500, 400);
const LIMIT_MS = 600_000;
/** All that end by themselves: a stall costs the client's own time limit, which test/connectors tries. */
const FAULTS = [
  'lost',
  'reset-before',
  'reset-middle',
  '500',
  '500-after',
  'garbage',
  'html',
  'cut',
  'twice',
  'redirect',
];

const SCRIPT = `
import { openCustody } from './src/opening/open-custody.js';
import { openDesk } from './src/opening/open-desk.js';
import { deliverDue } from './src/procedures/messages/deliver-outbox.js';
const { settings, dataFolder, ahead } = JSON.parse(process.env.ORDER);
const now = () => Date.now() + ahead;
openDesk(openCustody({ settings, dataFolder, now, clockAsGiven: true })).then(async (desk) => {
  await deliverDue(desk);
  await desk.store.close();
});
`;

const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_130);

let script: ChildScript;
beforeAll(async () => {
  script = await childScript(SCRIPT);
});
afterAll(() => script.remove());

describe.each(engines)(`a worker that is killed while it resets elsewhere, on %s (seed ${seed})`, (engine) => {
  it(
    'resets each person once, and claims what stands there',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-remote-'));
      const tokenFile = join(folder, 'token');
      writeFileSync(tokenFile, 'tok-CANARY-4711', { mode: 0o600 });
      const logins = Array.from({ length: PEOPLE }, (_, n) => `u${n}`);
      const factors = [{ type: 'otp' }, { type: 'webauthn' }];
      const people = Object.fromEntries(logins.map((login) => [login, { factors }]));
      const server = await contractServer({ kind: 'keycloak', people, token: 'tok-CANARY-4711', realm: 'desk' });
      const target = new URL(server.url).origin;
      const proxy = await faultProxy({ target, seed, rate: 0.12, kinds: FAULTS });
      const table = { kind: 'keycloak', realm: 'desk', url: proxy.url, tokenFile, allowPrivate: true, gate: 'link' };
      const place = await resetDesk(engine, { file: { connectors: { kc: table } } as ConfigFile });
      place.clock.set(Date.now());
      await place.account('1', { connector: 'kc' });
      for (const login of logins) await place.user('1', login, { email: '', email_key: '' });
      const lead = await place.operator('lead');
      const { desk } = place;
      const by = { kind: 'system', id: 'test', name: 'test' } as const;
      const at = desk.now();
      await desk.store.record({ kind: 'test.seeded', outcome: 'done', at, by }, (write) =>
        write.meta.put('key-id', desk.keyring.keyId),
      );
      const rows = logins.map((login, n) => ({ line: n + 2, user: '', account: '1', login, email: '' }));
      const words = { reason: 'roll-out', ticket: 'INC-1', final: false, source: 'test', wholeAccount: null };
      const frozen = await planReset(desk, lead, { rows, ...words });
      const { approval } = await beginJob(desk, lead, frozen);
      const asked = { id: approval?.id ?? '', approve: true, reason: null };
      await decideApproval(desk, await place.operator('admin'), asked);
      const { work } = await beginJob(desk, lead, frozen);
      if (work === null) throw new Error('nothing begun');
      await runJob(desk, lead, work, { signal: new AbortController().signal, told: async () => undefined });

      const chance = random(seed + 1);
      let kills = 0;
      const done = () => logins.filter((login) => server.people[login]?.factors.length === 0);
      const states = async () => (await showJob(desk, work.head.id)).lines.map(({ row }) => row.remote?.state);
      for (let run = 0; run < 400; run += 1) {
        const order = { settings: place.settings, dataFolder, ahead: minutes(61) * (run + 1) };
        const worker = script.start([], { ORDER: JSON.stringify(order) });
        const after = 400 + chance() * AFTER;
        // Each resets somebody, so that kills are not all of a start.
        const share = Math.max(done().length, (PEOPLE * (kills + 1)) / (KILLS + 1));
        const stop = kills < KILLS && killSoon(worker, after, () => done().length > share);
        const { code, stderr } = await worker.ended;
        if (stop !== false) stop();
        expect(stderr).toBe('');
        if (code === null) kills += 1;
        else if ((await states()).every((state) => state === 'reset')) break;
      }
      expect(await states()).toEqual(logins.map(() => 'reset'));
      expect(done()).toEqual(logins);

      const log = (await desk.store.read.audit.newest({ kind: 'mfa' }, 100_000)).map(
        ({ body }) => JSON.parse(body) as { kind: string; outcome: string; user: string; detail: { state?: string } },
      );
      const claimed = log.filter(({ kind, outcome }) => kind === 'mfa.remote-reset' && outcome === 'done');
      expect(claimed.map(({ user }) => user).sort()).toEqual(logins.map((login) => `usr_acc_1_${login}`).sort());
      expect(claimed.every(({ detail }) => detail.state === 'reset')).toBe(true);
      const begun = new Set(log.filter(({ kind }) => kind === 'mfa.remote-started').map(({ user }) => user));
      expect(begun.size).toBe(PEOPLE);
      expect(server.violations()).toEqual([]);
      await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
      expect(JSON.stringify(log)).not.toContain('CANARY');
      expect(kills).toBe(KILLS);
      await place.close();
      await proxy.stop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    LIMIT_MS,
  );
});
