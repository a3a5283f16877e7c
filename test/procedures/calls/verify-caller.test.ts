/** One verification after another on a real desk: who is verified for what, and what is written down of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedOperator } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';
import { type Login, OTHER_PHRASE, PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, unlimited, WRONG } from '../phone-desk.js';

const PROTECTED = [
  'account-info:view',
  'phone-system:change',
  'billing:inquiry',
  'billing:change',
  'billing:update-info',
  'login-security:mfa-reset',
];
/** A scope that stands beside the action and must not open it. */
const NEIGHBOUR: Readonly<Record<string, string>> = {
  'account-info:view': 'phone-system',
  'phone-system:change': 'account-info',
  'billing:inquiry': 'billing:change',
  'billing:change': 'billing:inquiry',
  'billing:update-info': 'billing:change',
  'login-security:mfa-reset': 'phone-system',
};

describe.each(engines)('verifying a caller on %s', (engine) => {
  let place: PhoneDesk;
  beforeAll(async () => {
    place = await phoneDesk(engine);
    for (const login of ['ana', 'sue', 'xena', 'xavi', 'uma'] as const) await place.givePhrase(login);
    await place.givePhrase('ben', OTHER_PHRASE);
  });
  afterAll(() => place.close());

  const call: PhoneDesk['call'] = (said) => place.call({ desk: unlimited(place.desk), ...said });
  const holding = async (login: Login, scopes: string): Promise<void> => {
    const { id } = await place.user(login);
    await place.write((write) => write.users.update(id, { scopes }));
  };

  describe.each(PROTECTED)('B02 %s', (action) => {
    it('is refused to a caller who is not verified', async () => {
      await holding('sue', action);
      expect(await call({ caller: 'sue', action, phrase: WRONG })).toMatchObject({
        outcome: 'refused',
        reason: 'not-verified',
        grant: null,
      });
    });

    it('is allowed with the passphrase and its own scope', async () => {
      await holding('sue', action);
      const verdict = await call({ caller: 'sue', action });
      expect(verdict).toMatchObject({ outcome: 'verified', reason: null, action: { id: action } });
      expect(verdict.grant).not.toBeNull();
    });

    it('is refused with the passphrase and a neighbouring scope alone', async () => {
      await holding('sue', NEIGHBOUR[action] ?? '');
      expect(await call({ caller: 'sue', action })).toMatchObject({
        outcome: 'refused',
        reason: 'not-privileged',
        grant: null,
      });
    });
  });

  it('B04 admins hold everything, plain users nothing whatever scopes stand in their row', async () => {
    await holding('uma', 'billing');
    for (const action of PROTECTED) {
      expect((await call({ caller: 'ana', action })).outcome, action).toBe('verified');
      expect((await call({ account: '200500', caller: 'xena', action })).outcome, action).toBe('verified');
      expect(await call({ caller: 'uma', action }), action).toMatchObject({
        outcome: 'refused',
        reason: 'not-privileged',
      });
      expect(await call({ account: '200500', caller: 'xavi', action }), action).toMatchObject({
        reason: 'not-privileged',
      });
    }
  });

  it('B05 a caller who verifies in one account is nobody in another, by login, by id and by account/login', async () => {
    const { id } = await place.user('ana');
    for (const caller of ['ana', id, '100234/ana']) {
      expect(await call({ account: '200500', caller }), caller).toMatchObject({
        outcome: 'refused',
        reason: 'not-verified',
        caller: null,
      });
    }
  });

  it('B07 a category covers its actions, an action only itself', async () => {
    await holding('sue', 'billing');
    for (const action of PROTECTED) {
      const expected = action.startsWith('billing:') ? 'verified' : 'refused';
      expect((await call({ caller: 'sue', action })).outcome, action).toBe(expected);
    }
    await holding('sue', 'billing:inquiry');
    expect((await call({ caller: 'sue', action: 'billing:inquiry' })).outcome).toBe('verified');
    expect((await call({ caller: 'sue', action: 'billing:change' })).reason).toBe('not-privileged');
  });

  it('B12 no passphrase can never verify, whatever is said, also after one was destroyed', async () => {
    const other = await phoneDesk(engine);
    for (const phrase of [PHRASE, WRONG, ' ', 'null', '{}']) {
      expect(await other.call({ phrase, desk: unlimited(other.desk) })).toMatchObject({
        reason: 'no-passphrase',
        grant: null,
      });
    }
    await other.givePhrase('ana');
    const { id } = await other.user('ana');
    await other.write((write) => write.secrets.updatePassphrase(id, { verifier: null }));
    expect(await other.call()).toMatchObject({ outcome: 'refused', reason: 'no-passphrase' });
    await other.close();
  });

  it("B15 the primary admin's phrase does not verify a secondary admin", async () => {
    const other = await phoneDesk(engine);
    await other.givePhrase('ana');
    expect((await other.call({ caller: 'sue' })).reason).toBe('no-passphrase');
    await other.givePhrase('sue', OTHER_PHRASE);
    expect((await other.call({ caller: 'sue', phrase: PHRASE })).reason).toBe('not-verified');
    expect((await other.call({ caller: 'sue', phrase: OTHER_PHRASE })).outcome).toBe('verified');
    await other.close();
  });

  it('B20 the phrase is heard as it is spoken', async () => {
    expect((await call({ phrase: 'VELO BLEU saffron, ladybug — justify seven' })).outcome).toBe('verified');
  });

  it('the caller is found by login, id and unique e-mail, all of them counted as one', async () => {
    const { id } = await place.user('ben');
    for (const caller of ['ben', 'BEN', id, 'ben@mail.example']) {
      expect((await call({ caller, phrase: OTHER_PHRASE })).caller?.id, caller).toBe(id);
    }
    for (const caller of ['ben', id, 'ben@mail.example', 'Ben@Mail.Example']) {
      await place.call({ caller, phrase: WRONG });
    }
    const account = await place.desk.store.read.accounts.byNumber('100234');
    expect(await place.desk.store.read.throttles.get(`caller:${account?.id}/${id}`)).toMatchObject({ failures: 4 });
    await call({ caller: 'ben', phrase: OTHER_PHRASE });
  });

  it('B09 an e-mail of two logins is refused with both, before anything is counted', async () => {
    const [sue, uma] = [await place.user('sue'), await place.user('uma')];
    await place.write((write) => write.users.update(uma.id, { email_key: 'both@mail.example' }));
    await place.write((write) => write.users.update(sue.id, { email_key: 'both@mail.example' }));
    const before = (await place.entries()).length;
    const refusal = await place.refusal(call({ caller: 'both@mail.example' }));
    expect(refusal.code).toBe('ambiguous');
    expect(refusal.also['candidates']).toEqual(expect.arrayContaining([expect.objectContaining({ id: sue.id })]));
    expect((await place.entries()).length).toBe(before);
  });

  it('an unknown action or account is refused with what there is, and counts nothing', async () => {
    expect(await place.refusal(call({ action: 'billing' }))).toMatchObject({ code: 'invalid-input' });
    expect(await place.refusal(call({ action: 'billing:chnage' }))).toMatchObject({
      code: 'invalid-input',
      hint: expect.stringContaining('Did you mean billing:change?'),
    });
    expect(await place.refusal(call({ account: 'Nowhere Ltd' }))).toMatchObject({ code: 'not-found' });
  });

  it('a disabled caller and a caller of a disabled account are not verified by the right phrase', async () => {
    const other = await phoneDesk(engine);
    await other.givePhrase('ana');
    await other.givePhrase('xena');
    const [ana, xena] = [await other.user('ana'), await other.user('xena')];
    await other.write((write) => write.users.update(ana.id, { disabled_at: 1 }));
    await other.write((write) => write.accounts.update(xena.accountId, { disabled_at: 1 }));
    expect((await other.call()).reason).toBe('not-verified');
    expect((await other.call({ account: '200500', caller: 'xena' })).reason).toBe('not-verified');
    await other.close();
  });

  it('an operator who is the caller verifies nobody, and the try is in the log', async () => {
    const { id } = await place.user('ana');
    const both = await signedOperator(place.desk, 'agent', 'ana at the desk', id);
    expect(await place.refusal(call({ by: both }))).toMatchObject({ code: 'forbidden' });
    expect((await place.entries('verification.refused')).at(-1)).toMatchObject({ reason: 'own-login', user: id });
    expect((await call({ by: both, caller: 'ben', phrase: OTHER_PHRASE })).outcome).toBe('verified');
  });

  it('B74 B76 each verification is in the log with operator, caller, action and ticket: started, then decided', async () => {
    const other = await phoneDesk(engine);
    await other.givePhrase('ana');
    const verdict = await other.call({ ticket: 'T-4711' });
    await other.call({ phrase: WRONG, ticket: 'T-4712' });
    await other.call({ phrase: null, ticket: 'T-4713' });
    const ana = (await other.user('ana')).id;
    expect((await other.entries()).filter(({ kind }) => kind.startsWith('verification.'))).toMatchObject([
      { kind: 'verification.started', outcome: 'started', ticket: 'T-4711', user: ana },
      {
        kind: 'verification.verified',
        outcome: 'done',
        ticket: 'T-4711',
        detail: { verification: verdict.id, grant: verdict.grant?.id },
      },
      { kind: 'verification.started', outcome: 'started', ticket: 'T-4712' },
      { kind: 'verification.refused', outcome: 'refused', reason: 'not-verified', ticket: 'T-4712' },
      {
        kind: 'verification.refused',
        outcome: 'refused',
        reason: 'forgot',
        ticket: 'T-4713',
        detail: { action: 'billing:change' },
      },
    ]);
    expect(await other.desk.store.read.verifications.byId(verdict.id)).toMatchObject({
      outcome: 'verified',
      ticket: 'T-4711',
    });
    await other.close();
  });

  it('B19 forgotten: nothing is compared, counted, revealed or set', async () => {
    const before = await place.desk.store.read.secrets.passphrase((await place.user('ana')).id);
    const checks: unknown[] = [];
    const secrets = { ...place.desk.secrets, check: async () => checks.push('checked') as never };
    const verdict = await place.call({ phrase: null, desk: { ...place.desk, secrets } });
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'forgot', grant: null });
    expect(checks).toEqual([]);
    expect(await place.desk.store.read.secrets.passphrase((await place.user('ana')).id)).toEqual(before);
    expect((await place.call()).outcome).toBe('verified');
  });
});

describe.each(engines)('B78 an operator who is on the way out while the phrase is checked, on %s', (engine) => {
  let place: PhoneDesk;
  beforeAll(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
  });
  afterAll(() => place.close());

  it.each([
    ['disabled', { disabled_at: 1 }, 'not-signed-in'],
    ['demoted', { role: 'auditor' }, 'forbidden'],
  ])('%s: no verdict and no grant, and the attempt stays counted', async (what, patch, code) => {
    const leaver = await signedOperator(place.desk, 'agent', what);
    const { secrets } = place.desk;
    const check: typeof secrets.check = async (...parts) => {
      const answer = await secrets.check(...parts);
      await place.write((write) => write.operators.update(leaver.operator.id, patch));
      return answer;
    };
    const { id } = await place.user('ana');
    const subject = `caller:${(await place.user('ana')).accountId}/${id}` as const;
    const before = (await place.desk.store.read.throttles.get(subject))?.failures ?? 0;
    const desk = { ...place.desk, secrets: { ...secrets, check } };
    expect((await place.refusal(place.call({ desk, by: leaver }))).code).toBe(code);
    expect(await place.desk.store.read.grants.live(place.clock.now())).toEqual([]);
    expect((await place.desk.store.read.throttles.get(subject))?.failures).toBe(before + 1);
    expect((await place.entries('verification')).at(-1)).toMatchObject({ outcome: 'started', user: id });
  });

  it('before it is counted, neither is counted, and nothing is said of who there is', async () => {
    const leaver = await signedOperator(place.desk, 'agent', 'gone');
    await place.write((write) => write.operators.update(leaver.operator.id, { disabled_at: 1 }));
    const before = (await place.entries('verification')).length;
    for (const said of [{}, { account: 'nowhere' }, { caller: 'nobody' }, { phrase: null }])
      expect((await place.refusal(place.call({ ...said, by: leaver }))).code).toBe('not-signed-in');
    expect((await place.entries('verification')).length).toBe(before);
  });
});

describe.each(engines)('B18 a phrase that is changed while it is checked, on %s', (engine) => {
  let place: PhoneDesk;
  beforeAll(async () => {
    place = await phoneDesk(engine);
  });
  afterAll(() => place.close());

  /** Runs the verification with something that happens between the check and its decision. */
  const meanwhile = async (change: () => Promise<void>, more: { outdated?: boolean } = {}) => {
    const { secrets } = place.desk;
    const check: typeof secrets.check = async (...parts) => {
      const answer = await secrets.check(...parts);
      await change();
      return { ...answer, outdated: more.outdated ?? answer.outdated };
    };
    return place.call({ desk: { ...place.desk, secrets: { ...secrets, check } } });
  };
  const set = async (phrase: string) => {
    place.clock.advance(1_000);
    await place.givePhrase('ana', phrase);
    const { id } = await place.user('ana');
    await place.write((write) => write.users.bumpAuthority(id));
  };

  it('the old phrase gives no grant once the new one stands', async () => {
    await place.givePhrase('ana', PHRASE);
    expect(await meanwhile(() => set(OTHER_PHRASE))).toMatchObject({
      outcome: 'refused',
      reason: 'not-verified',
      grant: null,
    });
    expect((await place.call({ phrase: OTHER_PHRASE })).outcome).toBe('verified');
  });

  it('an old phrase due for a new hash is not written back over the new one', async () => {
    await place.givePhrase('ana', PHRASE);
    expect((await meanwhile(() => set(OTHER_PHRASE), { outdated: true })).outcome).toBe('refused');
    expect((await place.call({ phrase: OTHER_PHRASE })).outcome).toBe('verified');
    expect((await place.call({ phrase: PHRASE })).outcome).toBe('refused');
  });

  it('a phrase destroyed meanwhile gives no grant', async () => {
    await place.givePhrase('ana', PHRASE);
    const { id } = await place.user('ana');
    const destroy = () => place.write((write) => write.secrets.updatePassphrase(id, { verifier: null }));
    expect((await meanwhile(destroy)).grant).toBeNull();
  });

  it('two right answers that both renew the hash are both verified, and the phrase still stands', async () => {
    await place.givePhrase('ana', PHRASE);
    const { id } = await place.user('ana');
    const before = await place.desk.store.read.secrets.passphrase(id);
    const other = async () => void expect((await renewing()).outcome).toBe('verified');
    const renewing = () => meanwhile(async () => undefined, { outdated: true });
    expect((await meanwhile(other, { outdated: true })).outcome).toBe('verified');
    expect((await place.desk.store.read.secrets.passphrase(id))?.verifier).not.toBe(before?.verifier);
    expect((await place.call()).outcome).toBe('verified');
  });
});
