/** A session counts only for the person who signed in (B79, T16), whoever has its token. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { act, askAuthority } from '../../../src/procedures/authorise.js';
import { authenticateOperator } from '../../../src/procedures/operators/authenticate-operator.js';
import { signInOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import { engines } from '../../support/test-desk.js';
import { type OperatorDesk, operatorDesk, PASSWORD } from '../operator-desk.js';

describe.each(engines)('a session under one service account (B79) on %s', (engine) => {
  let place: OperatorDesk;
  beforeEach(async () => {
    place = await operatorDesk(engine);
  });
  afterEach(() => place.close());
  const seenBy = (person: string): Desk => ({ ...place.desk, person });
  const claim = { via: 'session', access: 'signed-in', command: 'whoami' } as const;

  it('is refused to another person, when it is presented and when it acts', async () => {
    await place.member('mira', 'agent');
    const { token } = await place.signIn('mira');
    const signed = await authenticateOperator(place.desk, { ...claim, token });
    const other = seenBy('uid:2');
    const refused = { code: 'not-signed-in', because: { reason: 'session-of-another' } };
    await expect(authenticateOperator(other, { ...claim, token })).rejects.toMatchObject(refused);
    await expect(askAuthority(other, signed, { permission: 'verify' })).rejects.toMatchObject(refused);
    const acting = act(
      other,
      signed,
      { permission: 'verify' },
      {
        entry: (_done, by) => ({ kind: 'operator.code-given', outcome: 'done', at: 1, by: by.actor }),
        change: async () => undefined,
      },
    );
    await expect(acting).rejects.toMatchObject(refused);
    await expect(authenticateOperator(place.desk, { ...claim, token })).resolves.toMatchObject({ via: 'session' });
  });

  it('names the person in the log', async () => {
    await place.member('mira', 'agent');
    await place.signIn('mira');
    expect(await place.entries('operator.signed-in')).toMatchObject([{ detail: { person: place.desk.person } }]);
  });

  it('two persons are signed in as themselves at the same time', async () => {
    await place.member('mira', 'agent');
    const noor = await place.member('noor', 'agent');
    const one = await place.signIn('mira');
    const code = async () => noor.code();
    const two = await signInOperator(seenBy('uid:2'), { name: 'noor', password: PASSWORD, code });
    const names = [
      (await authenticateOperator(place.desk, { ...claim, token: one.token })).operator.name,
      (await authenticateOperator(seenBy('uid:2'), { ...claim, token: two.token })).operator.name,
    ];
    expect(names).toEqual(['mira', 'noor']);
  });
});
