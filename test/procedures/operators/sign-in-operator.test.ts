/** Operators sign in by password, leads and admins with a code besides (B70); wrong ones are counted before the check (B72). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator, Writes } from '../../../src/desk.js';
import { askAuthority } from '../../../src/procedures/authorise.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { refreshCode, signInOperator, signOutOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import { proveStart, startOperator } from '../../../src/procedures/operators/start-operator.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { days, hours, minutes, seconds } from '../../../src/rules/duration.js';
import { fromBase32, referenceCode } from '../../factors/reference.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type OperatorDesk, operatorDesk, PASSWORD } from '../operator-desk.js';

describe.each(engines)('operators sign in on %s', (engine) => {
  let place: OperatorDesk;
  beforeEach(async () => {
    place = await operatorDesk(engine);
  });
  afterEach(() => place.close());

  const fresh = (signed: SignedOperator) => askAuthority(place.desk, signed, { permission: 'signed-in', fresh: true });

  async function patch(name: string, values: Parameters<Writes['operators']['update']>[1]): Promise<void> {
    const { id } = await place.row(name);
    const prepared = { kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: SYSTEM } as const;
    await place.desk.store.record(prepared, (write) => write.operators.update(id, values));
  }

  it('B80 an agent by password and code too, and the session is theirs', async () => {
    const mira = await place.member('Mira', 'agent');
    const { token } = await place.signIn('mira');
    expect(await place.bySession(token, 'verify')).toMatchObject({
      operator: { id: mira.id, role: 'agent' },
      via: 'session',
      codeAt: place.clock.now(),
    });
    expect(await place.entries('operator.signed-in')).toMatchObject([{ outcome: 'done', by: { id: mira.id } }]);
  });

  it('a lead with password and code; the password alone, or with a wrong code, opens nothing', async () => {
    const lena = await place.member('lena', 'lead');
    await expect(place.signIn('lena')).rejects.toThrow('a code was asked for');
    expect(await refusal(place.signIn('lena', { code: '000000' }))).toMatchObject({ code: 'not-signed-in' });
    const { token } = await place.signIn('lena', { code: lena.code() });
    expect((await place.bySession(token)).codeAt).toBe(place.clock.now());
  });

  it('unknown name, wrong password, wrong code, disabled and tokens-only: the same words', async () => {
    const lena = await place.member('lena', 'lead');
    const dora = await place.member('dora', 'agent');
    await changeOperator(place.desk, await place.operator('admin'), 'dora', { disabled: true });
    expect(dora.id).not.toBe(lena.id);
    const all = await Promise.all([
      refusal(place.signIn('nobody')),
      refusal(place.signIn('lena', { password: 'not the password' })),
      refusal(place.signIn('lena', { code: '12345' })),
      refusal(place.signIn('dora')),
      refusal(place.signIn('lead-of-test')),
    ]);
    expect(new Set(all.map(({ code, message, hint }) => JSON.stringify([code, message, hint]))).size).toBe(1);
  });

  it('a password is hashed anew at the sign-in that follows a raised cost, and is the same password', async () => {
    const lena = await place.member('lena', 'lead');
    const before = (await place.row('lena')).verifier;
    const { secrets } = place.desk;
    const check: typeof secrets.check = async (...asked) => ({ ...(await secrets.check(...asked)), outdated: true });
    const raised = { ...place.desk, secrets: { ...secrets, check } };
    const signIn = { name: 'lena', password: PASSWORD, code: async () => lena.code() };
    await signInOperator(raised, signIn);
    expect((await place.row('lena')).verifier).not.toBe(before);
    place.clock.advance(seconds(30));
    await place.signIn('lena', { code: lena.code() });
  });

  it('a code works once, also for two at the same moment', async () => {
    const lena = await place.member('lena', 'lead');
    const code = lena.code();
    const both = await Promise.allSettled([place.signIn('lena', { code }), place.signIn('lena', { code })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusal(place.signIn('lena', { code }))).toMatchObject({ code: 'not-signed-in' });
    place.clock.advance(seconds(30));
    await place.signIn('lena', { code: lena.code() });
  });

  it('teeth: without the compare-and-set the same code opens several sessions', async () => {
    const lena = await place.member('lena', 'lead');
    const { store } = place.desk;
    const record: typeof store.record = (entry, change) =>
      store.record(entry, (write, log) =>
        change({ ...write, operators: { ...write.operators, advanceTotp: async () => true } }, log),
      );
    const lax: Desk = { ...place.desk, store: { ...store, record } };
    const code = lena.code();
    const tries = [1, 2, 3].map(() =>
      signInOperator(lax, { name: 'lena', password: PASSWORD, code: async () => code }),
    );
    expect((await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1);
  });

  it('no code is believed while the clock stands behind the desk', async () => {
    const lena = await place.member('lena', 'lead');
    await patch('lena', { totp_last_step: null });
    place.clock.advance(-hours(2));
    expect(await refusal(place.signIn('lena', { code: lena.code() }))).toMatchObject({
      code: 'clock',
      hint: expect.stringContaining('store clock'),
    });
    place.clock.advance(hours(2));
    await place.signIn('lena', { code: lena.code() });
  });

  it('T22 who signs in on a machine whose clock stands behind works by the clock of the desk', async () => {
    await place.member('mira', 'verifier');
    await patch('mira', { totp: null });
    place.clock.advance(-hours(2));
    const policy = {
      ...place.desk.policy,
      roles: { ...place.desk.policy.roles, withoutSecondFactor: ['verifier'] },
    } as const;
    const wish = { name: 'mira', password: PASSWORD, code: () => Promise.reject(new Error('a code was asked for')) };
    const { token, expiresAt } = await signInOperator({ ...place.desk, policy }, wish);
    const signed = await place.bySession(token);
    await askAuthority(place.desk, signed, { permission: 'verify' });
    place.clock.advance(hours(2) + minutes(30));
    expect((await refusal(askAuthority(place.desk, signed, { permission: 'verify' }))).message).toMatch(/idle/);
    expect(expiresAt).toBe(place.clock.now() - minutes(30) + hours(12));
  });

  it('B72 the fifth wrong one locks the name for all, known or not; the right one is locked out too', async () => {
    await place.member('mira', 'agent');
    for (const name of ['mira', 'nobody']) {
      for (let n = 0; n < 5; n += 1) await refusal(place.signIn(name, { password: `wrong password ${n}` }));
      const locked = await refusal(place.signIn(name));
      expect(locked).toMatchObject({
        code: 'locked',
        message: expect.stringContaining('this operator is locked out'),
      });
      expect(locked.hint).toContain('operator edit NAME --unlock');
    }
    place.clock.advance(minutes(15));
    await place.signIn('mira');
  });

  it('B72 wrong codes count like wrong passwords', async () => {
    const lena = await place.member('lena', 'lead');
    for (let n = 0; n < 5; n += 1) await refusal(place.signIn('lena', { code: '000000' }));
    expect(await refusal(place.signIn('lena', { code: lena.code() }))).toMatchObject({ code: 'locked' });
  });

  it('an admin lifts a lock, also one for good, and ends nothing by it', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    for (let n = 0; n < 20; n += 1) {
      await refusal(place.signIn('mira', { password: 'wrong password' }));
      place.clock.advance(minutes(1));
      if (n >= 4) place.clock.advance(days(1));
    }
    expect(await refusal(place.signIn('mira'))).toMatchObject({
      message: 'this operator is locked out after too many wrong answers',
    });
    const admin = await place.operator('admin');
    expect(await changeOperator(place.desk, admin, 'mira', { unlock: true })).toMatchObject({
      unlocked: true,
      sessions: 0,
    });
    await place.signIn('mira');
    expect((await refusal(place.bySession(token))).message, 'by its own end, twenty days on').toMatch(/after 12 hours/);
    expect(await changeOperator(place.desk, admin, 'mira', { unlock: true })).toMatchObject({
      unlocked: false,
    });
  });

  it('an operator raised to lead is given an app, and cannot sign in without it', async () => {
    const admin = await place.operator('admin');
    await place.member('mira', 'agent');
    // As where the policy lets the role sign in by password alone.
    await patch('mira', { totp: null });
    const { start } = await changeOperator(place.desk, admin, 'mira', { role: 'lead' });
    expect(await refusal(place.signIn('mira'))).toMatchObject({ code: 'factor-needed' });
    const given = { name: 'mira', code: start?.code ?? '' };
    const taken = startOperator(place.desk, { ...given, password: async () => 'copper lanterns 77' });
    expect(await refusal(taken), 'the password stays hers').toMatchObject({ code: 'not-signed-in' });
    const { totp } = await startOperator(place.desk, { ...given, password: async () => PASSWORD });
    const seed = fromBase32((totp?.secretBase32 ?? '').replaceAll(' ', ''));
    await proveStart(place.desk, { ...given, totp: referenceCode(seed, place.clock.now() / 1000 - 30) });
    await place.signIn('mira', { code: referenceCode(seed, place.clock.now() / 1000) });
    const again = await changeOperator(place.desk, admin, 'mira', { role: 'admin' });
    expect(again.start, 'the app of before goes on').toBeNull();
  });

  it('a lead without an app signs in by no password', async () => {
    await place.member('mira', 'agent');
    await patch('mira', { role: 'lead', totp: null });
    expect(await refusal(place.signIn('mira'))).toMatchObject({ code: 'factor-needed' });
  });

  it('one who is disabled or changed while the password is checked gets no session', async () => {
    await place.member('mira', 'agent');
    const admin = await place.operator('admin');
    for (const change of [{ role: 'verifier' }, { disabled: true }] as const) {
      const { secrets } = place.desk;
      const check: typeof secrets.check = async (...parts) => {
        const answer = await secrets.check(...parts);
        await changeOperator(place.desk, admin, 'mira', change);
        return answer;
      };
      const desk = { ...place.desk, secrets: { ...secrets, check } };
      const signingIn = signInOperator(desk, { name: 'mira', password: PASSWORD, code: async () => '' });
      expect(await refusal(signingIn)).toMatchObject({ code: 'not-signed-in' });
    }
  });

  it('a fresh code opens five minutes for what needs one; an old code, or the same again, does not', async () => {
    const lena = await place.member('lena', 'lead');
    const { token } = await place.signIn('lena', { code: lena.code() });
    await fresh(await place.bySession(token));
    place.clock.advance(minutes(5));
    const signed = await place.bySession(token);
    expect(await refusal(fresh(signed))).toMatchObject({ message: expect.stringContaining('fresh code') });
    expect(await refusal(refreshCode(place.desk, signed, lena.code(-3)))).toMatchObject({ code: 'not-signed-in' });
    await refreshCode(place.desk, signed, lena.code());
    await fresh(await place.bySession(token));
    expect(await refusal(refreshCode(place.desk, signed, lena.code()))).toMatchObject({ code: 'not-signed-in' });
    expect(await refusal(refreshCode(place.desk, signed, '000000'))).toMatchObject({ code: 'not-signed-in' });
  });

  it('signing out ends the session at once', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    await signOutOperator(place.desk, await place.bySession(token));
    expect(await refusal(place.bySession(token))).toMatchObject({ code: 'not-signed-in' });
  });

  it('B11 password, code and token stand in no log entry and no row', async () => {
    const lena = await place.member('lena', 'lead');
    const code = lena.code();
    const { token } = await place.signIn('lena', { code });
    await refusal(place.signIn('lena', { password: 'another long password' }));
    const kept = JSON.stringify([
      await place.desk.store.read.audit.newest({}, 1_000),
      await place.row('lena'),
      await place.desk.store.read.operators.sessionByDigest(place.desk.digests.tokenDigest(token)),
    ]);
    expect(kept).toContain('operator.sign-in-refused');
    for (const secret of [PASSWORD, 'another long password', token, `"${code}"`]) expect(kept).not.toContain(secret);
  });
});
