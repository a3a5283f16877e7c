/**
 * From the caller's words to the next sign-in elsewhere: the built command and a real LemonLDAP::NG (B93). What became of it is asked of its own
 * pages. Skipped where a Debian package is missing; `.ci/run` installs them.
 */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { makeFloorPolicy } from '../support/floor-policy.js';
import { type Llng, missingPackages, startLlng } from '../support/llng.mjs';
import { newestCode } from '../support/outbox-code.js';
import { roomInStep, startByCommand } from '../support/started-operator.js';
import { engines } from '../support/test-desk.js';
import { rootOf } from './places.js';

const PASSWORD = 'a long enough password';
const PHRASE = 'lantern seven herons and four two';
const policies: string[] = [];

/** A policy in which a list does not wait for an undo before its turn there. */
function noWait(): string {
  const folder = makeFloorPolicy();
  policies.push(folder);
  const file = join(folder, 'limits.json');
  const limits = JSON.parse(readFileSync(file, 'utf8')) as { reset: { remoteWaitMinutes: object } };
  Object.assign(limits.reset.remoteWaitMinutes, { bulk: 0 });
  writeFileSync(file, JSON.stringify(limits));
  return folder;
}

describe.skipIf(missingPackages().length > 0).each(engines)(
  'a call that resets somebody at LemonLDAP::NG, on %s',
  (engine) => {
    let llng: Llng;
    let place: BuiltDesk;
    let admin: Record<string, string>;
    beforeAll(async () => {
      requireBuilt();
      llng = await startLlng({ people: ['bo', 'cy'] });
      place = await builtDesk(engine, { policy: noWait() });
      const { token } = await place.must(['init', '--token', '--json']);
      admin = { COUNTERSIGN_TOKEN: String(token) };
      const table = ['[connectors.llng]', 'kind = "lemonldap"', `url = "${rootOf(llng.api)}"`, 'allowPrivate = true'];
      appendFileSync(join(place.folders.config, 'config.toml'), `${table.join('\n')}\n`);
      const account = ['account', 'add', 'Northwind', '--number', '100234', '--edition', 'classic'];
      await place.must(account, '', admin);
      await place.must(['account', 'edit', '100234', '--connector', 'llng'], '', admin);
      for (const [login, role] of [
        ['ana', 'primary-admin'],
        ['bo', 'user'],
        ['cy', 'user'],
        ['zed', 'user'],
      ] as const) {
        const facts = ['--name', `${login} Moreno`, '--email', `${login}@mail.example`, '--phone', '', '--role', role];
        await place.must(['user', 'add', login, '--account', '100234', ...facts], '', admin);
      }
      const lena = { name: 'lena', role: 'lead', password: PASSWORD } as const;
      const seed = fromBase32(await startByCommand(place.must, lena, admin));
      await roomInStep();
      const login = ['login', '--operator', 'lena', '--password-stdin', '--code'];
      await place.must([...login, referenceCode(seed, Date.now() / 1000)], PASSWORD);
      const setUp = ['passphrase', 'setup', 'ana', '--account', '100234'];
      await place.must([...setUp, '--send-code']);
      const code = (await newestCode(join(place.folders.data, 'outbox'), 'ana@mail.example')) ?? '';
      await place.must([...setUp, '--code', code, '--passphrase-stdin'], PHRASE);
    }, 120_000);
    afterAll(async () => {
      place?.close();
      for (const folder of policies.splice(0)) rmSync(folder, { recursive: true });
      await llng?.stop();
    });

    /** Ana says her phrase and asks for the reset of a colleague. */
    const resetOnCall = async (login: string) => {
      const asked = ['--account', '100234', '--caller', 'ana', '--for', 'login-security:mfa-reset'];
      const call = await place.must(['verify', ...asked, '--ticket', 'T-1', '--passphrase-stdin', '--json'], PHRASE);
      const { grant } = call['verification'] as { grant: { id: string } };
      const ended = await place.run(['mfa', 'reset', `100234/${login}`, '--grant', grant.id, '--json']);
      return { ...ended, row: JSON.parse(ended.stdout.split('\n')[0] ?? '') as Record<string, unknown> };
    };
    const remote = (state: string) =>
      expect.objectContaining({
        reset: expect.objectContaining({ remote: expect.objectContaining({ connector: 'llng', state }) }),
      });

    it('B93: verify, reset, and the next sign-in there is back at its set-up; again there is nothing to do', async () => {
      await llng.enrol((await llng.signIn('bo')).browser, 'phone');
      expect((await llng.signIn('bo')).where).toBe('asks-code');
      const first = await resetOnCall('bo');
      expect(first.code, first.stdout + first.stderr).toBe(0);
      expect(first.row).toEqual(remote('reset'));
      expect((await llng.signIn('bo')).where).toBe('set-up');
      const again = await resetOnCall('bo');
      expect([again.code, again.row]).toEqual([0, remote('nothing')]);
    }, 60_000);

    it('B93: somebody whom it never saw is not called reset', async () => {
      const { code, row } = await resetOnCall('zed');
      expect([code, row]).toEqual([4, remote('unknown')]);
    }, 60_000);

    it('B93: while it is down a reset waits there, and job resume finishes it', async () => {
      await llng.enrol((await llng.signIn('cy')).browser, 'phone');
      await llng.stopApi();
      const why = ['--reason', 'phone lost', '--ticket', 'T-2', '--confirm', '1', '--json'];
      const { code, stdout } = await place.run(['mfa', 'reset', '100234/cy', ...why]);
      const row = JSON.parse(stdout.split('\n')[0] ?? '') as { job: string };
      expect([code, row]).toMatchObject([4, { outcome: 'unreachable', remote: { state: 'unreachable' } }]);
      await llng.startApi();
      expect((await llng.signIn('cy')).where).toBe('asks-code');
      const resumed = await place.run(['job', 'resume', row.job, '--json']);
      expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
      expect((await llng.signIn('cy')).where).toBe('set-up');
      expect((await place.run(['audit', 'verify'], '', admin)).code).toBe(0);
    }, 60_000);
  },
);
