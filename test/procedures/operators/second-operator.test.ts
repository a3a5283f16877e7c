/** Four eyes in person (T8): who may say yes to a rollback, and how that is counted and logged. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secondOperator } from '../../../src/procedures/operators/second-operator.js';
import { engines } from '../../support/test-desk.js';
import { type Member, type OperatorDesk, operatorDesk, PASSWORD } from '../operator-desk.js';

describe.each(engines)('a second operator on %s', (engine) => {
  let place: OperatorDesk;
  beforeEach(async () => {
    place = await operatorDesk(engine);
  });
  afterEach(() => place.close());

  const ask = ({ name, code }: Member, requester: string, password = PASSWORD) =>
    secondOperator(place.desk, { name, password, code: async () => code() }, requester);

  it('is a lead or an admin with password and code, and not the requester', async () => {
    const [lena, olga] = [await place.member('lena', 'lead'), await place.member('olga', 'admin')];
    expect(await ask(lena, olga.id)).toEqual({ kind: 'operator', id: lena.id, name: 'lena' });
    await expect(ask(olga, olga.id)).rejects.toMatchObject({ code: 'forbidden' });
    const mira = await place.member('mira', 'agent');
    await expect(ask(mira, olga.id)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('who guesses is counted and locked out, as at any sign-in', async () => {
    const lena = await place.member('lena', 'lead');
    for (let n = 0; n < 5; n += 1)
      await expect(ask(lena, 'op_other', 'a wrong password')).rejects.toMatchObject({ code: 'not-signed-in' });
    await expect(ask(lena, 'op_other')).rejects.toMatchObject({ code: 'locked' });
    expect((await place.entries('operator.sign-in-refused')).length).toBeGreaterThanOrEqual(5);
  });
});
