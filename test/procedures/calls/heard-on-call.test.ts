/** A phrase that was heard on a call serves a second request of the same caller, and nothing else (E15). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { verifyHeard } from '../../../src/procedures/calls/heard-on-call.js';
import { beginCall, leaveCall, noteOnCall, resumeCall } from '../../../src/procedures/calls/live-calls.js';
import { verifyCaller } from '../../../src/procedures/calls/verify-caller.js';
import { passphraseContext } from '../../../src/procedures/seal-contexts.js';
import { minutes } from '../../../src/rules/duration.js';
import { matchForm } from '../../../src/rules/spoken-form.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, WRONG } from '../phone-desk.js';

describe.each(engines)('heard on a call, %s', (engine) => {
  let place: PhoneDesk;
  let call: string;
  beforeAll(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
    await place.givePhrase('ben');
  });
  afterAll(() => place.close());

  const asked = (action: string, caller = 'ana') => ({
    account: '100234',
    caller,
    action,
    ticket: undefined,
    call,
  });
  const say = (phrase: string, action = 'billing:change', by: SignedOperator = place.agent) =>
    verifyCaller(place.desk, by, { ...asked(action), phrase });
  const second = (action = 'billing:inquiry', by: SignedOperator = place.agent, caller = 'ana') =>
    verifyHeard(place.desk, by, asked(action, caller));

  /** A new call, on which ana's phrase is heard. */
  async function heard(): Promise<void> {
    const ana = await place.user('ana');
    call = (await beginCall(place.desk, place.agent, { caller: ana })).id;
    expect((await say(PHRASE)).outcome).toBe('verified');
  }

  it('gives the same grant for a second request, with its own entry that names where the phrase was heard', async () => {
    await heard();
    const [first] = await place.entries('verification.verified');
    const verdict = await second();
    expect(verdict).toMatchObject({ outcome: 'verified', action: { id: 'billing:inquiry' } });
    const entries = await place.entries('verification.verified');
    const entry = entries.find(({ detail }) => detail?.['verification'] === verdict?.id);
    expect(entry?.detail).toMatchObject({ heard: first?.detail?.['verification'], grant: verdict?.grant?.id });
    const used = await place.useGrant(verdict?.grant?.id ?? '', place.agent, 'billing:inquiry');
    expect(used.caller.login).toBe('ana');
  });

  it('asks role and scope anew: a right that ended since is refused', async () => {
    await heard();
    const { id } = await place.user('ana');
    await place.write((write) => write.users.update(id, { role: 'user' }));
    expect(await second()).toMatchObject({ outcome: 'refused', reason: 'not-privileged', grant: null });
    await place.write((write) => write.users.update(id, { role: 'primary-admin' }));
  });

  it('ends after the minutes of the policy, and never serves a reset or another caller', async () => {
    await heard();
    expect(await second('login-security:mfa-reset')).toBeNull();
    expect(await second('billing:inquiry', place.agent, 'ben')).toBeNull();
    expect(await second('billing:inquiry', place.agent, 'nobody')).toBeNull();
    place.clock.advance(minutes(10) - 1_000);
    expect((await second())?.outcome).toBe('verified');
    place.clock.advance(1_000);
    expect(await second()).toBeNull();
  });

  const ENDS: Readonly<Record<string, () => Promise<unknown>>> = {
    'hand-over': () => leaveCall(place.desk, place.agent, call, 'handed-over'),
    'hand-over that was taken back': async () => {
      await leaveCall(place.desk, place.agent, call, 'handed-over');
      await resumeCall(place.desk, place.agent, call);
    },
    drop: () => leaveCall(place.desk, place.agent, call, 'dropped'),
    end: () => leaveCall(place.desk, place.agent, call, 'ended'),
    'another caller on the line': async () =>
      noteOnCall(place.desk, place.agent, call, { caller: await place.user('ben') }),
    'wrong phrase on the call': () => say(WRONG),
    'new phrase of the owner': async () => {
      place.clock.advance(1);
      await place.givePhrase('ana');
    },
    lock: async () => {
      for (let wrong = 0; wrong < 5; wrong += 1) await place.call({ phrase: WRONG });
    },
  };
  it.each(Object.keys(ENDS))('ends with a %s', async (what) => {
    await heard();
    expect((await second())?.outcome).toBe('verified');
    await ENDS[what]?.();
    expect(await second()).toBeNull();
    place.clock.advance(2 * 3_600_000);
  });

  it('belongs to the session in which it was heard: not to another of the same operator, nor to a colleague', async () => {
    const late = await place.operator('lead');
    await heard();
    expect(await second('billing:inquiry', late)).toBeNull();
    expect((await second())?.outcome).toBe('verified');
    const row = await place.desk.store.read.calls.hearing(call);
    await place.write(async (write) => row && write.calls.hear({ ...row, session: 'ses_other' }));
    expect(await second()).toBeNull();
    expect(await verifyHeard(place.desk, place.agent, { ...asked('billing:inquiry'), call: 'call_000000' })).toBeNull();
  });

  it('counts the wrong answers of a call, asks once more after the first, and says when it locks (E11)', async () => {
    const ana = await place.user('ana');
    call = (await beginCall(place.desk, place.agent, { caller: ana })).id;
    const answers = [];
    for (let wrong = 0; wrong < 5; wrong += 1) answers.push(await say(WRONG));
    expect(answers.map(({ again, tries }) => [again, tries?.wrong, tries?.lock?.kind])).toEqual([
      [true, 1, undefined],
      [false, 2, undefined],
      [false, 3, undefined],
      [false, 4, undefined],
      [false, 5, 'locked'],
    ]);
    place.clock.advance(2 * 3_600_000);
    expect((await say(PHRASE)).outcome).toBe('verified');
    call = (await beginCall(place.desk, place.agent, { caller: ana })).id;
    expect((await say(WRONG)).again).toBe(true);
  });

  it('a company that is not there leaves an entry without the text that was typed (B74)', async () => {
    await expect(place.call({ account: 'Nowhere Ltd' })).rejects.toMatchObject({ code: 'not-found' });
    const entry = (await place.entries('verification.refused')).find(({ reason }) => reason === 'not-found');
    expect(entry).toMatchObject({ reason: 'not-found', detail: { action: 'billing:change' } });
    expect(JSON.stringify(entry)).not.toMatch(/Nowhere/);
  });

  it('a phrase of an earlier folding keeps its form: what was heard is not written over what was set (B20)', async () => {
    const set = 'velvet shoe lantern harbor signal';
    const ben = await place.user('ben');
    const verifier = await place.desk.secrets.make(
      'person',
      'seal/passphrase',
      passphraseContext(ben),
      matchForm(set, 1),
    );
    await place.givePhrase('ben', set);
    await place.write((write) => write.secrets.updatePassphrase(ben.id, { verifier, form_version: 1 }));
    for (const phrase of [set.replace('shoe', 'sho'), set]) {
      const { reason } = await place.call({ caller: 'ben', phrase, action: 'billing:inquiry' });
      expect([phrase, reason === 'not-verified']).toEqual([phrase, false]);
    }
    expect(await place.desk.store.read.secrets.passphrase(ben.id)).toMatchObject({ form_version: 1, verifier });
    await place.givePhrase('ben', set);
    const { reason } = await place.call({
      caller: 'ben',
      phrase: set.replace('shoe', 'sho'),
      action: 'billing:inquiry',
    });
    expect(reason).toBe('not-verified');
  });
});
