/** Sessions and tokens at the door: how long they live, what ends them, and what a role may not do (B70, B71). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { Refusal } from '../../../src/errors.js';
import { askAuthority } from '../../../src/procedures/authorise.js';
import { authenticateOperator } from '../../../src/procedures/operators/authenticate-operator.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { createToken, revokeToken } from '../../../src/procedures/operators/operator-tokens.js';
import { hours, minutes } from '../../../src/rules/duration.js';
import type { OperatorRole } from '../../../src/rules/people.js';
import { proven } from '../../support/proven.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type OperatorDesk, operatorDesk } from '../operator-desk.js';

describe.each(engines)('who is typing on %s', (engine) => {
  let place: OperatorDesk;
  beforeEach(async () => {
    place = await operatorDesk(engine);
  });
  afterEach(() => place.close());

  const fresh = (signed: SignedOperator) => askAuthority(place.desk, signed, { permission: 'signed-in', fresh: true });

  const tokenFor = async (name: string, role: OperatorRole, expires = '24h') => {
    const wish = { owner: name, role, label: 'script', expires };
    const { token } = await createToken(place.desk, await place.operator('admin'), wish);
    return token;
  };
  const change = async (name: string, wish: Parameters<typeof changeOperator>[3]) =>
    changeOperator(place.desk, await place.operator('admin'), name, wish);

  it('nobody, a made-up token, and one of the wrong kind are not signed in', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    const script = await tokenFor('mira', 'agent');
    const nobody = () =>
      authenticateOperator(place.desk, { token: undefined, via: 'session', access: 'verify', command: 'verify' });
    const tries = [
      nobody,
      () => place.bySession('css_made-up'),
      () => place.byToken(token),
      () => place.bySession(script.token),
      () => place.bySession(''),
    ];
    for (const attempt of tries) expect(await refusal(attempt())).toMatchObject({ code: 'not-signed-in' });
  });

  it('a denial stands where the store takes no entry: nobody gets another answer by a store that cannot be written', async () => {
    await place.member('mira', 'agent');
    const { token } = await tokenFor('mira', 'agent');
    const session = await place.signIn('mira');
    place.clock.advance(minutes(5));
    const behind = new Refusal('store-corrupt', 'the store is an older copy; the desk is read-only');
    const store = { ...place.desk.store, record: () => Promise.reject(behind) };
    const claim = { access: 'store:manage', command: 'store restore' } as const;
    for (const who of [{ token, via: 'token' } as const, { token: session.token, via: 'session' } as const])
      expect((await refusal(authenticateOperator({ ...place.desk, store }, { ...who, ...claim }))).code).toBe(
        'forbidden',
      );
  });

  it('a session ends after thirty idle minutes; use keeps it, to the millisecond', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    for (let n = 0; n < 3; n += 1) {
      place.clock.advance(minutes(30) - 1);
      await place.bySession(token);
    }
    place.clock.advance(minutes(30));
    expect((await refusal(place.bySession(token))).message).toMatch(/30 idle minutes/);
  });

  it('a session ends after twelve hours, however busy', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    for (let n = 1; n < 36; n += 1) {
      place.clock.advance(minutes(20));
      await place.bySession(token);
    }
    place.clock.advance(minutes(20) - 1);
    await place.bySession(token);
    place.clock.advance(1);
    expect((await refusal(place.bySession(token))).message).toMatch(/12 hours/);
  });

  it('disabling ends sessions and tokens at once, and enabling brings none back', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    const script = await tokenFor('mira', 'agent');
    expect(await change('mira', { disabled: true })).toMatchObject({ sessions: 1, tokens: 1 });
    await change('mira', { disabled: false });
    expect(await refusal(place.bySession(token))).toMatchObject({ code: 'not-signed-in' });
    expect(await refusal(place.byToken(script.token))).toMatchObject({ code: 'not-signed-in' });
    await place.signIn('mira');
  });

  it('a change of role ends sessions and tokens of the old one', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    const script = await tokenFor('mira', 'agent');
    await change('mira', { role: 'verifier' });
    expect(await refusal(place.bySession(token))).toMatchObject({ code: 'not-signed-in' });
    expect(await refusal(place.byToken(script.token))).toMatchObject({ code: 'not-signed-in' });
  });

  it('nobody changes their own role or disables themselves', async () => {
    const admin = await place.operator('admin');
    for (const wish of [{ role: 'lead' }, { disabled: true }] as const)
      expect(await refusal(changeOperator(place.desk, admin, 'admin-of-test', wish))).toMatchObject({
        code: 'forbidden',
      });
  });

  it('B99 who tries to raise themselves, or makes a token above the role of its owner, is in the log', async () => {
    const admin = await place.operator('admin');
    await place.member('lena', 'lead');
    await refusal(changeOperator(place.desk, admin, 'admin-of-test', { role: 'lead' }));
    await refusal(tokenFor('lena', 'admin'));
    expect(await place.entries('operator.denied')).toMatchObject([
      { by: { id: admin.operator.id }, detail: { permission: 'operator:manage' } },
      { by: { id: admin.operator.id }, detail: { permission: 'operator:manage' } },
    ]);
  });

  it('a token ends when it says, and when it is revoked', async () => {
    await place.member('mira', 'agent');
    const [short, long] = [await tokenFor('mira', 'agent', '1h'), await tokenFor('mira', 'agent')];
    place.clock.advance(hours(1) - 1);
    expect(await place.byToken(short.token, 'verify')).toMatchObject({ via: 'token', operator: { role: 'agent' } });
    place.clock.advance(1);
    expect((await refusal(place.byToken(short.token))).message).toMatch(/expired/);
    await place.byToken(long.token);
    await revokeToken(place.desk, await place.operator('admin'), long.id);
    expect((await refusal(place.byToken(long.token))).message).toMatch(/revoked/);
  });

  it('a token has its own role, never more than its owner has, also when the owner is lowered past it', async () => {
    const lena = await place.member('lena', 'lead');
    const script = await tokenFor('lena', 'verifier');
    expect(await refusal(place.byToken(script.token, 'mfa:reset-with-grant'))).toMatchObject({ code: 'forbidden' });
    for (const role of ['admin', 'auditor'] as const)
      expect(await refusal(tokenFor('lena', role))).toMatchObject({ code: 'forbidden' });
    const full = await tokenFor('lena', 'lead');
    await place.byToken(full.token, 'user:unlock');
    const by = proven((await place.operator('admin')).actor);
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by }, (write) =>
      write.operators.update(lena.id, { role: 'agent' }),
    );
    expect(await refusal(place.byToken(full.token, 'user:unlock'))).toMatchObject({ code: 'forbidden' });
    await place.byToken(full.token, 'verify');
  });

  it('a disabled operator gets no token, and none waits for them to be enabled', async () => {
    await place.member('mira', 'agent');
    await change('mira', { disabled: true });
    expect(await refusal(tokenFor('mira', 'agent'))).toMatchObject({ code: 'forbidden' });
  });

  it('a denial is logged with command, role and permission; the same door lets the role through elsewhere', async () => {
    await place.member('mira', 'verifier');
    const { token } = await place.signIn('mira');
    const denied = await refusal(place.bySession(token, 'user:unlock'));
    expect(denied).toMatchObject({ code: 'forbidden', message: 'the role verifier may not run "test command"' });
    expect(await place.entries('operator.denied')).toMatchObject([
      {
        outcome: 'refused',
        reason: 'forbidden',
        detail: { command: 'test command', role: 'verifier', permission: 'user:unlock' },
      },
    ]);
    await place.bySession(token, 'verify');
    expect(await place.entries('operator.denied')).toHaveLength(1);
  });

  it('a token needs no fresh code, a session of a lead does', async () => {
    const lena = await place.member('lena', 'lead');
    const script = await tokenFor('lena', 'lead');
    await fresh(await place.byToken(script.token));
    const { token } = await place.signIn('lena', { code: lena.code() });
    place.clock.advance(minutes(5));
    const signed = await place.bySession(token);
    expect(await refusal(fresh(signed))).toMatchObject({ message: expect.stringContaining('fresh code') });
  });
});
