import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { importDirectory, previewImport } from '../../../src/procedures/imports/import-directory.js';
import { decideApproval, showApproval } from '../../../src/procedures/resets/decide-approval.js';
import { days } from '../../../src/rules/duration.js';
import { accountsFile, type Customers, customers, entriesOf, usersFile } from '../../support/directory-desk.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';

const HEADER = 'account,login,name,email,phone,role\n';
const ROWS = `100234,nancy,Nancy D.,nancy@new.example,(206) 555-9857,secondary-admin
100234,maria,Maria Anders,maria@alfki.example,030-0074321,primary-admin
100234,eva,Eva,eva@x.example,,user
`;

describe.each(engines)('an import that is looked at before, on %s (B90)', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const request = async (rows = ROWS) => ({
    accounts: await accountsFile('number,name,edition\n100241,Ana Renamed,x-series\n'),
    users: await usersFile(HEADER + rows),
  });
  const logged = async () => (await entriesOf(place, 'directory.imported')).length;

  it('says what would be added and changed, old and new, and changes nothing', async () => {
    const preview = await previewImport(place.desk, place.admin, await request());
    expect(preview).toMatchObject({
      accounts: { updated: 1 },
      users: { added: 1, updated: 1, unchanged: 1 },
      confirm: 3,
      changes: [
        {
          line: 2,
          account: '100241',
          login: null,
          column: 'name',
          old: 'Ana Trujillo Emparedados',
          new: 'Ana Renamed',
        },
        { line: 2, account: '100234', login: 'nancy', column: 'name', old: 'Nancy Davolio', new: 'Nancy D.' },
        {
          line: 2,
          account: '100234',
          login: 'nancy',
          column: 'email',
          old: 'nancy@alfki.example',
          new: 'nancy@new.example',
        },
      ],
    });
    expect((await findUser(place.desk, '100234/nancy')).user).toEqual(place.nancy);
    expect(await place.desk.store.read.users.count()).toBe(3);
    expect(await logged()).toBe(0);
    // Contacts were shown in full, and that is in the log (B83).
    expect(await entriesOf(place, 'directory.viewed')).toMatchObject([{ detail: { list: 'user import', people: 1 } }]);
  });

  it('refuses the same bad rows as the import', async () => {
    const rows = '100234,bad one,Bad,,,user\n999999,lost,Lost,,,user\n';
    const { problems } = await refusal(previewImport(place.desk, place.admin, await request(rows)));
    expect(problems).toEqual((await refusal(importDirectory(place.desk, place.admin, await request(rows)))).problems);
    expect(problems).toHaveLength(2);
  });

  it('what was looked at is what happens, by its number', async () => {
    const { outcome, confirm } = await previewImport(place.desk, place.admin, await request());
    const apply = async (given: { confirm?: number }) =>
      importDirectory(place.desk, place.admin, { ...(await request()), outcome, ...given });
    expect(await refusal(apply({}))).toMatchObject({ code: 'missing-option', also: { import: { confirm: 3 } } });
    expect(await refusal(apply({ confirm: 4 }))).toMatchObject({ code: 'invalid-input' });
    expect(await logged()).toBe(0);
    expect(await apply({ confirm })).toMatchObject({ users: { added: 1, updated: 1 } });
    // It has been applied, so it would do something else now.
    expect((await refusal(apply({ confirm }))).message).toMatch(/has changed since this plan/);
  });

  it.each<[string, (place: Customers) => Promise<unknown>]>([
    [
      'a person whom it changes is another now',
      ({ desk, admin, nancy, classic }) =>
        editUser(desk, admin, { account: classic, user: nancy }, { email: 'n@other.example' }),
    ],
    [
      'a login that it adds exists now',
      async ({ desk, admin }) =>
        importDirectory(desk, admin, { users: await usersFile(`${HEADER}100234,eva,Eva,eva@x.example,,user\n`) }),
    ],
  ])('nothing happens if %s', async (_what, meanwhile) => {
    const { outcome, confirm } = await previewImport(place.desk, place.admin, await request());
    await meanwhile(place);
    const before = await logged();
    const late = importDirectory(place.desk, place.admin, { ...(await request()), outcome, confirm });
    expect((await refusal(late)).message).toMatch(/has changed since this plan/);
    expect(await logged()).toBe(before);
  });

  it('asks for the number where more rows on file change than the policy says, not for additions', async () => {
    const people = (name: string) =>
      Array.from({ length: 101 }, (_, at) => `100234,u${at},${name} ${at},u${at}@x.example,,user\n`).join('');
    const run = async (name: string, confirm?: number) =>
      importDirectory(place.desk, place.admin, { users: await usersFile(HEADER + people(name)), confirm });
    expect((await run('First')).users).toMatchObject({ added: 101 });
    const late = await refusal(run('Second'));
    expect(late).toMatchObject({ code: 'missing-option', also: { import: { confirm: 101 } } });
    expect((await findUser(place.desk, '100234/u7')).user.name).toBe('First 7');
    expect((await run('Second', 101)).users).toMatchObject({ updated: 101 });
    expect((await run('Second')).users).toMatchObject({ unchanged: 101 });
  });

  it('B56 an approval is for what is added too: other people in the same lines need another one', async () => {
    const limits = { ...place.desk.policy.limits, directory: { confirmOver: 100, contactsOver: 1 } };
    const strict = { ...place.desk, policy: { ...place.desk.policy, limits } };
    const moved = [
      '100234,nancy,Name,nancy@evil.example,,secondary-admin',
      '100234,maria,Name,maria@evil.example,,primary-admin',
    ];
    const imported = async (added: string) => {
      const rows = [...moved, added].join('\n');
      return importDirectory(strict, place.admin, { users: await usersFile(`${HEADER}${rows}\n`) });
    };
    const shown = '100234,eve,Eve,eve@alfki.example,,user';
    const { id } = (await refusal(imported(shown))).also['approval'] as { id: string };
    await decideApproval(place.desk, await place.operator('lead'), { id, approve: true, reason: 'looked at' });
    for (const other of [
      '100234,mallory,Eve,eve@alfki.example,,user',
      '100234,eve,Eve,eve@alfki.example,,primary-admin',
    ])
      expect((await refusal(imported(other))).code).toBe('approval-needed');
    expect((await imported(shown)).users).toMatchObject({ added: 1, updated: 2 });
  });

  it('B56 many small files in a day are no way round it: what was changed since, by hand too, counts with them', async () => {
    const limits = { ...place.desk.policy.limits, directory: { confirmOver: 100, contactsOver: 2 } };
    const strict = { ...place.desk, policy: { ...place.desk.policy, limits } };
    const imported = async (login: string, at: string, name = 'Name') =>
      importDirectory(strict, place.admin, {
        users: await usersFile(`${HEADER}100234,${login},${name},${login}@${at},,${ROLES[login]}\n`),
      });
    const ROLES: Readonly<Record<string, string>> = { nancy: 'secondary-admin', maria: 'primary-admin', new: 'user' };
    place.clock.advance(1000);
    await imported('new', 'evil.example');
    await imported('nancy', 'evil.example');
    await editUser(place.desk, place.admin, await findUser(place.desk, '100234/maria'), { email: 'm@evil.example' });
    expect((await refusal(imported('maria', 'evil.example'))).code).toBe('approval-needed');
    expect((await findUser(place.desk, '100234/maria')).user.email).toBe('m@evil.example');
    // A name changes nobody's codes.
    expect((await imported('nancy', 'evil.example', 'Nancy D')).users).toMatchObject({ updated: 1 });
    place.clock.advance(days(1));
    expect((await imported('maria', 'good.example')).users).toMatchObject({ updated: 1 });
  });

  it('B56 many changed contacts need a second operator, for exactly this file; one fewer does not', async () => {
    const limits = { ...place.desk.policy.limits, directory: { confirmOver: 100, contactsOver: 2 } };
    const strict = { ...place.desk, policy: { ...place.desk.policy, limits } };
    const people = ['100234,nancy,,nancy', '100234,maria,,maria', '100241,ana,,ana'];
    const roles = ['secondary-admin', 'primary-admin', 'admin'];
    const rows = (count: number, at: string) =>
      people
        .slice(0, count)
        .map((start, n) => `${start.replace(',,', ',Name,')}@${at},,${roles[n]}`)
        .join('\n');
    const files = async (count: number, at: string) => ({ users: await usersFile(`${HEADER}${rows(count, at)}\n`) });
    const imported = async (count: number, at: string) => importDirectory(strict, place.admin, await files(count, at));
    expect((await imported(2, 'first.example')).users).toMatchObject({ updated: 2 });

    const asked = await refusal(imported(3, 'evil.example'));
    expect(asked.code).toBe('approval-needed');
    const { id } = asked.also['approval'] as { id: string };
    expect((await findUser(place.desk, '100234/nancy')).user.email).toBe('nancy@first.example');
    expect(await entriesOf(place, 'approval.requested')).toHaveLength(1);
    // The same again makes no second request, and nobody approves their own.
    expect((await refusal(imported(3, 'evil.example'))).also['approval']).toMatchObject({ id });
    const yes = { id, approve: true, reason: 'looked at' };
    await expect(decideApproval(place.desk, place.admin, yes)).rejects.toMatchObject({ code: 'forbidden' });
    await decideApproval(place.desk, await place.operator('lead'), yes);
    // Approved was that file, and no other.
    expect((await refusal(imported(3, 'other.example'))).code).toBe('approval-needed');
    expect((await imported(3, 'evil.example')).users).toMatchObject({ updated: 3 });
    expect((await findUser(place.desk, '100234/nancy')).user.email).toBe('nancy@evil.example');
    expect((await refusal(imported(3, 'third.example'))).code).toBe('approval-needed');
  });

  it('B55 an import that gives an admin another id at another system needs a second operator; a first id does not', async () => {
    const { desk, admin } = place;
    const file = async (...rows: readonly string[]) =>
      importDirectory(desk, admin, {
        users: await usersFile(`account,login,name,role,external\n${rows.join('\n')}\n`),
      });
    const maria = (id: string) => `100234,maria,Maria Anders,primary-admin,${id}`;
    const tom = (id: string) => `100241,tom,Tom,user,${id}`;
    const ids = async () => [
      (await findUser(desk, '100234/maria')).user.external,
      (await findUser(desk, '100241/tom')).user.external,
    ];
    await file(maria('shop:E1'), tom('shop:T1'));
    await file(maria(''), tom('shop:T2'));
    expect(await ids()).toEqual(['shop:E1', 'shop:T2']);
    const asked = await refusal(file(maria('shop:bogus'), tom('shop:T3')));
    expect(asked.code).toBe('approval-needed');
    expect(asked.also['approval']).toMatchObject({ why: 'external', users: 1 });
    expect(await ids()).toEqual(['shop:E1', 'shop:T2']);
    const { id } = asked.also['approval'] as { id: string };
    expect((await showApproval(desk, id)).subject.change).toMatch(
      /; other ids of admins elsewhere \(1\): maria: \S+ -> \S+$/,
    );
    await decideApproval(desk, await place.operator('lead'), { id, approve: true, reason: 'looked at' });
    expect((await refusal(file(maria('shop:other'), tom('shop:T3')))).code).toBe('approval-needed');
    await file(maria('shop:bogus'), tom('shop:T3'));
    expect(await ids()).toEqual(['shop:bogus', 'shop:T3']);
    expect((await desk.store.read.approvals.byId(id))?.state).toBe('used');
  });
});
