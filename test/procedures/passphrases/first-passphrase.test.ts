/** The first passphrase needs a code sent to the address on file or a second operator, and its owner can view it after activation (B85). */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import type { Refusal } from '../../../src/errors.js';
import { viewOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { sendSetUpCode, setUpPassphrase } from '../../../src/procedures/passphrases/set-up-passphrase.js';
import { activateUser } from '../../../src/procedures/portal/activate-user.js';
import { checkApplicationPassword } from '../../../src/procedures/portal/application-password.js';
import { inviteUsers } from '../../../src/procedures/portal/invite-user.js';
import { copyKeyOf } from '../../../src/procedures/portal/owner-copy.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { ownerCopyContext } from '../../../src/procedures/seal-contexts.js';
import { days, minutes } from '../../../src/rules/duration.js';
import { setUpByCode } from '../../support/first-phrase.js';
import { newestCode } from '../../support/outbox-code.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type Northwind, northwind, OTHER_PHRASE, PHRASE } from '../northwind.js';

const PASSWORD = 'lantern & 7 herons';

describe.each(engines)('B85 the first passphrase on %s', (engine) => {
  let place: Northwind;
  let desk: Desk;
  beforeEach(async () => {
    place = await northwind(engine);
    desk = place.desk;
  });
  afterEach(() => place.close());

  const ana = async () => {
    const { account, user } = await place.login('ana');
    return { account, user };
  };
  const agent = () => place.operator('agent');
  const mailed = async (words = 'ana@mail.example') => (await newestCode(join(place.folder, 'outbox'), words)) ?? '';
  let asked = 0;
  const setUp = async (code?: string, phrase = PHRASE) =>
    setUpPassphrase(desk, await agent(), await ana(), {
      code,
      phrase: async () => {
        asked += 1;
        return phrase;
      },
    });
  const reason = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: Refusal) => error.because?.reason,
    );
  const verified = async () => (await place.verify('ana', PHRASE)).outcome;

  it('a code that was mailed and read out sets it, once; a weak phrase uses nothing up', async () => {
    expect(await sendSetUpCode(desk, await agent(), await ana())).toEqual({
      sentTo: 'a…@mail.example',
      state: 'delivered',
    });
    const code = await mailed('set-up call');
    expect(code).toMatch(/^\d{6}$/);
    expect((await refusalOf(setUp(code, 'weak'), 0)).code).toBe('invalid-input');
    await setUp(code);
    expect(await verified()).toBe('verified');
    expect(await reason(setUp(code, OTHER_PHRASE))).toBe('set-already');
  });

  it('a wrong code is refused before a phrase is asked for, and five end the right one too, also with a new code', async () => {
    asked = 0;
    await sendSetUpCode(desk, await agent(), await ana());
    const code = await mailed('set-up call');
    const wrong = code === '000000' ? '000001' : '000000';
    for (let tries = 0; tries < 5; tries += 1) expect(await reason(setUp(wrong))).toBe('set-up-code-wrong');
    expect(await reason(setUp(code))).toBe('set-up-code-wrong');
    expect(await reason(sendSetUpCode(desk, await agent(), await ana()))).toBe('codes-guessed');
    expect(asked).toBe(0);
    expect((await place.auditKinds()).filter((kind) => kind === 'passphrase.proof-judged')).toHaveLength(6);
    expect((await place.verify('ana', PHRASE)).reason).toBe('no-passphrase');
  });

  it('one that has expired, and one of another purpose or login, are wrong', async () => {
    await sendSetUpCode(desk, await agent(), await ana());
    const code = await mailed('set-up call');
    const xena = await place.login('xena');
    const of = setUpPassphrase(desk, await agent(), xena, { code, phrase: async () => PHRASE });
    expect(await reason(of)).toBe('set-up-code-wrong');
    place.clock.advance(minutes(10));
    expect(await reason(setUp(code))).toBe('set-up-code-wrong');
    await inviteUsers(desk, await agent(), [await ana()]);
    expect(await reason(setUp(await mailed('invitation')))).toBe('set-up-code-wrong');
  });

  it('it goes only to an address that was on file for days', async () => {
    place.clock.advance(days(30));
    const { user } = await ana();
    const by = { kind: 'system', id: 't', name: 't' } as const;
    const changed = { email: 'new@evil.example', contact_changed_at: desk.now() };
    const former = JSON.stringify([{ email: user.email, phone: '', replacedAt: desk.now() }]);
    await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by }, (write) =>
      write.users.update(user.id, { ...changed, former_contacts: former }),
    );
    expect((await sendSetUpCode(desk, await agent(), await ana())).sentTo).toBe('a…@mail.example');
    place.clock.advance(days(8));
    expect((await sendSetUpCode(desk, await agent(), await ana())).sentTo).toBe('n…@evil.example');
  });

  it('without a code a second operator must approve: the phrase is heard only after that, and the approval is used up', async () => {
    asked = 0;
    const waits = await refusalOf(setUp(), place.clock.now());
    expect(waits).toMatchObject({ code: 'approval-needed', also: { approval: { why: 'first-passphrase' } } });
    expect(asked).toBe(0);
    const { id } = waits.also['approval'] as { id: string };
    expect((await refusalOf(setUp(), 0)).also['approval'], 'the same request').toMatchObject({ id });
    const lead = await place.operator('lead');
    await decideApproval(desk, lead, { id, approve: true, reason: null });
    const other = setUpPassphrase(desk, lead, await ana(), { code: undefined, phrase: async () => PHRASE });
    expect((await refusalOf(other, 0)).code, 'it is for the one who asked').toBe('approval-needed');
    await setUp();
    expect(await verified()).toBe('verified');
    expect((await desk.store.read.approvals.byId(id))?.state).toBe('used');
  });

  describe('the copy for its owner (A8)', () => {
    const invite = async () => {
      place.clock.advance(minutes(1));
      await inviteUsers(desk, await agent(), [await ana()]);
      return mailed('invitation');
    };
    const activate = (code: string) =>
      activateUser(desk, { account: '100234', login: 'ana', code, newPassword: async () => PASSWORD });
    const view = async () => {
      const { user } = await ana();
      const { viewKey } = await checkApplicationPassword(desk, user, PASSWORD);
      return viewOwnPassphrase(desk, await place.login('ana'), viewKey ?? new Uint8Array(32));
    };
    const byCode = async () => setUpByCode(place, await agent(), await ana(), PHRASE);
    const copy = async () => (await desk.store.read.secrets.passphrase((await ana()).user.id))?.owner_copy ?? '';
    const opensWith = async (key: Uint8Array) =>
      desk.ownerView.openCopy(ownerCopyContext((await ana()).user), key, await copy());

    it.each([
      ['set up, invited, activated', async () => (await byCode(), activate(await invite()))],
      [
        'invited, set up, activated',
        async () => {
          const code = await invite();
          await byCode();
          return activate(code.toLowerCase());
        },
      ],
      ['activated, set up', async () => (await activate(await invite()), byCode())],
    ] as const)('%s: the owner reads the exact text', async (_title, steps) => {
      await steps();
      expect(await view()).toBe(PHRASE);
      expect(await opensWith(copyKeyOf(desk).viewKey), 'nobody else can').toBeNull();
      expect(await verified()).toBe('verified');
    });

    it('once an invitation is open, nobody opens the copy without its code, and a second one destroys it', async () => {
      await byCode();
      const code = await invite();
      expect(await opensWith(copyKeyOf(desk).viewKey)).toBeNull();
      expect(await opensWith(copyKeyOf(desk, code).viewKey), 'teeth: with the code').toBe(PHRASE);
      const second = await invite();
      expect(await copy()).toBe('');
      await activate(second);
      expect(await reason(view())).toBe('not-readable');
      expect(await verified()).toBe('verified');
    });

    it('a password reset destroys it, as any copy', async () => {
      await activate(await invite());
      await byCode();
      expect(await view()).toBe(PHRASE);
      place.clock.advance(days(8));
      expect((await activate(await invite())).ownerCopyDestroyed).toBe(true);
      expect(await reason(view())).toBe('not-readable');
    });

    it('a desk that keeps no copies keeps none here', async () => {
      const { limits } = desk.policy;
      const strict = { ...limits, passphrase: { ...limits.passphrase, ownerView: false } };
      desk = { ...desk, policy: { ...desk.policy, limits: strict } };
      await setUpByCode({ desk, folder: place.folder }, await agent(), await ana(), PHRASE);
      expect(await copy()).toBe('');
    });
  });
});
