/** The set-up call: a first passphrase by the desk, once per user, ever (B13–B15). */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { setOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import {
  type SetUpCall,
  sendSetUpCode,
  setUpPassphrase,
} from '../../../src/procedures/passphrases/set-up-passphrase.js';
import { setUpByCode } from '../../support/first-phrase.js';
import { newestCode } from '../../support/outbox-code.js';
import { signedOperator } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';
import { type Login, type Northwind, northwind, OTHER_PHRASE, PHRASE } from '../northwind.js';

describe.each(engines)('the set-up call on %s', (engine) => {
  let place: Northwind;
  let desk: Desk;
  beforeEach(async () => {
    place = await northwind(engine);
    desk = place.desk;
  });
  afterEach(() => place.close());

  const setUp = async (login: Login, phrase = PHRASE) => {
    const { account, user } = await place.login(login);
    return setUpByCode(place, await place.operator('agent'), { account, user }, phrase);
  };

  it.each(['ana', 'xena'] as const)('B13 sets the first one of %s, which verifies at once', async (login) => {
    await setUp(login);
    expect((await place.verify(login, PHRASE)).outcome).toBe('verified');
    expect(await place.notices()).toEqual([`set-up-code ${login}`, `passphrase-changed ${login}`]);
  });

  it('B13 a repeat is refused and changes nothing', async () => {
    await setUp('ana');
    await expect(setUp('ana', OTHER_PHRASE)).rejects.toMatchObject({
      code: 'forbidden',
      because: { reason: 'set-already', facts: { path: ['classic-1', 'classic-2', 'classic-3'] } },
    });
    expect((await place.verify('ana', PHRASE)).outcome).toBe('verified');
    expect((await place.verify('ana', OTHER_PHRASE)).reason).toBe('not-verified');
    expect(await place.auditKinds()).toContain('passphrase.set-up-refused');
  });

  it('B99 the question before the phrase is heard is in the log too, when it is refused', async () => {
    await setUp('ana');
    const user = await place.user('ana');
    const account = await desk.store.read.accounts.byId(user.accountId);
    if (account === undefined) throw new Error('no account');
    const asked: SetUpCall = { code: undefined, phrase: () => Promise.reject(new Error('the phrase was asked for')) };
    const again = setUpPassphrase(desk, await place.operator('agent'), { account, user }, asked);
    await expect(again).rejects.toMatchObject({ code: 'forbidden' });
    expect((await place.auditKinds()).filter((kind) => kind === 'passphrase.set-up-refused')).toHaveLength(1);
  });

  it("B13 B14 the desk never overwrites the owner's, nor sets again after the owner did", async () => {
    await setOwnPassphrase(desk, await place.login('xena'), { phrase: PHRASE, password: null });
    await expect(setUp('xena', OTHER_PHRASE)).rejects.toMatchObject({
      code: 'forbidden',
      because: { reason: 'set-already', facts: { path: expect.arrayContaining(['x-series-2']) } },
    });
    await setUp('ana');
    await setOwnPassphrase(desk, await place.login('ana'), { phrase: OTHER_PHRASE, password: null });
    const ana = await place.user('ana');
    await desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 't', name: 't' } },
      (write) => write.secrets.updatePassphrase(ana.id, { verifier: null, owner_copy: null }),
    );
    await expect(setUp('ana')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('B15 a secondary admin must set their own before calling', async () => {
    await expect(setUp('sue')).rejects.toMatchObject({
      code: 'forbidden',
      because: { reason: 'sets-own-first' },
    });
    expect((await place.verify('sue', PHRASE)).reason).toBe('no-passphrase');
  });

  it.each(['uma', 'xavi'] as const)('B13 %s, a plain user, gets none', async (login) => {
    await expect(setUp(login)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('B21 a weak one is refused with an alternative; the call is not used up by it', async () => {
    await expect(setUp('ana', 'ana')).rejects.toMatchObject({
      code: 'invalid-input',
      also: { alternative: expect.any(String) },
    });
    await expect(setUp('ana')).resolves.toBeUndefined();
  });

  it('B13 two calls side by side: one sets, one is refused', async () => {
    const { account, user } = await place.login('ana');
    const agent = await place.operator('agent');
    await sendSetUpCode(desk, agent, { account, user });
    const code = await newestCode(join(place.folder, 'outbox'), user.email);
    const both = [PHRASE, OTHER_PHRASE].map((phrase) =>
      setUpPassphrase(desk, agent, { account, user }, { code, phrase: async () => phrase }),
    );
    const results = await Promise.allSettled(both);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('an operator who is also this user does not set it up', async () => {
    const { account, user } = await place.login('ana');
    const self = await signedOperator(desk, 'agent', 'ana at the desk', user.id);
    // What the store says of them counts, not what they say.
    for (const one of [self, { ...self, alsoUserId: null }])
      await expect(setUpByCode(place, one, { account, user }, PHRASE)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
