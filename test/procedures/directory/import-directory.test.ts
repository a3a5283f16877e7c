import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  exportAccounts as accountPages,
  exportUsers as userPages,
} from '../../../src/procedures/directory/export-directory.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { openMessage } from '../../../src/procedures/messages/queue-message.js';
import { guardCell } from '../../../src/rules/csv-table.js';
import { faultOfName, faultOfPhoneOnFile, tidy } from '../../../src/rules/directory-fields.js';
import { accountsFile, type Customers, customers, entriesOf, sample, usersFile } from '../../support/directory-desk.js';
import { textOf } from '../../support/pages.js';
import { proven } from '../../support/proven.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

const COUNT = { rows: 91, added: 0, updated: 0, unchanged: 91 };
const exportAccounts = async (...asked: Parameters<typeof accountPages>) => textOf(await accountPages(...asked));
const exportUsers = async (...asked: Parameters<typeof userPages>) => textOf(await userPages(...asked));
const USERS = 'account,login,name,email,phone,role,scopes,sign_in\n';

describe.each(engines)('the sample customers on %s', (engine) => {
  let place: TestDesk;
  beforeEach(async () => {
    place = await testDesk(engine);
  });
  afterEach(() => place.close());

  it('import whole, both editions, and a second time without change', async () => {
    const { desk } = place;
    const admin = await place.operator('admin');
    const request = async () => ({
      accounts: await accountsFile(sample('accounts')),
      users: await usersFile(sample('users')),
    });
    const first = await importDirectory(desk, admin, await request());
    expect(first).toMatchObject({
      accounts: { added: 91, unchanged: 0 },
      users: { added: 408, unchanged: 0 },
      kept: [],
      notices: [],
    });
    expect(first.warnings).toHaveLength(48);
    expect(first.warnings[0]).toEqual({
      line: 27,
      column: 'phone',
      message: 'is no number that can be dialled; kept as written',
    });
    const before = [await exportAccounts(desk, admin), await exportUsers(desk, admin)];
    const second = await importDirectory(desk, admin, await request());
    expect(second).toMatchObject({
      accounts: COUNT,
      users: { rows: 408, added: 0, updated: 0, unchanged: 408 },
      kept: [],
      notices: [],
    });
    expect([await exportAccounts(desk, admin), await exportUsers(desk, admin)]).toEqual(before);
    expect(await entriesOf(place, 'user.added')).toHaveLength(408);
    expect(await entriesOf(place, 'account.added')).toHaveLength(91);
    expect(await entriesOf(place, 'directory.imported')).toHaveLength(2);
  });

  it('export and import again on another desk as they were', async () => {
    const admin = await place.operator('admin');
    await importDirectory(place.desk, admin, {
      accounts: await accountsFile(sample('accounts')),
      users: await usersFile(sample('users')),
    });
    const [accounts, users] = [await exportAccounts(place.desk, admin), await exportUsers(place.desk, admin)];
    const other = await testDesk(engine);
    try {
      const there = await other.operator('admin');
      const report = await importDirectory(other.desk, there, {
        accounts: await accountsFile(accounts),
        users: await usersFile(users),
      });
      expect(report).toMatchObject({ accounts: { added: 91 }, users: { added: 408 } });
      expect([await exportAccounts(other.desk, there), await exportUsers(other.desk, there)]).toEqual([
        accounts,
        users,
      ]);
    } finally {
      await other.close();
    }
  });

  it('leave a log entry for every few hundred when they are many', async () => {
    const admin = await place.operator('admin');
    const rows = Array.from(
      { length: 1_200 },
      (_, index) => `9,user${index},User ${index},u${index}@x.example,,user,,native\n`,
    ).join('');
    const report = await importDirectory(place.desk, admin, {
      accounts: await accountsFile('number,name,edition\n9,Nine,x-series\n'),
      users: await usersFile(USERS + rows),
    });
    expect(report.users).toMatchObject({ added: 1_200 });
    const detailsOf = async (kind: string) =>
      (await entriesOf(place, kind)).map((entry) => entry['detail'] as { import: string; users?: string[] });
    const staged = await detailsOf('directory.staged');
    expect(new Set(staged.flatMap(({ users }) => users ?? [])).size).toBe(1_200);
    expect(await detailsOf('user.added')).toEqual([{ count: 1_200, import: staged[0]?.import }]);
    expect(await detailsOf('directory.imported')).toMatchObject([{ import: staged[0]?.import }]);
    expect(await place.desk.store.read.users.count()).toBe(1_200);
  });
});

describe.each(engines)('an import on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const users = async (rows: string) =>
    importDirectory(place.desk, place.admin, { users: await usersFile(USERS + rows) });

  it('is all or nothing, and reports every bad row with line and column in one go', async () => {
    const rows = [
      '100234,good,Good One,good@x.example,,user,,native',
      '100234,bad one,,x,,boss,,native',
      '999999,lost,Lost,,,user,,native',
      '100241,late,Late,,,primary-admin,,native',
      '100234,short',
      '100234,GOOD,Twin,,,user,,native',
      '100234,odd,Odd,,,user,billing,native',
    ].join('\n');
    const { code, problems } = await refusal(users(rows));
    expect(code).toBe('invalid-input');
    expect(problems.map(({ line, column }) => `${line} ${column ?? ''}`.trim())).toEqual([
      '3 login',
      '3 name',
      '3 email',
      '3 role',
      '4 account',
      '5 role',
      '6 name',
      '6 role',
      '7 login',
      '8 scopes',
    ]);
    expect(await place.desk.store.read.users.count()).toBe(3);
    expect(await entriesOf(place, 'directory.imported')).toHaveLength(0);
  });

  it.each([
    ['e-mails that were sorted alone', 'maria,nancy@alfki.example', 'nancy,maria@alfki.example'],
    ['a colleague’s login as e-mail', 'nancy,m@alfki.example', 'maria,NANCY@alfki.example'],
  ])('names %s as ambiguous, and changes nothing (M9)', async (_what, first, second) => {
    const rows = [first, second].map((both) => `100234,${both.split(',')[0]},Some One,${both.split(',')[1]},,user,,`);
    const { problems } = await refusal(users(rows.join('\n')));
    expect(problems.at(-1)).toMatchObject({ line: 3, column: 'email', message: expect.stringMatching(/^ambiguous: /) });
    expect(await entriesOf(place, 'directory.imported')).toHaveLength(0);
  });

  it('B55 a file gives nobody the id of somebody else at another system: of another row, or of a person on file anywhere', async () => {
    const withIds = async (...rows: readonly string[]) =>
      importDirectory(place.desk, place.admin, {
        users: await usersFile(`account,login,name,role,external\n${rows.join('\n')}\n`),
      });
    await withIds('100241,ana,Ana Trujillo,admin,shop:E1');
    const { problems } = await refusal(
      withIds(
        '100234,nancy,Nancy Davolio,secondary-admin,shop:e1',
        '100234,new,New,user,shop:E1',
        '100234,maria,Maria Anders,primary-admin,shop:E2',
        '100241,bo,Bo,user,SHOP:E2',
        '100241,cy,Cy,user,shop:e2',
      ),
    );
    expect(problems.map(({ line, column, message }) => [line, column, message.replace(/;.*/, '')])).toEqual([
      [2, 'external', 'is on file for 100241/ana'],
      [3, 'external', 'line 2 has the same id'],
      [3, 'external', 'is on file for 100241/ana'],
      [5, 'external', expect.stringContaining('must be the name of a connector')],
      [6, 'external', 'line 4 has the same id'],
    ]);
    // The same again, and other capitals of one's own, are no conflict.
    await withIds('100241,ana,Ana Trujillo,admin,shop:E1');
    expect((await withIds('100241,ana,Ana Trujillo,admin,shop:e1')).users?.updated).toBe(1);
  });

  it('takes a new address, another spelling, and one that two already share', async () => {
    expect((await users('100234,nancy,Nancy,shared@alfki.example,,user,,')).users?.updated).toBe(1);
    const again = await users(
      '100234,nancy,Nancy,Shared@alfki.example,,user,,\n100234,new,New,shared@alfki.example,,user,,',
    );
    expect(again.users).toMatchObject({ added: 1 });
    expect((await users('100234,new,New,shared@alfki.example,,user,,')).users?.unchanged).toBe(1);
  });

  it('what is the login of one and the e-mail of another names neither of them (B09)', async () => {
    await users('100234,nancy@alfki.example,Nan C,,,user,,');
    const found = findUser(place.desk, 'NANCY@alfki.example', place.classic);
    expect(await refusal(found)).toMatchObject({ code: 'ambiguous', problems: [{}, {}] });
    expect((await findUser(place.desk, place.nancy.id, place.classic)).user.login).toBe('nancy');
    expect((await findUser(place.desk, 'nancy', place.classic)).user.id).toBe(place.nancy.id);
  });

  it('refuses an unknown edition and a changed one, and adds nothing beside (B01)', async () => {
    const file = await accountsFile(
      'number,name,edition\n1,One,classic\n2,Two,clasic\n100234,Alfreds Futterkiste,x-series\n',
    );
    const { problems } = await refusal(importDirectory(place.desk, place.admin, { accounts: file }));
    expect(problems.map(({ line, column }) => [line, column])).toEqual([
      [3, 'edition'],
      [4, 'edition'],
    ]);
    expect(await place.desk.store.read.accounts.count()).toBe(2);
  });

  it('updates name and contacts of a login, never role, scopes or secrets, and says what it kept (B16)', async () => {
    await place.desk.store.record(
      { kind: 'test.secret', outcome: 'done', at: 1, by: proven(place.admin.actor) },
      (write) =>
        write.secrets.putPassphrase({
          user_id: place.nancy.id,
          verifier: 'sealed',
          form_version: 1,
          owner_copy: null,
          set_by: 'desk',
          set_at: 5,
          setup_at: 5,
        }),
    );
    place.clock.advance(1_000);
    const report = await users('100234,NANCY,Nancy D.,nancy@new.example,(206) 555-9857,primary-admin,,native\n');
    expect(report.users).toEqual({ rows: 1, added: 0, updated: 1, unchanged: 0 });
    expect(report.kept.map(({ field }) => field)).toEqual(['role', 'scopes']);
    const { user } = await findUser(place.desk, '100234/nancy');
    expect(user).toMatchObject({
      login: 'nancy',
      name: 'Nancy D.',
      email: 'nancy@new.example',
      role: 'secondary-admin',
      scopes: ['billing'],
      contactChangedAt: place.clock.now(),
    });
    expect((await place.desk.store.read.secrets.passphrase(user.id))?.verifier).toBe('sealed');
  });

  it('tells the old and the new address of a changed contact, as an edit does', async () => {
    const report = await users(
      '100234,nancy,Nancy Davolio,nancy@new.example,(206) 555-9857,secondary-admin,billing,native\n',
    );
    const rows = await Promise.all(report.notices.map((id) => place.desk.store.read.outbox.byId(id)));
    const to = rows.map(
      (row) =>
        openMessage(place.desk, { id: row?.id ?? '', address: row?.address ?? '', content: row?.content ?? '' }).to,
    );
    expect(to.sort()).toEqual(['nancy@alfki.example', 'nancy@new.example']);
  });

  it('leaves alone what the file has no column for', async () => {
    const file = await usersFile('account,login,name,role\n100234,nancy,Nancy Davolio,secondary-admin\n');
    expect((await importDirectory(place.desk, place.admin, { users: file })).users).toMatchObject({ unchanged: 1 });
    const accounts = await accountsFile('number,name,edition\n100241,Ana Trujillo Emparedados,x-series\n');
    await importDirectory(place.desk, place.admin, { accounts });
    expect((await place.desk.store.read.accounts.byNumber('100241'))?.sso).toBe('okta');
  });

  it('finds logins by the number or the id of their account, and new accounts of the same import', async () => {
    const accounts = await accountsFile(
      'number,name,edition,sso\n300,Three,x-series,entra\n100241,Ana Renamed,x-series,entra\n',
    );
    const file = await usersFile(`${USERS}300,a,A,,,user,,sso\n${place.series.id},b,B,,,user,,sso\n`);
    const report = await importDirectory(place.desk, place.admin, { accounts, users: file });
    expect(report).toMatchObject({ accounts: { added: 1, updated: 1 }, users: { added: 2 } });
    expect((await findUser(place.desk, '300/a')).account.name).toBe('Three');
    expect((await findUser(place.desk, '100241/b')).account).toMatchObject({ name: 'Ana Renamed', sso: 'entra' });
  });

  it('takes a login once, though its account is named in two ways', async () => {
    const { problems } = await refusal(users(`100241,b,B,,,user,,native\n${place.series.id},B,B,,,user,,native\n`));
    expect(problems).toMatchObject([{ line: 3, column: 'login' }]);
  });

  it('says which file a bad row stands in, and blames no user row for its account', async () => {
    const accounts = await accountsFile('number,name,edition\n300,Three,clasic\n');
    const file = await usersFile(`${USERS}300,a,A,,,user,,native\n300,b b,B,,,user,,native\n`);
    const { problems } = await refusal(importDirectory(place.desk, place.admin, { accounts, users: file }));
    expect(problems.map(({ line, message }) => [line, /\((\w+) file\)$/.exec(message)?.[1]])).toEqual([
      [2, 'accounts'],
      [3, 'users'],
    ]);
  });

  it('keeps formulas out of an export and brings them back as they were', async () => {
    await users("100234,weird,'=cmd|x,weird@x.example,+55 11 3012-4433,user,,native\n");
    const text = await exportUsers(place.desk, place.admin, place.classic);
    expect(text).toContain("'=cmd|x");
    expect(text).toContain("'+55 11 3012-4433");
    expect(
      text
        .split('\n')
        .flatMap((line) => line.split(','))
        .filter((cell) => /^[=+\-@]/.test(cell)),
    ).toEqual([]);
    expect((await findUser(place.desk, '100234/weird')).user.name).toBe('=cmd|x');
    expect((await importDirectory(place.desk, place.admin, { users: await usersFile(text) })).users).toMatchObject({
      updated: 0,
      added: 0,
    });
  });

  it('what is exported imports unchanged, in every form (B90)', async () => {
    const odd = fc.stringMatching(/^[ 'a-c0-9=+@;,."|é\-/:(]{1,12}$/);
    const name = fc
      .oneof(odd, fc.string({ unit: 'grapheme' }), fc.constantFrom('007', '1E5', 'Mai 5', 'Total: 5 rows', "'t Hooft"))
      .map(tidy)
      .filter((text) => faultOfName(text) === undefined);
    const phone = fc
      .oneof(fc.constantFrom('', '+49 30 1234567', '0049301234567', '030-12', 'ext. 5'), odd)
      .map(tidy)
      .filter((text) => faultOfPhoneOnFile(text) === undefined);
    const cell = (text: string) => `"${guardCell(text).replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, phone), { minLength: 1, maxLength: 20 }), async (people) => {
        await users(people.map(([n, p], at) => `100234,${at}e${at},${cell(n)},,${cell(p)},user,,`).join('\n'));
        for (const form of [undefined, { for: 'excel', separator: ',' }, { for: 'excel', separator: ';' }] as const) {
          const text = await exportUsers(place.desk, place.admin, undefined, form);
          const again = await importDirectory(place.desk, place.admin, { users: await usersFile(text) });
          expect(again.users).toMatchObject({ added: 0, updated: 0 });
          expect(again.kept).toEqual([]);
        }
      }),
      { numRuns: 10 },
    );
    const text = await exportUsers(place.desk, place.admin, place.classic, { for: 'excel', separator: ';' });
    expect(text).toMatch(/^\ufeffaccount;login;.*\r\n/);
    expect(text).toContain(";'0e0;");
  });
});
