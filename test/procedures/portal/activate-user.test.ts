/** Setting the application password with an invitation's code, and resetting it the same way (B17, B72, B73). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDeskCode } from '../../../src/procedures/codes/desk-code.js';
import { setOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { activateUser } from '../../../src/procedures/portal/activate-user.js';
import { hours } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type Login, PHRASE } from '../northwind.js';
import { countDone, PASSWORD, type PortalPlace, portalPlace } from './portal-place.js';

const NEW = 'lantern and seven herons';

describe.each(engines)('an invitation on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 't', name: 't' } as const;
  const invite = async (login: Login): Promise<string> => {
    const { code, row } = newDeskCode(place.desk, await place.user(login), 'activate', place.clock.now() + hours(24));
    await place.desk.store.record({ kind: 'test.invited', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.factors.insertCode(row),
    );
    return code;
  };
  const activate = (login: string, code: string, password = NEW, account = '200500') =>
    activateUser(place.desk, { account, login, code, newPassword: async () => password });

  it('sets the password, once', async () => {
    const code = await invite('uma');
    expect(await activate('uma', code.toLowerCase(), NEW, '100234')).toMatchObject({ wasReset: false });
    expect((await place.signIn('uma', { password: NEW })).session.state).toBe('done');
    expect((await refusalOf(activate('uma', code, 'copper lanterns 1', '100234'))).code).toBe('not-signed-in');
  });

  it('where there is a password it resets it: sessions and devices end, the readable passphrase goes, the phrase still verifies', async () => {
    await setOwnPassphrase(place.desk, await place.login('xena'), { phrase: PHRASE, password: null });
    const open = await place.signIn('xena');
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.factors.insertDevice({ id: 'dev_1', user_id: open.user.id, digest: 'd', created_at: place.desk.now() }),
    );
    const done = await activate('xena', await invite('xena'));
    expect(done).toMatchObject({ wasReset: true, ownerCopyDestroyed: true, sessionsEnded: 2, devicesForgotten: 1 });
    expect(await place.desk.store.read.factors.devices(open.user.id)).toEqual([]);
    expect((await place.desk.store.read.secrets.passphrase(open.user.id))?.owner_copy).toBeNull();
    expect((await refusalOf(place.signIn('xena', { password: PASSWORD }))).code).toBe('not-signed-in');
    expect((await place.verify('xena', PHRASE)).outcome).toBe('verified');
  });

  it('B73 unknown company, unknown login, wrong code, no invitation: the same words', async () => {
    await invite('xavi');
    const refused = [
      await refusalOf(activate('xavi', 'AAAAA-AAAAA')),
      await refusalOf(activate('nobody', 'AAAAA-AAAAA')),
      await refusalOf(activate('xena', 'AAAAA-AAAAA')),
      await refusalOf(activate('xavi', 'AAAAA-AAAAA', NEW, '1')),
    ];
    expect(new Set(refused.map(({ code, message, hint }) => `${code} ${message} ${hint}`)).size).toBe(1);
  });

  it('somebody else’s code, and a code of another purpose, are wrong', async () => {
    const code = await invite('xena');
    await invite('xavi');
    expect((await refusalOf(activate('xavi', code))).code).toBe('not-signed-in');
    const { code: enrol, row } = newDeskCode(place.desk, await place.user('xavi'), 'enrol', place.clock.now() + 1000);
    await place.desk.store.record({ kind: 'test.code', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.factors.insertCode(row),
    );
    expect((await refusalOf(activate('xavi', enrol))).code).toBe('not-signed-in');
  });

  it('ends after 24 hours, to the millisecond', async () => {
    const code = await invite('xavi');
    place.clock.advance(hours(24));
    expect((await refusalOf(activate('xavi', code))).code).toBe('not-signed-in');
    const second = await invite('xavi');
    place.clock.advance(hours(24) - 1);
    await activate('xavi', second);
  });

  it('B72 a stranger’s wrong codes are counted, and neither end it nor lock it', async () => {
    const code = await invite('xavi');
    for (let at = 0; at < 25; at += 1) {
      expect((await refusalOf(activate('xavi', 'AAAAA'))).code).toBe('not-signed-in');
    }
    const [newest] = await place.desk.store.read.audit.newest({ kind: 'portal.activation-judged' }, 1);
    expect(newest?.body).toContain('"wrong":25');
    await activate('xavi', code);
  });

  it('a password that is turned down leaves the invitation as it was; without the code none is judged or asked for', async () => {
    const code = await invite('xavi');
    expect((await refusalOf(activate('xavi', code, 'short'))).code).toBe('invalid-input');
    let asked = 0;
    const wrong = { account: '200500', login: 'xavi', code: 'AAAAA' };
    const newPassword = async () => {
      asked += 1;
      return 'short';
    };
    expect((await refusalOf(activateUser(place.desk, { ...wrong, newPassword }))).code).toBe('not-signed-in');
    expect(asked).toBe(0);
    await activate('xavi', code);
  });

  it('B80 B21 a guessable password is refused with its reasons, and a refused one is no wrong guess', async () => {
    const code = await invite('uma');
    for (const weak of [
      'password12345678',
      'qwertyuiop123456',
      'uma uma uma uma',
      'aaaaaaaaaaaaaaaa',
      'Northwind 100234',
      '12345678',
    ]) {
      const refused = await refusalOf(activate('uma', code, weak, '100234'));
      expect([weak, refused.code]).toEqual([weak, 'invalid-input']);
    }
    expect(await activate('uma', code, NEW, '100234')).toMatchObject({ wasReset: false });
  });

  it('B80 15 characters are needed where the company has no second factor, 8 where it has', async () => {
    const short = 'otter 91 pier';
    expect((await refusalOf(activate('xavi', await invite('xavi'), short))).message).toContain('15');
    const { account } = await place.login('xavi');
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.accounts.update(account.id, { mfa_required_at: place.desk.now() }),
    );
    expect(await activate('xavi', await invite('xavi'), short)).toMatchObject({ wasReset: true });
  });

  it('who is disabled while the new password is being typed gets none (T15)', async () => {
    const code = await invite('xavi');
    const newPassword = async () => {
      await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, (write) =>
        write.users.update('usr_acc_200500_xavi', { disabled_at: 1 }),
      );
      return NEW;
    };
    const late = activateUser(place.desk, { account: '200500', login: 'xavi', code, newPassword });
    expect((await refusalOf(late)).code).toBe('not-signed-in');
    expect(await place.auditKinds()).not.toContain('portal.password-reset');
  });

  it('two at once with one code: one counts', async () => {
    const code = await invite('xavi');
    expect(await countDone([activate('xavi', code), activate('xavi', code, 'copper lanterns 1')])).toBe(1);
  });
});
