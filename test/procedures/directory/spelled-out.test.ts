/** B83: a contact finds its person as a whole, or by seven digits; no search spells it out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userSearchKeys } from '../../../src/procedures/directory/directory-rows-of-store.js';
import { searchUsers, usersAsTyped } from '../../../src/procedures/directory/search-directory.js';
import { accountRow, userRow } from '../../store/rows.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

const EMAIL = 'qx7w.vy@hidden.example';
const PHONE = '(206) 555-9857';
const DIGITS = '2065559857';

describe.each(engines)('a search cannot spell a contact out (B83), on %s', (engine) => {
  let place: TestDesk;
  beforeAll(async () => {
    place = await testDesk(engine);
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const contacts = { email: EMAIL, email_key: EMAIL, phone: PHONE, phone_digits: DIGITS };
    const now = { ...userRow('acc_100234', 'uma', { name: 'Uma Berg', ...contacts }) };
    const other = { ...userRow('acc_100234', 'tom', { name: 'Tom Dahl', ...contacts }) };
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: 0, by }, async (write) => {
      await write.accounts.insert([accountRow('100234', { name: 'Northwind' })]);
      await write.users.insert([now, other]);
      await write.search.insert([now, other].map((row) => userSearchKeys(row.id, row)));
    });
  });
  afterAll(() => place.close());

  /** By search and by each key, in one company and in all. */
  async function finds(text: string): Promise<readonly string[]> {
    const account = await place.desk.store.read.accounts.byNumber('100234');
    const found = [
      (await searchUsers(place.desk, text, { limit: 20 })).found,
      (await searchUsers(place.desk, text, { limit: 20 }, account)).found,
      await usersAsTyped(place.desk, text, 9),
      await usersAsTyped(place.desk, text, 9, account),
    ];
    return [...new Set(found.flat().map(({ user }) => user.login))].sort();
  }

  it('no part of an address finds anybody; the whole does, in any case', async () => {
    // Shorter ends are in names too.
    for (let end = 1; end < EMAIL.length - 3; end += 1) {
      expect(await finds(EMAIL.slice(0, end)), EMAIL.slice(0, end)).toEqual([]);
      expect(await finds(EMAIL.slice(end)), EMAIL.slice(end)).toEqual([]);
    }
    expect(await finds(EMAIL)).toEqual(['tom', 'uma']);
    expect(await finds(EMAIL.toUpperCase())).toEqual(['tom', 'uma']);
  });

  it('six digits find nobody, from wherever they are taken; seven do, from the start of a group', async () => {
    for (let from = 0; from + 6 <= DIGITS.length; from += 1)
      expect(await finds(DIGITS.slice(from, from + 6))).toEqual([]);
    for (const text of ['555-985', '206 555', '206) 555-98x'.slice(0, 9), '9857'])
      expect(await finds(text), text).toEqual([]);
    for (const text of ['2065559', '5559857', '555-9857', DIGITS, PHONE])
      expect(await finds(text), text).toEqual(['tom', 'uma']);
  });

  it('a part of an address together with a name finds nobody either', async () => {
    for (const text of ['uma hidden', 'tom qx7w', 'tom 206', 'uma 555985']) expect(await finds(text), text).toEqual([]);
  });

  it('name and login find as before', async () => {
    expect(await finds('uma')).toEqual(['uma']);
    expect(await finds('dah')).toEqual(['tom']);
  });
});
