/** The life cycle of operators (B80): a start code, the own password, a recovery with a second operator, notices. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { addOperator, prepareOperator } from '../../../src/procedures/operators/make-operator.js';
import { changeOwnPassword } from '../../../src/procedures/operators/operator-password.js';
import { createToken } from '../../../src/procedures/operators/operator-tokens.js';
import { recoverYourself } from '../../../src/procedures/operators/recover-by-code.js';
import { type GivenSecond, recoverOperator } from '../../../src/procedures/operators/recover-operator.js';
import { newRecoveryCodes } from '../../../src/procedures/operators/recovery-codes.js';
import { signInOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import { proveStart, startOperator } from '../../../src/procedures/operators/start-operator.js';
import { hours, minutes, seconds } from '../../../src/rules/duration.js';
import type { OperatorRole } from '../../../src/rules/people.js';
import { fromBase32, referenceCode } from '../../factors/reference.js';
import { refusalOf } from '../../support/said.js';
import { signedInAs } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';
import { type Member, type OperatorDesk, operatorDesk, PASSWORD } from '../operator-desk.js';

const OTHER = 'copper otter beside the pier';
const refusal = (work: Promise<unknown>) => refusalOf(work);

describe.each(engines)('the life cycle of operators on %s (B80)', (engine) => {
  let place: OperatorDesk;
  let desk: Desk;
  let admin: SignedOperator;
  beforeEach(async () => {
    place = await operatorDesk(engine);
    desk = place.desk;
    admin = await place.operator('admin');
  });
  afterEach(() => place.close());

  const add = async (name: string, role: OperatorRole = 'agent', email: string | null = null) =>
    (await addOperator(desk, admin, { name, role, email, starts: true })).start?.code ?? '';
  const start = (name: string, code: string, password = PASSWORD, on = desk) =>
    startOperator(on, { name, code, password: async () => password });
  const prove = async (name: string, code: string, secretBase32 = '') => {
    const totp = referenceCode(fromBase32(secretBase32.replaceAll(' ', '')), place.clock.now() / 1000 - 30);
    return proveStart(desk, { name, code, totp });
  };
  const recover = (name: string, second: GivenSecond | null, by = admin) =>
    recoverOperator(desk, by, { reference: name, reason: 'lost phone', second: async () => second });
  const approver = ({ name, code }: Member): GivenSecond => ({
    approver: { name, password: PASSWORD, code: async () => code() },
  });
  const mails = async () =>
    (await desk.store.read.outbox.list(100)).map(({ id, kind, address }) => {
      const to = desk.vault.openText('seal/contact', { table: 'outbox', column: 'address', id }, address);
      return `${kind} ${to}`;
    });

  describe('a name', () => {
    const named = (name: string) => addOperator(desk, admin, { name, role: 'agent', email: null, starts: false });

    it.each(['mira (script)', 'mіra', 'mira; id', '$(id)', "o'brien", 'system', 'op_1', '-mira', 'usr_1', ''])(
      'that the log or a shell takes for something else is refused: %s',
      async (name) => expect(await refusal(named(name))).toMatchObject({ code: 'invalid-input' }),
    );

    it('of people is taken, in any one alphabet, and an earlier one of another form keeps working', async () => {
      for (const name of ['Müller, Mira', 'мира', 'Ann-Marie O’Brien', 'ci.night@desk'])
        expect(await named(name)).toMatchObject({ name });
      const name = 'Ola (night)';
      const earlier = {
        ...(await prepareOperator(desk, { name: 'ola', role: 'agent' })),
        name,
        name_key: 'ola (night)',
      };
      const by = { kind: 'system', id: 'system', name: 'test' } as const;
      await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by }, async (write) =>
        write.operators.insert({ ...earlier, created_at: desk.now() }),
      );
      const { token } = await createToken(desk, admin, { owner: name, label: 'night' });
      expect(await place.byToken(token.token)).toMatchObject({ operator: { name } });
    });
  });

  describe('a start', () => {
    it('sets the own password, then proves the app; before that nobody signs in', async () => {
      const code = await add('mira');
      expect(await refusal(place.signIn('mira'))).toMatchObject({ code: 'not-signed-in' });
      const { totp } = await start('Mira', code.toLowerCase().replaceAll('-', ' '));
      expect(await refusal(place.signIn('mira'))).toMatchObject({ code: 'factor-needed' });
      const wrong = await refusal(proveStart(desk, { name: 'mira', code, totp: '000000' }));
      expect(wrong).toMatchObject({ code: 'not-signed-in', message: expect.stringContaining('authenticator app') });
      await prove('mira', code, totp?.secretBase32);
      const now = referenceCode(fromBase32((totp?.secretBase32 ?? '').replaceAll(' ', '')), place.clock.now() / 1000);
      await place.signIn('mira', { code: now });
      expect(await place.entries('operator.set-up')).toMatchObject([
        { outcome: 'done', detail: { step: 'password' } },
        { outcome: 'done', detail: { step: 'authenticator' } },
      ]);
    });

    it('unknown name, wrong code, used code, expired code, disabled: the same words, counted and logged', async () => {
      const [used, late, off, good] = [await add('ada'), await add('lio'), await add('dora'), await add('mira')];
      await prove('ada', used, (await start('ada', used)).totp?.secretBase32);
      await changeOperator(desk, admin, 'dora', { disabled: true });
      const all = [
        await refusal(start('nobody', good)),
        await refusal(start('mira', used)),
        await refusal(start('mira', '?')),
        await refusal(start('ada', used)),
        await refusal(start('dora', off)),
        await refusal(proveStart(desk, { name: 'mira', code: good, totp: '123456' })),
      ];
      place.clock.advance(hours(24));
      all.push(await refusal(start('lio', late)));
      expect(new Set(all.map(({ code, message, hint }) => JSON.stringify([code, message, hint]))).size).toBe(1);
      expect(all[0]).toMatchObject({ code: 'not-signed-in' });
      expect(await place.entries('operator.set-up-refused')).toHaveLength(all.length);
      for (const name of ['mira', 'nobody']) {
        for (let n = 0; n < 5; n += 1) await refusal(start(name, used));
        expect(await refusal(start(name, used)), name).toMatchObject({ code: 'locked' });
      }
    });

    it('judges the password by the block list and the strength, and the code stays good', async () => {
      const code = await add('mira');
      for (const weak of [
        'password1234',
        'qwertyuiop123456',
        'mira mira mira',
        'short',
        'aaaaaaaaaaaaaaaa',
        '!!!!!!!!!!!!!!!!',
      ])
        expect(await refusal(start('mira', code, weak)), weak).toMatchObject({ code: 'invalid-input' });
      await start('mira', code, OTHER);
    });

    it('half done, goes on with the same password only; the app shown last counts', async () => {
      const code = await add('mira');
      const first = await start('mira', code);
      expect(await refusal(start('mira', code, OTHER))).toMatchObject({ code: 'not-signed-in' });
      const second = await start('mira', code);
      expect(second.totp?.secretBase32).not.toBe(first.totp?.secretBase32);
      expect(await refusal(prove('mira', code, first.totp?.secretBase32))).toMatchObject({ code: 'not-signed-in' });
      await prove('mira', code, second.totp?.secretBase32);
    });

    it('two at the same moment: one password stands, and it is that of the one who was let in', async () => {
      const code = await add('mira');
      const both = await Promise.allSettled([start('mira', code, PASSWORD), start('mira', code, OTHER)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('where the policy relaxes verifiers, a password of 15 characters is enough, and raising asks for an app', async () => {
      const { policy } = desk;
      const roles = { ...policy.roles, withoutSecondFactor: ['verifier'] as const };
      const relaxed: Desk = { ...desk, policy: { ...policy, roles } };
      const code = await add('vera', 'verifier');
      expect(await refusal(start('vera', code, 'otter by pier', relaxed))).toMatchObject({ code: 'invalid-input' });
      expect((await start('vera', code, OTHER, relaxed)).totp).toBeNull();
      const ask = () => Promise.reject(new Error('a code was asked for'));
      await signInOperator(relaxed, { name: 'vera', password: OTHER, code: ask });
      expect((await changeOperator(relaxed, admin, 'vera', { role: 'agent' })).start).not.toBeNull();
      expect(await refusal(place.signIn('vera', { password: OTHER }))).toMatchObject({ code: 'factor-needed' });
    });
  });

  describe('a recovery', () => {
    it('takes a second operator; the old password, app and session are of no use at once, and tokens are listed', async () => {
      const [lena, mira] = [await place.member('lena', 'lead'), await place.member('mira', 'agent')];
      const { token } = await place.signIn('mira');
      const made = await createToken(desk, admin, { owner: 'mira', label: 'nightly' });
      expect(await refusal(recover('mira', null))).toMatchObject({ code: 'approval-needed' });
      place.clock.advance(seconds(30));
      const done = await recover('mira', approver(lena));
      expect(done).toMatchObject({ waits: false, sessions: 1, tokens: [{ id: made.token.id }] });
      expect(await refusal(place.bySession(token))).toMatchObject({ code: 'not-signed-in' });
      expect(await refusal(place.signIn('mira', { code: mira.code() }))).toMatchObject({ code: 'not-signed-in' });
      const { code } = done.start;
      await prove('mira', code, (await start('mira', code, OTHER)).totp?.secretBase32);
      const [entry] = await place.entries('operator.recovered');
      expect(entry).toMatchObject({
        by: { id: admin.operator.id },
        reason: 'lost phone',
        detail: { approver: lena.id },
      });
    });

    it('is approved neither by the one who asks nor by the one whom it is about, nor by a role that does not approve', async () => {
      const [lena, olga] = [await place.member('lena', 'lead'), await place.member('olga', 'admin')];
      const mira = await place.member('mira', 'agent');
      const asker = await signedInAs(desk, {
        id: olga.id,
        name: 'olga',
        role: 'admin',
        disabledAt: null,
        language: null,
      });
      for (const [who, about] of [
        [olga, 'mira'],
        [lena, 'lena'],
        [mira, 'lena'],
      ] as const)
        expect(await refusal(recover(about, approver(who), asker))).toMatchObject({ code: 'forbidden' });
      expect(await refusal(recover('olga', approver(lena), asker))).toMatchObject({ code: 'forbidden' });
    });

    it('of somebody who never started takes no second operator, because it takes nothing from anybody', async () => {
      const old = await add('mira');
      const { start: again } = await recover('mira', null);
      expect(await refusal(start('mira', old))).toMatchObject({ code: 'not-signed-in' });
      await start('mira', again.code);
      await place.member('lena', 'lead');
      expect(await refusal(recover('mira', null)), 'she has a password now').toMatchObject({ code: 'approval-needed' });
    });

    it('where nobody else may approve, the own recovery code counts after a day, and a sign-in ends it', async () => {
      const olga = await place.member('olga', 'admin');
      const mira = await place.member('mira', 'agent');
      const asker = await signedInAs(desk, {
        id: olga.id,
        name: 'olga',
        role: 'admin',
        disabledAt: null,
        language: null,
      });
      const [one = '', two = '', three = ''] = await newRecoveryCodes(desk, asker);
      expect(await refusal(recover('mira', { recoveryCode: '1-AAAA-AAAA-AAAA-AAAA' }, asker))).toMatchObject({
        code: 'not-signed-in',
      });
      const waiting = await recover('mira', { recoveryCode: one }, asker);
      expect(waiting.waits).toBe(true);
      expect(await refusal(recover('mira', { recoveryCode: one }, asker)), 'once').toMatchObject({
        code: 'not-signed-in',
      });
      const { code } = waiting.start;
      expect(await refusal(start('mira', code, OTHER))).toMatchObject({ code: 'refused-by-policy' });
      await place.signIn('mira', { code: mira.code() });
      place.clock.advance(hours(24));
      expect(await refusal(start('mira', code, OTHER)), 'she signed in').toMatchObject({ code: 'not-signed-in' });
      const again = await recover('mira', { recoveryCode: two }, asker);
      place.clock.advance(hours(24));
      await prove('mira', again.start.code, (await start('mira', again.start.code, OTHER)).totp?.secretBase32);
      expect(await refusal(place.signIn('mira', { code: mira.code() }))).toMatchObject({ code: 'not-signed-in' });
      await place.member('lena', 'lead');
      const refused = await refusal(recover('mira', { recoveryCode: three }, asker));
      expect(refused, 'never with another approver').toMatchObject({ code: 'approval-needed' });
      expect(refused.message).toContain('lena');
    });

    it('alone: with recovery code and password at once, with the code only after a day', async () => {
      const olga = await place.member('olga', 'admin');
      const asker = await signedInAs(desk, {
        id: olga.id,
        name: 'olga',
        role: 'admin',
        disabledAt: null,
        language: null,
      });
      const [one = '', two = '', three = ''] = await newRecoveryCodes(desk, asker);
      const alone = (name: string, code: string, password: string | null) =>
        recoverYourself(desk, { name, code, password });
      const refused = [
        await refusal(alone('nobody', one, PASSWORD)),
        await refusal(alone('olga', '1-AAAA-AAAA-AAAA-AAAA', PASSWORD)),
        await refusal(alone('olga', one, 'not the password')),
        await refusal(alone('lena', one, PASSWORD)),
      ];
      expect(new Set(refused.map(({ code, message, hint }) => JSON.stringify([code, message, hint]))).size).toBe(1);
      expect((await alone('olga', one, null)).waits).toBe(true);
      await place.signIn('olga', { code: olga.code() });
      const done = await alone('olga', two, PASSWORD);
      expect(done.waits).toBe(false);
      expect(await refusal(alone('olga', two, null)), 'once').toMatchObject({ code: 'not-signed-in' });
      place.clock.advance(minutes(1));
      expect(await refusal(place.signIn('olga', { code: olga.code() }))).toMatchObject({ code: 'not-signed-in' });
      await start('olga', done.start.code, OTHER);
      for (let n = 0; n < 5; n += 1) await refusal(alone('olga', one, null));
      expect(await refusal(alone('olga', three, null))).toMatchObject({ code: 'locked' });
    });
  });

  it('the own password changes with the old one; other sessions end, this one goes on', async () => {
    const mira = await place.member('mira', 'agent');
    const here = await place.bySession((await place.signIn('mira')).token);
    const elsewhere = (await place.signIn('mira')).token;
    const change = (old: string, next: string) => changeOwnPassword(desk, here, { old, next: async () => next });
    expect(await refusal(change('not the old one', OTHER))).toMatchObject({ code: 'not-signed-in' });
    for (const weak of ['short', 'password1234', PASSWORD])
      expect(await refusal(change(PASSWORD, weak))).toMatchObject({ code: 'invalid-input' });
    expect(await change(PASSWORD, OTHER)).toEqual({ sessionsEnded: 1 });
    expect(await refusal(place.bySession(elsewhere))).toMatchObject({ code: 'not-signed-in' });
    expect(await refusal(place.signIn('mira'))).toMatchObject({ code: 'not-signed-in' });
    await place.signIn('mira', { password: OTHER });
    const { token } = await createToken(desk, admin, { owner: mira.id, label: 'script' });
    const script = await place.byToken(token.token);
    expect(await refusal(changeOwnPassword(desk, script, { old: OTHER, next: async () => PASSWORD }))).toMatchObject({
      code: 'factor-needed',
    });
  });

  it('tells the operator: start code, first sign-in, role, token, password, recovery, and the old address of a new one', async () => {
    const lena = await place.member('lena', 'lead');
    const code = await add('mira', 'agent', 'mira@desk.example');
    const { totp } = await start('mira', code);
    await prove('mira', code, totp?.secretBase32);
    const app = fromBase32((totp?.secretBase32 ?? '').replaceAll(' ', ''));
    const signed = await place.signIn('mira', { code: referenceCode(app, place.clock.now() / 1000) });
    const here = await place.bySession(signed.token);
    await changeOwnPassword(desk, here, { old: PASSWORD, next: async () => OTHER });
    await createToken(desk, admin, { owner: 'mira', label: 'script' });
    await changeOperator(desk, admin, 'mira', { role: 'verifier' });
    await changeOperator(desk, admin, 'mira', { email: 'mira@new.example' });
    place.clock.advance(seconds(30));
    await recover('mira', approver(lena));
    expect([...(await mails())].sort()).toEqual([
      'operator-changed mira@desk.example',
      'operator-changed mira@desk.example',
      'operator-changed mira@desk.example',
      'operator-changed mira@desk.example',
      'operator-changed mira@new.example',
      'operator-invitation mira@desk.example',
      'operator-recovered mira@new.example',
      'operator-signed-in mira@desk.example',
    ]);
    const outbox = join(place.folder, 'outbox');
    const files = readdirSync(outbox).filter((name) => name.endsWith('.eml'));
    const texts = files.map((file) => readFileSync(join(outbox, file), 'utf8'));
    expect(
      texts.filter((text) => text.includes(code)),
      'only in the invitation',
    ).toHaveLength(1);
  });

  it('nothing secret stands in the log or in a row: codes, passwords, seeds', async () => {
    const code = await add('mira');
    const { totp } = await start('mira', code);
    await prove('mira', code, totp?.secretBase32);
    const [recovery = ''] = await newRecoveryCodes(desk, admin);
    const rows = JSON.stringify([
      await desk.store.read.audit.newest({}, 1_000),
      await desk.store.read.operators.all(),
      await desk.store.read.lifeCycle.startOf((await place.row('mira')).id),
      await desk.store.read.lifeCycle.recoveryCodes(admin.operator.id),
    ]);
    const bare = (text: string) => [text, text.replaceAll('-', ''), text.replaceAll(' ', '')];
    for (const secret of [PASSWORD, ...bare(code), ...bare(recovery), ...bare(totp?.secretBase32 ?? '')])
      expect(rows).not.toContain(secret);
  });
});
