import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAccount } from '../../../src/procedures/directory/find-account.js';
import { searchAccounts, searchUsers } from '../../../src/procedures/directory/search-directory.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { accountsFile, sample, usersFile } from '../../support/directory-desk.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('search among the sample customers on %s', (engine) => {
  let place: TestDesk;
  beforeAll(async () => {
    place = await testDesk(engine);
    await importDirectory(place.desk, await place.operator('admin'), {
      accounts: await accountsFile(sample('accounts')),
      users: await usersFile(sample('users')),
    });
  });
  afterAll(() => place.close());

  const accounts = async (text: string) =>
    (await searchAccounts(place.desk, text, { limit: 5 })).found.map((account) => account.number);
  const people = async (text: string, account?: string) =>
    (
      await searchUsers(
        place.desk,
        text,
        { limit: 5 },
        account === undefined ? undefined : await findAccount(place.desk, account),
      )
    ).found.map((one) => `${one.account.number}/${one.user.login}`);

  it.each([
    ['part of a name', 'futter', '100234'],
    ['several parts in any order', 'emp truj', '100241'],
    ['without its accents', 'taqueria', '100248'],
    ['in capitals', 'TAQUERÍA', '100248'],
    ['a number', '100255', '100255'],
    ['the middle of a word', 'terkist', '100234'],
  ])('finds a company by %s', async (_what, text, number) => {
    expect(await accounts(text)).toContain(number);
  });

  it.each([
    ['a login', 'maria.anders', '100234/maria.anders'],
    ['a first name', 'anders', '100234/maria.anders'],
    ['a whole e-mail (B83)', 'nancy.davolio@alfki.example', '100234/nancy.davolio'],
    ['the digits of a phone', '0300074321', '100234/maria.anders'],
    ['a phone as written', '030-0074321', '100234/maria.anders'],
    ['the last digits of a phone', '0074321', '100234/maria.anders'],
    ['the middle of a name', 'nder', '100234/maria.anders'],
  ])('finds a person by %s', async (_what, text, who) => {
    expect(await people(text, '100234')).toContain(who);
  });

  it('lists everyone who shares a phone, and chooses nobody (B09)', async () => {
    expect(await people('0300074321', '100234')).toEqual(['100234/andrew.fuller', '100234/maria.anders']);
  });

  it('stays inside one account when told (B05), and says when there is more', async () => {
    expect(await people('nancy', '100234')).toEqual(['100234/nancy.davolio']);
    expect(await searchUsers(place.desk, 'nancy', { limit: 5 })).toMatchObject({ more: true, found: { length: 5 } });
  });

  it.each(['', ' ', '%', '_', '\\', '()', '\u0000', '...', '🤡'])('finds nobody by %j', async (text) => {
    expect(await people(text)).toEqual([]);
    expect(await accounts(text)).toEqual([]);
  });
});
