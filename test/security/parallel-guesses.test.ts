/**
 * Many processes guess at one caller beside each other (B72, T6). Each is the built command with real argon2; the attempt is counted
 * before the check, so exactly as many wrong phrases are checked as the limit allows, and the rest are told "locked".
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type BuiltDesk, builtDesk, type Ended, requireBuilt } from '../support/built-desk.js';
import { type ChildScript, childScript, type RunningScript } from '../support/child-script.js';
import { amount } from '../support/long.js';
import { newestCode } from '../support/outbox-code.js';
import { dataFolder, engines } from '../support/test-desk.js';

// The limit falls in the first wave, and the second is locked out as a whole. The long form has a wave more often.
const PROCESSES = amount(20, 50);
/** As many as two cores carry at once without one waiting ten seconds for the write lock; the limit falls in the first wave. */
const WAVE = 10;
const LIMIT = 5;
const PHRASE = 'copper walrus under nineteen violins';

/**
 * The same desk opened by a script. Guesses once at each line of its input: as the build does, or as a known-bad one that looks at the lock,
 * checks, which takes it half a second, and counts afterwards. Says whether the phrase was checked.
 */
const GUESSER = `
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { openCustody } from './src/opening/open-custody.js';
import { openDesk } from './src/opening/open-desk.js';
import { authenticateOperator } from './src/procedures/operators/authenticate-operator.js';
import { checkPhrase } from './src/procedures/calls/check-passphrase.js';
import { openCall } from './src/procedures/calls/open-call.js';
import { reserveAttempt, toThrottle } from './src/procedures/lock-outs.js';
import { readSettings } from './src/opening/read-settings.js';
import { matchForm } from './src/rules/spoken-form.js';
import { refusalNow } from './src/rules/throttle.js';
const options = { json: false, quiet: false, verbose: false, color: false, input: false, yes: false, plain: true };
(async () => {
  const read = await readSettings(options, {
    env: process.env,
    lock: { path: '/nowhere/config.toml', owner: 0 },
    homeFiles: () => [],
    uid: undefined,
    person: () => ({ id: 'uid:1' }),
  });
  const settings = { ...read, policyFolder: process.argv[3] };
  const desk = await openDesk(openCustody({ settings, dataFolder: process.argv[2], now: () => Date.now() }));
  const signed = await authenticateOperator(desk, { token: settings.token, via: 'token', access: 'verify', command: 'verify' });
  const call = await openCall(desk, { account: '100234', caller: 'ana', action: 'billing:change' });
  const subject = 'caller:' + call.callerKey;
  const look = () => desk.store.read.throttles.get(subject).then((row) => refusalNow(toThrottle(row), { now: Date.now(), behind: false }));
  const count = () => desk.store.record({ kind: 'test.counted', outcome: 'done', at: Date.now(), by: signed.actor }, (write) => reserveAttempt(desk, write, subject));
  const check = () => checkPhrase(desk, call.caller, 'a wrong phrase', matchForm('a wrong phrase'));
  process.stdout.write('ready\\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [round, how] = line.split(' ');
    let checked = false;
    if (how === 'naive') {
      if ((await look()) === undefined) { await check(); checked = true; await pause(500); await count(); }
    } else if ((await count()).kind === 'proceed') { await check(); checked = true; }
    process.stdout.write(round + (checked ? ' checked' : ' locked') + '\\n');
  }
  await desk.store.close();
  process.exit(0);
})();
`;

async function deskWithAna(place: BuiltDesk): Promise<string> {
  const { token } = await place.must(['init', '--token', '--json']);
  const env = { COUNTERSIGN_TOKEN: String(token) };
  await place.must(['account', 'add', 'Northwind', '--number', '100234', '--edition', 'classic'], '', env);
  const person = ['--name', 'Ana', '--email', 'ana@mail.example', '--phone', '5550100', '--role', 'primary-admin'];
  await place.must(['user', 'add', 'ana', '--account', '100234', ...person], '', env);
  const setUp = ['passphrase', 'setup', 'ana', '--account', '100234'];
  await place.must([...setUp, '--send-code'], '', env);
  const code = (await newestCode(join(place.folders.data, 'outbox'))) ?? '';
  await place.must([...setUp, '--code', code, '--passphrase-stdin'], PHRASE, env);
  return String(token);
}

let script: ChildScript;
beforeAll(async () => {
  requireBuilt();
  script = await childScript(GUESSER);
}, 300_000);
afterAll(() => script.remove());

describe.each(engines)('B72 parallel guesses on %s', (engine) => {
  let place: BuiltDesk;
  let env: Record<string, string>;
  beforeAll(async () => {
    place = await builtDesk(engine);
    env = { COUNTERSIGN_TOKEN: await deskWithAna(place) };
  }, 300_000);
  afterAll(() => place.close());

  const verify = [
    'verify',
    '--account',
    '100234',
    '--caller',
    'ana',
    '--for',
    'billing:change',
    '--passphrase-stdin',
    '--json',
  ];
  const unlock = () => place.must(['user', 'unlock', 'ana', '--account', '100234', '--reason', 'test'], '', env);

  it(`${PROCESSES} wrong phrases in waves of ${WAVE}: exactly ${LIMIT} are checked, every other process is told "locked"`, {
    timeout: 60_000,
  }, async () => {
    const outcomes: string[] = [];
    for (let wave = 0; wave < PROCESSES / WAVE; wave += 1) {
      // A wave is started first and given its phrases only then, so that its processes open the store and wait beside each other.
      const running = Array.from({ length: WAVE }, () => place.start(verify, env));
      for (const [n, { say }] of running.entries()) say(`wrong phrase number ${wave} ${n}`);
      const ends = await Promise.all(running.map(({ ended }) => ended));
      outcomes.push(...ends.map(outcomeOf));
    }
    expect(outcomes.toSorted()).toEqual([
      ...Array.from({ length: LIMIT }, () => '3 not-verified'),
      ...Array.from({ length: PROCESSES - LIMIT }, () => '6 locked'),
    ]);

    const right = await place.run(verify, PHRASE, env);
    expect(outcomeOf(right), 'the right phrase is locked out too').toBe('6 locked');
    const log = await kinds(place, env);
    expect(log.filter((kind) => kind === 'verification.started')).toHaveLength(LIMIT);
    await unlock();
    expect(outcomeOf(await place.run(verify, PHRASE, env))).toBe('0 verified');
  });

  describe('by scripts that begin at the same moment', () => {
    const guessers = Math.max(amount(8, 12), 4 * cpus().length);
    let running: readonly RunningScript[] = [];
    let rounds = 0;
    beforeAll(async () => {
      const surroundings = {
        ...env,
        COUNTERSIGN_STORE: place.store,
        HOME: place.home,
        XDG_DATA_HOME: `${place.home}/data`,
        XDG_CONFIG_HOME: `${place.home}/config`,
        XDG_STATE_HOME: `${place.home}/state`,
      };
      running = Array.from({ length: guessers }, () => script.start([dataFolder, inject('floorPolicy')], surroundings));
      await Promise.all(running.map((one) => one.until('ready')));
    }, 60_000);
    afterAll(async () => {
      for (const { child } of running) child.stdin?.end();
      for (const { code, stderr } of await Promise.all(running.map(({ ended }) => ended))) expect(code, stderr).toBe(0);
    });

    /** All are told at once. Fails if one ends before it has answered. */
    const checks = async (how: 'reserving' | 'naive'): Promise<number> => {
      rounds += 1;
      const round = rounds;
      const answers = running.map((one) =>
        Promise.race([one.until(`${round} checked`).then(() => true), one.until(`${round} locked`).then(() => false)]),
      );
      for (const one of running) one.tell(`${round} ${how}\n`);
      return (await Promise.all(answers)).filter((checked) => checked).length;
    };

    it(`${guessers} reserving guessers: exactly ${LIMIT} are checked`, { timeout: 60_000 }, async () => {
      await unlock();
      expect(await checks('reserving')).toBe(LIMIT);
    });

    // The naive guessers get through only while they run beside each other, and a busy machine may hold some of them back.
    const race = { timeout: 60_000, retry: 2 };
    it('teeth: a naive counter, which counts after the check, lets more through', race, async () => {
      await unlock();
      expect(await checks('naive')).toBeGreaterThan(LIMIT);
    });
  });
});

function outcomeOf({ code, stdout, stderr }: Ended): string {
  try {
    const { error, verification } = JSON.parse(stdout) as {
      error?: { code: string };
      verification?: { outcome: string };
    };
    return `${code} ${error?.code ?? verification?.outcome}${code === 8 ? ` ${stdout}` : ''}`;
  } catch {
    return `${code} ${stdout}${stderr}`;
  }
}

async function kinds(place: BuiltDesk, env: Record<string, string>): Promise<readonly string[]> {
  const { stdout } = await place.run(['audit', 'list', '--json', '--limit', '1000'], '', env);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
}
