/**
 * Two machines at one desk, one of them with a wrong clock: the built command under faketime, as such a machine would run it (B87). What
 * became of the desk is asked of new processes on the other machine, which know only the store.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { roomInStep, startByCommand } from '../support/started-operator.js';
import { type EngineName, engines, repositoryRoot } from '../support/test-desk.js';

const PASSWORD = 'seven herons on one lantern';
const SHIFTS = ['+3m', '-3m', '+20h', '-20h', '+3650d', '-3650d'] as const;
const faketime = spawnSync('faketime', ['-f', '+1d', 'true']).status === 0;

interface Founded {
  readonly place: BuiltDesk;
  readonly token: string;
  /** Of the apps of its operators, by name. */
  readonly seeds: ReadonlyMap<string, Uint8Array>;
}

const made = new Map<EngineName, Promise<Founded>>();
afterAll(async () => {
  for (const founded of made.values()) (await founded).place.close();
});

/** A desk with some leads and an admin, made once for each engine: the tests have copies of it. */
function founded(engine: EngineName): Promise<Founded> {
  const known = made.get(engine) ?? found(engine);
  made.set(engine, known);
  return known;
}

async function found(engine: EngineName): Promise<Founded> {
  requireBuilt();
  const place = await builtDesk(engine);
  const { token } = await place.must(['init', '--token', '--json']);
  const admin = { COUNTERSIGN_TOKEN: String(token) };
  const seeds = new Map<string, Uint8Array>();
  for (const name of engine === 'postgres' ? ['lena'] : ['lena', 'sven', 'nora', 'mara']) {
    const role = name === 'sven' ? 'admin' : 'lead';
    seeds.set(name, fromBase32(await startByCommand(place.must, { name, role, password: PASSWORD }, admin)));
  }
  return { place, token: String(token), seeds };
}

/** A desk of its own with some leads, here and on a machine whose clock is off. */
async function twoMachines(engine: EngineName, offset: string) {
  const { place: like, token, seeds } = await founded(engine);
  const place = await builtDesk(engine, { like });
  onTestFinished(() => place.close());
  const admin = { COUNTERSIGN_TOKEN: token };
  const code = (name: string): string => referenceCode(seeds.get(name) ?? new Uint8Array(), Date.now() / 1000);
  return {
    place,
    admin,
    code,
    there: (args: readonly string[], input = '', env = {}) => {
      const command = ['-f', offset, process.execPath, join(repositoryRoot, 'bin', 'countersign.js'), ...args];
      const surroundings = { ...place.env, FAKETIME_DONT_FAKE_MONOTONIC: '1', ...env };
      return spawnSync('faketime', command, { env: surroundings, input, encoding: 'utf8', timeout: 60_000 });
    },
    signsIn: async (name: string) => {
      await roomInStep();
      return place.run(['login', '--operator', name, '--password-stdin', '--code', code(name)], PASSWORD);
    },
    /** The newest entry of somebody who proved who they are stands this many ms from now. */
    ahead: async (kind: string): Promise<number> => {
      const { stdout } = await place.run(['audit', 'list', '--json', '--kind', kind], '', admin);
      const { at } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { at: string };
      return Date.parse(at) - Date.now();
    },
  };
}

const STRANGER = ['login', '--operator', 'nobody', '--password-stdin', '--code', '000000'];
const ADD = ['account', 'add', 'Contoso', '--number', '200500', '--edition', 'x-series'];
const MINUTE = 60_000;

describe.skipIf(!faketime || !engines.includes('postgres'))('a machine whose clock is wrong, on postgres', () => {
  it.each(SHIFTS)(
    'B87 T21 %s: it works like any other, and the log has the time of the server',
    async (offset) => {
      const { there, admin, signsIn, ahead, place } = await twoMachines('postgres', offset);
      expect(there(STRANGER, 'some guess 123\n').status).toBe(3);
      const added = there(ADD, '', admin);
      expect(added.status, added.stderr).toBe(0);
      expect(Math.abs(await ahead('account.added'))).toBeLessThan(MINUTE);
      expect(await signsIn('lena')).toMatchObject({ code: 0 });
      expect((await place.run(['audit', 'verify'], '', admin)).code).toBe(0);
    },
    90_000,
  );
});

describe.skipIf(!faketime)('a machine whose clock is wrong, on sqlite', () => {
  it.each(['-3m', '-20h', '-3650d'])(
    'B87 T21 %s: no code is checked there, and work gets the time of the log',
    async (offset) => {
      const { there, admin, signsIn, ahead } = await twoMachines('sqlite', offset);
      expect(there(STRANGER, 'some guess 123\n').status).toBe(7);
      expect(there(ADD, '', admin).status).toBe(0);
      expect(Math.abs(await ahead('account.added'))).toBeLessThan(MINUTE);
      expect(await signsIn('lena')).toMatchObject({ code: 0 });
    },
    90_000,
  );

  it('B87 T21 +3650d: nothing is written there, not even by somebody with a token', async () => {
    const { there, admin, signsIn, place } = await twoMachines('sqlite', '+3650d');
    const size = async () => (await place.must(['audit', 'verify', '--json'], '', admin))['size'];
    const before = await size();
    expect(there(STRANGER, 'some guess 123\n').status).toBe(7);
    expect(there(ADD, '', admin).status).not.toBe(0);
    expect(await size()).toBe(before);
    expect(await signsIn('lena')).toMatchObject({ code: 0 });
  }, 90_000);

  it.each(['+3m', '+20h'])(
    'B87 T21 %s: a refused stranger moves nothing; work does, and two operators set it back',
    async (offset) => {
      const { there, admin, signsIn, ahead, place, code } = await twoMachines('sqlite', offset);
      expect(there(STRANGER, 'some guess 123\n').status).toBe(3);
      expect(await signsIn('mara')).toMatchObject({ code: 0 });
      expect(there(ADD, '', admin).status).toBe(0);
      expect(await signsIn('lena')).toMatchObject({
        code: 7,
        stderr: expect.stringContaining('countersign store clock'),
      });
      await roomInStep(15_000);
      const two = ['--operator', 'sven', '--code', code('sven'), '--approver', 'lena', '--approver-code', code('lena')];
      const given = [...two, '--password-stdin', '--approver-password-stdin', '--yes'];
      const mended = await place.run(['store', 'clock', ...given], `${PASSWORD}\n${PASSWORD}`);
      expect(mended.code, mended.stderr).toBe(0);
      expect(Math.abs(await ahead('store.clock-set-back'))).toBeLessThan(MINUTE);
      expect(await signsIn('nora')).toMatchObject({ code: 0 });
    },
    120_000,
  );
});
