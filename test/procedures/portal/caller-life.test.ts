/**
 * The life of a few callers, as random sequences of calls, guesses, locks, privileges and grants on a real store, beside a small model
 * that keeps lists on a sheet of paper (B03, B08, B72, B76). A failing run prints its seed and path.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal } from '../../../src/errors.js';
import { revokeGrant } from '../../../src/procedures/calls/grants.js';
import { unlockCaller } from '../../../src/procedures/directory/unlock-caller.js';
import { liftLock } from '../../../src/procedures/lock-outs.js';
import { hours, minutes } from '../../../src/rules/duration.js';
import { userRow } from '../../store/rows.js';
import { proven } from '../../support/proven.js';
import { OTHER_PHRASE, PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, phraseRow, WRONG, withAlarms, withThrottle } from '../phone-desk.js';

const RUNS = 100;
const RESET = 'login-security:mfa-reset';

interface Grant {
  readonly id: string;
  readonly until: number;
  /** How often the caller's authority had changed when it was given. */
  readonly version: number;
  over: boolean;
}

interface Model {
  phrase: string;
  holds: boolean;
  version: number;
  inARow: number;
  lockedUntil: number | null;
  disabled: boolean;
  grants: Grant[];
  now: number;
}

interface Real {
  readonly place: PhoneDesk;
  readonly desk: PhoneDesk['desk'];
  readonly login: string;
  readonly id: string;
}

type Step = fc.AsyncCommand<Model, Real>;
const WAITS = [15, 30, 60, 120, 240, 480, 960, 1440];

/** What the attempt does to the model; undefined where it is refused before the check. */
function attempt(model: Model): 'locked' | 'counted' {
  if (model.disabled || (model.lockedUntil !== null && model.now < model.lockedUntil)) return 'locked';
  model.inARow += 1;
  const wait = WAITS[Math.min(model.inARow - 5, WAITS.length - 1)];
  model.lockedUntil = wait === undefined ? null : model.now + minutes(wait);
  model.disabled = model.inARow >= 20;
  return 'counted';
}

const say = (phrase: string): Step => ({
  check: () => true,
  toString: () => `say ${phrase.slice(0, 6)}`,
  run: async (model, { place, desk, login }) => {
    const answer = await place.call({ desk, caller: login, action: RESET, phrase }).then(
      (verdict) => verdict,
      (error: unknown) => (isRefusal(error) ? error.code : Promise.reject(error)),
    );
    if (attempt(model) === 'locked') return expect(answer).toBe('locked');
    if (phrase !== model.phrase)
      return expect(answer).toMatchObject({ outcome: 'refused', reason: 'not-verified', grant: null });
    Object.assign(model, { inARow: 0, lockedUntil: null, disabled: false });
    if (!model.holds)
      return expect(answer).toMatchObject({ outcome: 'refused', reason: 'not-privileged', grant: null });
    expect(answer).toMatchObject({ outcome: 'verified', grant: { expiresAt: model.now + minutes(15) } });
    const { grant } = answer as { grant: { id: string } };
    model.grants.push({ id: grant.id, until: model.now + minutes(15), version: model.version, over: false });
  },
});

const use = (back: number): Step => ({
  check: (model) => model.grants.length > back,
  toString: () => `use(${back} back)`,
  run: async (model, { place }) => {
    const grant = model.grants.at(-1 - back);
    if (grant === undefined) throw new Error('no such grant');
    const worked = await place.useGrant(grant.id, place.agent, RESET).then(
      () => true,
      (error: unknown) => (isRefusal(error) && error.code === 'no-grant' ? false : Promise.reject(error)),
    );
    expect(worked).toBe(!grant.over && model.now < grant.until && grant.version === model.version && model.holds);
    if (worked) grant.over = true;
  },
});

const revoke = (back: number): Step => ({
  check: (model) => model.grants.length > back,
  toString: () => `revoke(${back} back)`,
  run: async (model, { place, desk }) => {
    const grant = model.grants.at(-1 - back);
    if (grant === undefined) throw new Error('no such grant');
    expect(await revokeGrant(desk, place.agent, grant.id)).toBe(!grant.over && model.now < grant.until);
    if (model.now < grant.until) grant.over = true;
  },
});

/** Any change of what the caller may do or say: made in the store as the portal makes it. */
const change = (what: 'scope' | 'phrase'): Step => ({
  check: () => true,
  toString: () => `change ${what}`,
  run: async (model, { place, id }) => {
    model.version += 1;
    if (what === 'scope') {
      model.holds = !model.holds;
      await place.write(async (write) => {
        await write.users.update(id, { scopes: model.holds ? 'login-security' : 'billing' });
        await write.users.bumpAuthority(id);
      });
      return;
    }
    model.phrase = model.phrase === PHRASE ? OTHER_PHRASE : PHRASE;
    const user = await place.desk.store.read.users.byId(id);
    if (user === undefined) throw new Error('no user');
    const row = await phraseRow(place.desk, user, model.phrase);
    await place.write(async (write) => {
      await write.secrets.putPassphrase(row);
      await write.users.bumpAuthority(id);
    });
  },
});

const lift = (by: 'lead' | 'owner'): Step => ({
  check: () => true,
  toString: () => `lift(${by})`,
  run: async (model, { place, desk, id }) => {
    const user = await desk.store.read.users.byId(id);
    const account = user && (await desk.store.read.accounts.byId(user.accountId));
    if (user === undefined || account === undefined) throw new Error('no user');
    if (by === 'lead') {
      await unlockCaller(desk, await place.operator('lead'), { account, user }, 'called back');
      Object.assign(model, { inARow: 0, disabled: false });
    } else {
      const actor = { kind: 'user', id, name: user.name } as const;
      await desk.store.record({ kind: 'test.lifted', outcome: 'done', at: desk.now(), by: proven(actor) }, (write) =>
        liftLock(desk, write, `caller:${account.id}/${id}`, 'owner'),
      );
    }
    model.lockedUntil = null;
  },
});

const wait = (by: number): Step => ({
  check: () => true,
  toString: () => `wait(${by})`,
  run: async (model, { place }) => {
    place.clock.advance(by);
    model.now += by;
  },
});

const steps = fc.commands(
  [
    fc.constantFrom(PHRASE, OTHER_PHRASE).map(say),
    fc.constantFrom(PHRASE, OTHER_PHRASE, WRONG, WRONG, WRONG).map(say),
    fc.nat(3).map(use),
    fc.nat(3).map(revoke),
    fc.constantFrom('scope' as const, 'phrase' as const).map(change),
    fc.constantFrom('lead' as const, 'owner' as const).map(lift),
    fc.integer({ min: 0, max: minutes(20) }).map(wait),
    fc.integer({ min: 0, max: hours(30) }).map(wait),
  ],
  { size: '+1', maxCommands: 40 },
);

describe('the life of callers against a model on sqlite', () => {
  let place: PhoneDesk;
  let people = 0;
  beforeAll(async () => {
    place = await phoneDesk('sqlite');
  });
  afterAll(() => place.close());

  /** A caller of their own for each run, so that one store serves all runs; the alarms over many callers are not this suite's. */
  const setup = async (throttle: Parameters<typeof withThrottle>[1] = {}): Promise<{ model: Model; real: Real }> => {
    people += 1;
    const login = `caller${people}`;
    const row = userRow('acc_100234', login, { role: 'secondary-admin', scopes: 'login-security' });
    await place.write((write) => write.users.insert([row]));
    const user = await place.desk.store.read.users.byId(row.id);
    if (user === undefined) throw new Error('no user');
    const phrase = await phraseRow(place.desk, user, PHRASE);
    await place.write((write) => write.secrets.putPassphrase(phrase));
    const desk = withAlarms(withThrottle(place.desk, throttle), { desk: 1e9, company: 1e9, operator: 1e9 });
    return {
      model: {
        phrase: PHRASE,
        holds: true,
        version: 0,
        inARow: 0,
        lockedUntil: null,
        disabled: false,
        grants: [],
        now: place.clock.now(),
      },
      real: { place, desk, login, id: row.id },
    };
  };
  const agrees = (throttle?: Parameters<typeof withThrottle>[1]) =>
    fc.asyncProperty(steps, async (list) => {
      const { model, real } = await setup(throttle);
      await fc.asyncModelRun(() => ({ model, real }), list);
    });

  it(`B72 B08 agrees over ${RUNS} random lives`, { timeout: 120_000 }, async () => {
    await fc.assert(agrees(), { numRuns: RUNS });
  });

  it('teeth: a desk that locks one failure later is found', { timeout: 120_000 }, async () => {
    const found = await fc.check(agrees({ lockFromFailure: 6 }), { numRuns: 20 * RUNS, endOnFailure: true });
    expect(found.failed).toBe(true);
  });
});
