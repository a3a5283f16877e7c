/** B96: people are found by person and company in any order, exact matches first, and by their number in each form; numbers are kept as dialled. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { factorKind } from '../../../src/factors/registry.js';
import { openPhones } from '../../../src/opening/open-phones.js';
import { contactOnFile } from '../../../src/procedures/codes/contact-on-file.js';
import { describeUser } from '../../../src/procedures/directory/describe-customer.js';
import { findAccount, findUser, sharedContacts } from '../../../src/procedures/directory/find-account.js';
import { accountsAsTyped, searchUsers, usersAsTyped } from '../../../src/procedures/directory/search-directory.js';
import { viewUsers } from '../../../src/procedures/directory/see-people.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { countryCode } from '../../../src/rules/phone-number.js';
import { accountsFile, usersFile } from '../../support/directory-desk.js';
import { runCommand } from '../../support/in-process.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

const ACCOUNTS = [
  'number,name,edition,country',
  '100234,Alfreds Futterkiste,classic,',
  '100255,Around the Horn,classic,GB',
  '300300,Müller Wien,classic,AT',
  '400400,ana.trujillo Ltd,classic,US',
  '500500,Nancy Imports,classic,DE',
];
const USERS = [
  'account,login,name,email,phone,role',
  '100234,nancy,Nancy Davolio,n1@alfki.example,030-1234567,user',
  '100234,jorg,Jörg Müßiggang,j@alfki.example,+49 30 1234567,user',
  '100255,nancy,Nancy Horn,n2@horn.example,020 7946 0018,user',
  '300300,wolf,Wolf Wien,w@wien.example,030-1234567,user',
  '400400,ana.trujillo,Ana Trujillo,a@ltd.example,(206) 555-9857,user',
  '400400,ob,Siobhán O’Brien-Ní Bhriain,o@ltd.example,(206) 555-9858 x12,user',
  ...Array.from({ length: 130 }, (_, at) => `500500,nan${at},Nancy Number${at},,,user`),
];

describe.each(engines)('finding people on %s (B96)', (engine) => {
  let place: TestDesk;
  /** A desk in Germany. */
  let desk: Desk;
  beforeAll(async () => {
    place = await testDesk(engine);
    desk = { ...place.desk, phones: () => openPhones('DE') };
    const files = { accounts: await accountsFile(ACCOUNTS.join('\n')), users: await usersFile(USERS.join('\n')) };
    await importDirectory(desk, await place.operator('admin'), files);
  });
  afterAll(() => place.close());

  const who = (found: readonly { readonly user: { readonly login: string }; readonly account: { number: string } }[]) =>
    found.map(({ user, account }) => `${account.number}/${user.login}`);
  /** By each key and by search; both must say the same. */
  async function finds(text: string): Promise<readonly string[]> {
    const typed = who(await usersAsTyped(desk, text, 9));
    const searched = who((await searchUsers(desk, text, { limit: 9 })).found);
    expect(new Set(typed), text).toEqual(new Set(searched));
    return typed;
  }

  it.each([
    ['nancy alfreds', ['100234/nancy']],
    ['futterkiste nancy', ['100234/nancy']],
    ['nancy 100255', ['100255/nancy']],
    ['100255 nancy', ['100255/nancy']],
    ['100234/nancy', ['100234/nancy']],
    ['horn nancy horn', ['100255/nancy']],
    ['alfreds futterkiste', []],
    ['nancy zzz', []],
    ['muessiggang', ['100234/jorg']],
    ['mussiggang joerg', ['100234/jorg']],
    ['wolf mueller', ['300300/wolf']],
    ['WOLF müller', ['300300/wolf']],
    ["o'brien", ['400400/ob']],
    ['obrien', ['400400/ob']],
    ['brien bhriain', ['400400/ob']],
    ['+49301234567', ['100234/nancy', '100234/jorg']],
    ['0049 30 1234567', ['100234/nancy', '100234/jorg']],
    ['+43 30 1234567', ['300300/wolf']],
    ['tel:+12065559857', ['400400/ana.trujillo']],
    ['206.555.9858', ['400400/ob']],
    ['+1 206 555 9858', ['400400/ob']],
    ['020 7946 0018', ['100255/nancy']],
    ['nancy 020 7946 0018', ['100255/nancy']],
    ['+43-30-1234567', ['300300/wolf']],
    ['＋４３ ３０ １２３４５６７', ['300300/wolf']],
    ['+43−30−1234567', ['300300/wolf']],
    ['nancy 020−7946−0018', ['100255/nancy']],
    ['020ー7946ー0018', ['100255/nancy']],
    ['nancy 030 7946', []],
  ])('"%s" finds %j', async (text, expected) => {
    expect(new Set(await finds(text))).toEqual(new Set(expected));
  });

  it('a number as the desk dials it comes before the same digits in another country', async () => {
    expect((await finds('030 1234567')).at(-1)).toBe('300300/wolf');
  });

  it('what is named exactly comes first: a login before those who begin so, a company by its number', async () => {
    expect((await finds('nan1'))[0]).toBe('500500/nan1');
    expect(await finds('ana.trujillo')).toEqual(['400400/ana.trujillo']);
    expect((await accountsAsTyped(desk, '100234', 9))[0]?.number).toBe('100234');
  });

  it('every page once, nobody twice; without contacts five pages, each after the first in the log (B83)', async () => {
    const agent = await place.operator('agent');
    const seen: string[] = [];
    for (let page = 1; page <= 6; page += 1) {
      const asked = { list: 'user search', text: 'nancy', limit: undefined, page } as const;
      const found = await viewUsers(desk, agent, asked, (rows) => searchUsers(desk, 'nancy', rows));
      expect([found.found.length, found.more, found.capped], String(page)).toEqual([
        page > 5 ? 0 : 20,
        true,
        page >= 5,
      ]);
      seen.push(...who(found.found));
    }
    expect(new Set(seen).size).toBe(100);
    const logged = await desk.store.read.audit.newest({ kind: 'directory.viewed', by: agent.operator.id }, 9);
    expect(logged.map((row) => JSON.parse(row.body).detail.page)).toEqual([5, 4, 3, 2]);
    const lead = await place.operator('lead');
    const asked = { list: 'user search', text: 'nancy', limit: undefined, page: 1 } as const;
    const all = await viewUsers(desk, lead, asked, (rows) => searchUsers(desk, 'nancy', rows));
    expect([all.found.length, all.more]).toEqual([132, false]);
  });

  it('whoever may not see a number does not see it in the other form', async () => {
    const asked = { list: 'user search', text: 'ana.trujillo', limit: 5 } as const;
    const { found } = await viewUsers(desk, await place.operator('agent'), asked, (rows) =>
      searchUsers(desk, 'ana.trujillo', rows),
    );
    expect(JSON.stringify(found)).not.toMatch(/9857|20655/);
  });

  it('the same number is one number however it is written, and another in another country (B09)', async () => {
    const shares = async (reference: string) => {
      const found = await findUser(desk, reference);
      const { sharing } = await describeUser(desk, found);
      expect(await sharedContacts(desk, found.user)).toBe(sharing.length);
      return who(sharing);
    };
    expect(await shares('100234/nancy')).toEqual(['100234/jorg']);
    expect(await shares('300300/wolf')).toEqual([]);
  });

  it('another spelling in a file is no change; another number is', async () => {
    const admin = await place.operator('admin');
    const again = async (phone: string) => {
      const row = `100234,nancy,Nancy Davolio,n1@alfki.example,${phone},user`;
      const users = await usersFile(`${USERS[0]}\n${row}`);
      return (await importDirectory(desk, admin, { users })).users;
    };
    expect(await again('+49 (0)30 123 45 67')).toMatchObject({ unchanged: 1, updated: 0 });
    const { user } = await findUser(desk, '100234/nancy');
    const edited = await editUser(desk, admin, await findUser(desk, '100234/nancy'), { phone: '+4930 1234567' });
    expect(edited).toMatchObject({ fields: ['phone'], contacts: [], user: { phoneE164: '+49301234567' } });
    expect(edited.user.contactChangedAt).toBe(user.contactChangedAt);
    expect(await again('+43 30 1234567')).toMatchObject({ updated: 1 });
    expect(await again('030-1234567')).toMatchObject({ updated: 1 });
  });

  it('codes go to the number as it is dialled; one that cannot be dialled is refused with that reason (B57)', async () => {
    const sms = factorKind('sms');
    if (sms.family !== 'sent') throw new Error('sms is sent');
    const contact = async (reference: string, at: Desk = desk) => contactOnFile(at, sms, await findUser(at, reference));
    const reason = (reference: string, at?: Desk) => contact(reference, at).catch((error) => error.because?.reason);
    expect(await contact('100234/jorg')).toBe('+49301234567');
    expect(await reason('400400/ob')).toBe('phone-not-dialled');
    // Whoever picks the country of a company does not pick whose telephone gets the next code.
    const admin = await place.operator('admin');
    place.clock.advance(60_000);
    await editAccount(desk, admin, await findAccount(desk, '300300'), { country: 'CH' });
    expect((await findUser(desk, '300300/wolf')).user).toMatchObject({ contactChangedAt: place.clock.now() });
    expect(await contact('300300/wolf')).toBe('+43301234567');
    await expect(editAccount(desk, admin, await findAccount(desk, '300300'), { country: 'XX' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('a company without a country of its own is read in the desk’s, also one that was set later', async () => {
    const admin = await place.operator('admin');
    const plain = { ...desk, phones: () => openPhones(undefined) };
    const users = await usersFile(`${USERS[0]}\n100234,late,Late Comer,l@alfki.example,0151-7778889,user`);
    const { warnings } = await importDirectory(plain, admin, { users });
    expect(warnings).toEqual([]);
    const late = await findUser(desk, '100234/late');
    expect(late.user.phoneE164).toBeNull();
    const sms = factorKind('sms');
    if (sms.family !== 'sent') throw new Error('sms is sent');
    await expect(contactOnFile(plain, sms, late)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await contactOnFile(desk, sms, late)).toBe('+491517778889');
    expect(await plain.store.read.users.countPhones()).toMatchObject({ unread: 2 });
    await importDirectory(desk, admin, { users });
    expect((await findUser(desk, '100234/late')).user).toMatchObject({
      phoneE164: '+491517778889',
      contactChangedAt: late.user.contactChangedAt,
    });
  });
});

it.each([
  ['de', 'DE'],
  ['UK', 'GB'],
  ['ZZ', undefined],
  ['EU', undefined],
  ['QQ', undefined],
  ['Germany', undefined],
  ['', undefined],
])('the country %j is %j', (text, code) => {
  expect(countryCode(text)).toBe(code);
});

it('--from takes a number and nothing else, and a config file only a country', async () => {
  const place = await testDesk();
  const refused = await runCommand(place, ['console', '--from', 'anonymous', '--no-input']);
  expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining('--from: must be a phone number')]);
  const config = join(place.folder, 'config.toml');
  writeFileSync(config, 'country = "Atlantis"\n');
  const wrong = await runCommand(place, ['whoami', '--config', config]);
  expect([wrong.exit, wrong.stderr]).toEqual([7, expect.stringContaining('"Atlantis" is no country')]);
  await place.close();
});
