/** One code of an authenticator app, brought by eight processes of the built command at the same time: one session (T7, B31, B70). */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type BuiltDesk, builtDesk, type Ended, requireBuilt } from '../support/built-desk.js';
import { newestCode } from '../support/outbox-code.js';
import { inside } from '../support/run-inside.js';
import { roomInStep, startByCommand } from '../support/started-operator.js';
import { engines } from '../support/test-desk.js';

const PROCESSES = 8;
const PASSWORD = 'seven herons on one lantern';

describe.each(engines)('one code in eight sign-ins on %s', (engine) => {
  let place: BuiltDesk;
  let env: Record<string, string>;
  /** What leads up to the eight, and is asked afterwards. */
  let here: ReturnType<typeof inside>;
  beforeAll(async () => {
    requireBuilt();
    place = await builtDesk(engine);
    here = inside(place.env);
    const { token } = await here.must(['init', '--token', '--json']);
    env = { COUNTERSIGN_TOKEN: String(token) };
  }, 300_000);
  afterAll(() => place.close());

  /** The ends of eight processes, as on eight machines, that are all given the password at once. */
  const eight = async (args: readonly string[]): Promise<readonly Ended[]> => {
    const running = Array.from({ length: PROCESSES }, (_, n) =>
      place.start(args, { XDG_STATE_HOME: join(place.home, `state-${n}`) }),
    );
    for (const { say } of running) say(PASSWORD);
    return Promise.all(running.map(({ ended }) => ended));
  };
  const count = async (kind: string): Promise<number> => {
    const { stdout } = await here.run(['audit', 'list', '--json', '--limit', '500', '--kind', kind], '', env);
    return stdout.split('\n').filter((line) => line !== '').length;
  };

  it('B70 of an operator opens exactly one session; the others are refused or locked, and the log says so', {
    timeout: 60_000,
  }, async () => {
    const lena = { name: 'lena', role: 'lead', password: PASSWORD } as const;
    const seed = fromBase32(await startByCommand(here.must, lena, env));
    const code = referenceCode(seed, Date.now() / 1000);
    const ends = await eight(['login', '--operator', 'lena', '--password-stdin', '--code', code, '--json']);
    const exits = ends.map((end) => end.code);
    expect(
      exits.filter((exit) => exit === 0),
      JSON.stringify(ends),
    ).toHaveLength(1);
    expect(exits.filter((exit) => exit === 3 || exit === 6)).toHaveLength(PROCESSES - 1);
    expect(await count('operator.signed-in')).toBe(1);
    expect(await count('operator.sign-in-refused'), 'several reached the code, and lost').toBeGreaterThan(0);
  });

  it('B31 of a customer opens exactly one portal session; the others are as wrong as any used code', {
    timeout: 90_000,
  }, async () => {
    const xena = ['--account', '200500', '--as', 'xena'];
    const person = ['--name', 'Xena Ek', '--email', 'xena@mail.example', '--phone', '5550200', '--role', 'admin'];
    await here.must(['account', 'add', 'Contoso', '--number', '200500', '--edition', 'x-series'], '', env);
    await here.must(['user', 'add', 'xena', '--account', '200500', ...person], '', env);
    await here.must(['user', 'invite', 'xena', '--account', '200500'], '', env);
    const invitation = (await newestCode(join(place.folders.data, 'outbox'), 'xena@mail.example')) ?? '';
    await here.must(['portal', 'activate', ...xena, '--code', invitation, '--password-stdin'], PASSWORD);
    await here.must(['portal', 'login', ...xena, '--password-stdin'], PASSWORD);
    const begun = JSON.parse((await here.run(['portal', 'mfa', 'add', 'totp', ...xena, '--json'])).stdout) as {
      enrolment: { secretBase32: string };
    };
    const seed = fromBase32(begun.enrolment.secretBase32.replaceAll(' ', ''));
    // The step before: the code that confirms the set-up is used up by it. It is accepted only while this step lasts.
    await roomInStep(15_000);
    await here.must(['portal', 'mfa', 'add', 'totp', ...xena, '--code', referenceCode(seed, Date.now() / 1000 - 30)]);
    await here.must(['portal', 'mfa', 'require', 'on', ...xena]);
    await here.must(['portal', 'logout', ...xena]);

    const before = await count('portal.signed-in');
    const code = referenceCode(seed, Date.now() / 1000);
    const ends = await eight(['portal', 'login', ...xena, '--password-stdin', '--code', code, '--json']);
    const exits = ends.map((end) => end.code);
    expect(
      exits.filter((exit) => exit === 0),
      JSON.stringify(ends),
    ).toHaveLength(1);
    expect(exits.filter((exit) => exit === 3 || exit === 6)).toHaveLength(PROCESSES - 1);
    expect((await count('portal.signed-in')) - before).toBe(1);
    expect(await count('portal.code-refused'), 'several reached the code, and lost').toBeGreaterThan(0);
  });
});
