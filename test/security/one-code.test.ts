/** One code of an authenticator app, brought by eight processes of the built command at the same time: one session (T7, B70). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { engines } from '../support/test-desk.js';

const PROCESSES = 8;
const PASSWORD = 'seven herons on one lantern';

describe.each(engines)('one code in eight sign-ins on %s', (engine) => {
  let place: BuiltDesk;
  let env: Record<string, string>;
  let seed: Uint8Array;
  beforeAll(async () => {
    requireBuilt();
    place = await builtDesk(engine);
    const { token } = await place.must(['init', '--token', '--json']);
    env = { COUNTERSIGN_TOKEN: String(token) };
    const made = await place.must(
      ['operator', 'add', 'lena', '--role', 'lead', '--password-stdin', '--json'],
      PASSWORD,
      env,
    );
    seed = fromBase32((made['totp'] as { secretBase32: string }).secretBase32.replaceAll(' ', ''));
  }, 300_000);
  afterAll(() => place.close());

  it('opens exactly one session; the others are refused or locked, and the log says so', {
    timeout: 60_000,
  }, async () => {
    const code = referenceCode(seed, Date.now() / 1000);
    const login = ['login', '--operator', 'lena', '--password-stdin', '--code', code, '--json'];
    const running = Array.from({ length: PROCESSES }, () => place.start(login));
    for (const { say } of running) say(PASSWORD);
    const ends = await Promise.all(running.map(({ ended }) => ended));
    const exits = ends.map((end) => end.code);
    expect(
      exits.filter((exit) => exit === 0),
      JSON.stringify(ends),
    ).toHaveLength(1);
    expect(exits.filter((exit) => exit === 3 || exit === 6)).toHaveLength(PROCESSES - 1);
    const count = async (kind: string): Promise<number> => {
      const { stdout } = await place.run(['audit', 'list', '--json', '--limit', '500', '--kind', kind], '', env);
      return stdout.split('\n').filter((line) => line !== '').length;
    };
    expect(await count('operator.signed-in')).toBe(1);
    expect(await count('operator.sign-in-refused'), 'several reached the code, and lost').toBeGreaterThan(0);
  });
});
