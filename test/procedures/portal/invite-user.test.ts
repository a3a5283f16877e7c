import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDeskCode } from '../../../src/procedures/codes/desk-code.js';
import { addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { describeUser } from '../../../src/procedures/directory/describe-customer.js';
import { switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { subjectsOf, unlockCaller } from '../../../src/procedures/directory/unlock-caller.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { reserveAttempt } from '../../../src/procedures/lock-outs.js';
import { inviteUsers } from '../../../src/procedures/portal/invite-user.js';
import { days, hours } from '../../../src/rules/duration.js';
import { iso } from '../../../src/rules/moment.js';
import { type Customers, customers, entriesOf } from '../../support/directory-desk.js';
import { proven } from '../../support/proven.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';

/** 26 symbols, as every code that the desk mails. */
const CODE = /^ {4}((?:[0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z])$/m;

describe.each(engines)('an invitation on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const mailed = (id: string): string => {
    const outbox = join(place.folder, 'outbox');
    const file = readdirSync(outbox, { recursive: true, encoding: 'utf8' }).find((name) => name.includes(id));
    return readFileSync(join(outbox, file ?? `no file of ${id}`), 'utf8').replace(/\r/g, '');
  };
  const codeIn = (mail: string): string => CODE.exec(mail)?.[1] ?? 'no code';

  it('mails a code that opens this login and no other, and says only where it went', async () => {
    const found = await findUser(place.desk, '100234/maria');
    const [sent] = await inviteUsers(place.desk, place.admin, [found]);
    expect(sent).toMatchObject({
      sentTo: 'm…@alfki.example',
      state: 'delivered',
      expiresAt: place.clock.now() + hours(24),
    });
    const mail = mailed(sent?.messageId ?? '');
    const code = codeIn(mail);
    expect(mail).toContain('maria@alfki.example');
    const row = await place.desk.store.read.factors.newestCode(found.user.id, 'activate');
    if (row === undefined) throw new Error('no code was stored');
    expect(isDeskCode(place.desk, found.user, 'activate', row, code.toLowerCase().replaceAll('-', ' '))).toBe(true);
    expect(isDeskCode(place.desk, place.nancy, 'activate', row, code)).toBe(false);
    expect(isDeskCode(place.desk, found.user, 'enrol', row, code)).toBe(false);
    const log = JSON.stringify(await place.desk.store.read.audit.find({}, -1, 1_000));
    expect(`${JSON.stringify(sent)}${log}${JSON.stringify(row)}`).not.toMatch(
      new RegExp(code.replaceAll('-', '-?'), 'i'),
    );
    expect(await entriesOf(place, 'user.invited')).toMatchObject([
      { user: found.user.id, detail: { message: sent?.messageId } },
    ]);
    expect((await describeUser(place.desk, found)).invitedUntil).toBe(sent?.expiresAt);
  });

  it('replaces the one before', async () => {
    const found = await findUser(place.desk, '100234/maria');
    const [first] = await inviteUsers(place.desk, place.admin, [found]);
    const [second] = await inviteUsers(place.desk, place.admin, [found, found]);
    const row = await place.desk.store.read.factors.newestCode(found.user.id, 'activate');
    if (row === undefined) throw new Error('no code was stored');
    expect(isDeskCode(place.desk, found.user, 'activate', row, codeIn(mailed(second?.messageId ?? '')))).toBe(true);
    expect(isDeskCode(place.desk, found.user, 'activate', row, codeIn(mailed(first?.messageId ?? '')))).toBe(false);
  });

  it('A13 goes to one user only so often, and the refusal says when the next one is possible', async () => {
    const found = await findUser(place.desk, '100234/maria');
    const { perHour, perDay } = place.desk.policy.limits.invitation;
    const times = async (count: number) => {
      for (let n = 0; n < count; n += 1) await inviteUsers(place.desk, place.admin, [found]);
    };
    await times(perHour);
    expect(await refusal(inviteUsers(place.desk, place.admin, [found]))).toMatchObject({
      code: 'locked',
      also: { nextInvitationAt: iso(place.clock.now() + hours(1)) },
    });
    await inviteUsers(place.desk, place.admin, [await findUser(place.desk, '100241/ana')]);
    place.clock.advance(hours(1));
    await times(perDay - perHour);
    place.clock.advance(hours(2));
    expect(await refusal(inviteUsers(place.desk, place.admin, [found]))).toMatchObject({
      also: { nextInvitationAt: iso(place.clock.now() + hours(21)) },
    });
  });

  it('goes to several at once, or to nobody where one of them cannot have one', async () => {
    const all = [await findUser(place.desk, '100234/maria'), await findUser(place.desk, '100241/ana')];
    const lone = await addUser(place.desk, place.admin, {
      account: '100234',
      login: 'lone',
      name: 'Lone',
      email: '',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'native',
    });
    const sso = await addUser(place.desk, place.admin, {
      account: '100241',
      login: 'sam',
      name: 'Sam',
      email: 's@x.example',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'sso',
    });
    expect((await refusal(inviteUsers(place.desk, place.admin, [...all, lone]))).message).toMatch(/no e-mail/);
    expect((await refusal(inviteUsers(place.desk, place.admin, [...all, sso]))).message).toMatch(/SSO/);
    await switchUser(place.desk, place.admin, sso, { on: false, reason: undefined });
    expect(
      (await refusal(inviteUsers(place.desk, place.admin, [await findUser(place.desk, '100241/sam')]))).message,
    ).toMatch(/disabled/);
    expect(await entriesOf(place, 'user.invited')).toEqual([]);
    expect(await inviteUsers(place.desk, place.admin, all)).toHaveLength(2);
  });
});

describe.each(engines)('an invitation that resets a password on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const found = () => findUser(place.desk, '100234/maria');
  const move = async (email: string) => editUser(place.desk, place.admin, await found(), { email });
  const setPassword = async () => {
    const { user } = await found();
    const row = { user_id: user.id, verifier: 'sealed elsewhere', changed_at: place.clock.now() };
    await place.desk.store.record(
      { kind: 'test.password', outcome: 'done', at: place.clock.now(), by: proven(place.admin.actor) },
      (write) => write.secrets.putApplicationPassword(row),
    );
  };
  const invite = async () => (await inviteUsers(place.desk, place.admin, [await found()]))[0];

  it('goes to the address before a change of the last seven days, however often it was changed (B57)', async () => {
    await setPassword();
    place.clock.advance(days(30));
    await move('caller@evil.example');
    await move('second@evil.example');
    expect(await invite()).toMatchObject({ sentTo: 'm…@alfki.example', address: 'earlier' });
    expect((await entriesOf(place, 'user.invited'))[0]).toMatchObject({ detail: { address: 'earlier' } });
    place.clock.advance(days(7) - 1);
    expect(await invite()).toMatchObject({ address: 'earlier' });
    place.clock.advance(1);
    expect(await invite()).toMatchObject({ sentTo: 's…@evil.example', address: 'current' });
  });

  it('is refused where no address was on file long enough, and leaves no code behind (B57)', async () => {
    await setPassword();
    place.clock.advance(days(30));
    await move('');
    place.clock.advance(days(30));
    await move('caller@evil.example');
    const refused = await refusal(invite());
    expect(refused).toMatchObject({ code: 'refused-by-policy' });
    expect(refused.message).toMatch(/has a password, but no e-mail address that has been on file for 7 days/);
    const { user } = await found();
    expect(await place.desk.store.read.factors.newestCode(user.id, 'activate')).toBeUndefined();
  });

  it('is refused where the address moved after it was chosen', async () => {
    await setPassword();
    place.clock.advance(days(30));
    const before = await found();
    await move('caller@evil.example');
    expect((await refusal(inviteUsers(place.desk, place.admin, [before]))).code).toBe('busy');
  });

  it('control: the first password of a new login goes to the address of now, as nothing is lost by it', async () => {
    place.clock.advance(days(30));
    await move('right@alfki.example');
    expect(await invite()).toMatchObject({ sentTo: 'r…@alfki.example', address: 'current' });
  });
});

describe.each(engines)('a lock on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  it('is shown, and lifted with a reason on the phone and in the portal (B76)', async () => {
    const found = await findUser(place.desk, '100234/maria');
    const [caller, portal] = subjectsOf(found.account, found.user);
    if (caller === undefined || portal === undefined) throw new Error('no subjects');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      for (const subject of [caller, portal]) {
        await place.desk.store.record(
          { kind: 'test.attempt', outcome: 'done', at: place.clock.now(), by: proven(place.admin.actor) },
          (write) => reserveAttempt(place.desk, write, subject),
        );
      }
    }
    expect((await describeUser(place.desk, found)).locks.map((lock) => lock.subject)).toEqual(['caller', 'portal']);
    expect((await refusal(unlockCaller(place.desk, await place.operator('lead'), found, ' '))).code).toBe(
      'missing-option',
    );
    expect(await unlockCaller(place.desk, await place.operator('lead'), found, 'called back')).toEqual([
      'caller',
      'portal',
    ]);
    expect((await describeUser(place.desk, found)).locks).toEqual([]);
    expect(await unlockCaller(place.desk, await place.operator('lead'), found, 'again')).toEqual([]);
    expect((await entriesOf(place, 'user.unlocked'))[0]).toMatchObject({
      reason: 'called back',
      detail: { lifted: ['caller', 'portal'] },
    });
  });
});
