/** Finding with each key: what begins so, in few of many, on both engines; the slow look only when asked for. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountSearchKeys, userSearchKeys } from '../../../src/procedures/directory/directory-rows-of-store.js';
import { accountsAsTyped, usersAsTyped } from '../../../src/procedures/directory/search-directory.js';
import { accountRow, userRow } from '../../store/rows.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('as one types, on %s', (engine) => {
  let made: TestDesk;

  beforeEach(async () => {
    made = await testDesk(engine);
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const accounts = [
      accountRow('100234', { name: 'Alfreds Futterkiste' }),
      accountRow('100300', { name: 'Folk och fä HB' }),
    ];
    const people = [
      ['100234', 'maria.anders', 'Maria Anders', '+49 30 0074321'],
      ['100300', 'maria.larsson', 'María Larsson', '0695-34 67 21'],
      ['100300', 'jan.maria', 'Jan Maria Søn', '0695-34 67 21'],
      ...Array.from({ length: 600 }, (_, at) => ['100234', `max.${at}`, `Max Number${at}`, ''] as const),
    ].map(([account, login, name, phone]) =>
      userRow(`acc_${account}`, login ?? '', {
        name: name ?? '',
        phone: phone ?? '',
        email: `${login}@mail.example`,
        email_key: `${login}@mail.example`,
      }),
    );
    await made.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: made.clock.now(), by },
      async (write) => {
        await write.accounts.insert(accounts);
        await write.users.insert(people);
        await write.search.insert([
          ...accounts.map((row) => accountSearchKeys(row.id, row)),
          ...people.map((row) => userSearchKeys(row.id, row)),
        ]);
      },
    );
  });
  afterEach(() => made.close());

  const logins = async (text: string, number?: string) => {
    const account = number === undefined ? undefined : await made.desk.store.read.accounts.byNumber(number);
    return (await usersAsTyped(made.desk, text, 9, account)).map(({ user }) => user.login).sort();
  };

  it.each([
    ['maria', ['jan.maria', 'maria.anders', 'maria.larsson']],
    ['MARÍA l', ['maria.larsson']],
    ['son', ['jan.maria']],
    ['maria.anders@mail.example', ['maria.anders']],
    ['maria.anders@mail', []],
    ['mail.example', []],
    ['0695 346', ['jan.maria', 'maria.larsson']],
    ['0695 34', []],
    ['4321', []],
    ['max number599', ['max.599']],
    ['nobody', []],
  ])('"%s" finds what begins so', async (text, expected) => {
    expect(await logins(text)).toEqual(expected);
  });

  it('whose own name begins as typed stands before those whom another word brought', async () => {
    const found = await usersAsTyped(made.desk, 'maria', 9);
    expect(found.map(({ user }) => user.login).at(-1)).toBe('jan.maria');
  });

  it('of many only as many as are asked for', async () => {
    expect(await logins('max')).toHaveLength(9);
  });

  it('inside one company nobody else is found (B05)', async () => {
    expect(await logins('maria', '100300')).toEqual(['jan.maria', 'maria.larsson']);
    expect(await logins('anders', '100300')).toEqual([]);
  });

  it('companies by number and by any word of the name', async () => {
    const numbers = async (text: string) => (await accountsAsTyped(made.desk, text, 9)).map(({ number }) => number);
    expect(await numbers('1002')).toEqual(['100234']);
    expect(await numbers('futter')).toEqual(['100234']);
    expect(await numbers('och')).toEqual(['100300']);
  });
});
