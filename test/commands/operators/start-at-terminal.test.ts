/** The first code is asked for in place, on a screen of 80x24 that shows the whole picture with its question (B80, E19). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromBase32, referenceCode } from '../../factors/reference.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../../support/built-desk.js';
import { KEYS, type OpenTerminal, openTerminal } from '../../support/pty.js';
import { roomInStep } from '../../support/started-operator.js';
import { repositoryRoot } from '../../support/test-desk.js';

const PASSWORD = 'quiet harbour lantern 42';
const executable = join(repositoryRoot, 'bin', 'countersign.js');

describe('at a terminal of 80x24', { timeout: 90_000 }, () => {
  let place: BuiltDesk;
  let terminal: OpenTerminal;
  beforeAll(requireBuilt, 300_000);
  beforeEach(async () => {
    place = await builtDesk('sqlite');
  });
  afterEach(() => {
    terminal.close();
    place.close();
  });

  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const env = {
      HOME: place.home,
      XDG_DATA_HOME: join(place.home, 'data'),
      XDG_STATE_HOME: join(place.home, 'state'),
      XDG_CONFIG_HOME: join(place.home, 'config'),
      COUNTERSIGN_STORE: place.store,
      ...more,
    };
    terminal = openTerminal(process.execPath, [executable, ...args], { env, cwd: place.home });
    return terminal;
  };
  const enter = async (question: RegExp, answer: string) => {
    await terminal.waitFor(question);
    terminal.type(`${answer}${KEYS.enter}`);
  };
  const whole = async (): Promise<string> => {
    const screen = await terminal.waitFor(/\? First code from the app/);

    expect(screen).toMatch(/^(Scan this with an authenticator app|That code is wrong)/m);
    expect(screen.match(/█▀▀▀▀▀█/g)?.length, 'the three corners').toBeGreaterThanOrEqual(3);
    return /By hand: ([A-Z2-7 ]+)/.exec(screen)?.[1]?.replaceAll(' ', '') ?? '';
  };
  const code = (secret: string) => referenceCode(fromBase32(secret), Date.now() / 1000);

  it.each([
    ['mira', {}],
    ['a long name of more than one word, as some people have', {}],
  ])('init shows all of it to %s, asks a mistyped code again, and proves the app', async (name, env) => {
    run(['init', '--operator', name], env);
    await enter(/Password for/, PASSWORD);
    await enter(/Once more/, PASSWORD);
    await whole();
    terminal.type(`000000${KEYS.enter}`);
    await terminal.waitFor(/That code is wrong/);
    const secret = await whole();
    await roomInStep();
    terminal.type(`${code(secret)}${KEYS.enter}`);
    const screen = await terminal.waitFor(/Next:/);
    expect(screen).toContain('Recovery codes');
    expect((await terminal.exit()).code).toBe(0);
    const again = await place.run(['login', '--operator', name, '--password-stdin', '--code', code(secret)], PASSWORD);
    expect(again.code, 'its first code was used').toBe(3);
  });

  it('init that is given up at the code leaves nothing', async () => {
    run(['init', '--operator', 'mira']);
    await enter(/Password for/, PASSWORD);
    await enter(/Once more/, PASSWORD);
    await whole();
    terminal.type(KEYS.ctrlC);
    expect((await terminal.exit()).code).toBe(130);
    expect([existsSync(place.store), existsSync(join(place.folders.config, 'master.key'))]).toEqual([false, false]);
    expect(readdirSync(join(place.home, 'data'))).toEqual([]);
  });

  it('operator start proves the app in place, and the operator signs in', async () => {
    const { token } = await place.must(['init', '--token', '--json']);
    const env = { COUNTERSIGN_TOKEN: String(token) };
    const { startCode } = await place.must(['operator', 'add', 'lena', '--role', 'lead', '--json'], '', env);
    run(['operator', 'start', 'lena']);
    await enter(/Start code/, String(startCode));
    await enter(/New password of lena/, PASSWORD);
    await enter(/Once more/, PASSWORD);
    const secret = await whole();
    await roomInStep();
    const before = referenceCode(fromBase32(secret), Date.now() / 1000 - 30);
    terminal.type(`${before}${KEYS.enter}`);
    await terminal.waitFor(/READY/);
    expect((await terminal.exit()).code).toBe(0);
    await place.must(['login', '--operator', 'lena', '--password-stdin', '--code', code(secret)], PASSWORD);
  });

  it('disabling a company or a login asks for the reason and a yes (A13)', async () => {
    const { token } = await place.must(['init', '--token', '--json']);
    const env = { COUNTERSIGN_TOKEN: String(token) };
    await place.must(['account', 'add', 'Northwind', '--number', '100234', '--edition', 'classic'], '', env);
    const without = await place.run(['account', 'disable', '100234'], '', env);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('--reason')]);
    run(['account', 'disable', '100234'], env);
    await enter(/\? Reason/, 'contract ended');
    await enter(/Disable Northwind \(100234\) and all its users/, 'n');
    expect((await terminal.exit()).code).toBe(130);
    expect(JSON.stringify(await place.must(['account', 'show', '100234', '--json'], '', env))).toContain(
      '"disabledAt":null',
    );
    run(['account', 'disable', '100234', '--reason', 'contract ended'], env);
    await enter(/Disable Northwind/, 'y');
    expect((await terminal.exit()).code).toBe(0);
  });
});
