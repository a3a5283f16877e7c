/** Why no code goes to a phone: what is said while the desk mends a number that cannot be dialled (B57, B88, B96). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { sms } from '../../../src/factors/registry.js';
import { openPhones } from '../../../src/opening/open-phones.js';
import { contactOnFile } from '../../../src/procedures/codes/contact-on-file.js';
import { findAccount, findUser } from '../../../src/procedures/directory/find-account.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { days } from '../../../src/rules/duration.js';
import { type Customers, customers, usersFile } from '../../support/directory-desk.js';
import { engines } from '../../support/test-desk.js';

const PEOPLE = [
  'account,login,name,email,phone,role',
  '100234,word,Word,w@alfki.example,France,user',
  '100234,land,Land,l@alfki.example,0151 23456789,user',
];

describe.each(engines)('a number that cannot be dialled on %s', (engine) => {
  let place: Customers;
  /** Of no country. */
  let desk: Desk;
  beforeEach(async () => {
    place = await customers(engine);
    desk = { ...place.desk, phones: () => openPhones(undefined) };
    await importDirectory(desk, place.admin, { users: await usersFile(PEOPLE.join('\n')) });
    place.clock.advance(days(30));
  });
  afterEach(() => place.close());

  const dialled = async (login: string) =>
    contactOnFile(desk, sms, await findUser(desk, `100234/${login}`)).catch(({ because }) => [
      ...[because.reason, because.facts.ending],
    ]);
  const edit = async (phone: string) => editUser(desk, place.admin, await findUser(desk, '100234/word'), { phone });

  it('is named as it is on file now, until the desk has mended it; from then on the reason is that the mended one is too new', async () => {
    expect(await dialled('word')).toEqual(['phone-not-dialled', 'ce']);
    await edit('0151 23456712');
    expect(await dialled('word')).toEqual(['phone-not-dialled', '12']);
    await edit('+49 151 23456789');
    expect(await dialled('word')).toEqual(['contact-not-on-file', undefined]);
    place.clock.advance(days(7));
    expect(await dialled('word')).toBe('+4915123456789');
  });

  it('of the same digits in another country too: whoever picks the country picks whose telephone rings', async () => {
    expect(await dialled('land')).toEqual(['phone-not-dialled', '89']);
    await editAccount(desk, place.admin, await findAccount(desk, '100234'), { country: 'DE' });
    expect(await dialled('land')).toEqual(['contact-not-on-file', undefined]);
    place.clock.advance(days(7));
    expect(await dialled('land')).toBe('+4915123456789');
  });
});
