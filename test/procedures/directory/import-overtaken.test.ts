/** An import plans before it locks the store (B90): others work meanwhile, and what they change counts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { searchUsers } from '../../../src/procedures/directory/search-directory.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { importDirectory, previewImport } from '../../../src/procedures/imports/import-directory.js';
import { besideDesk } from '../../support/beside.js';
import { accountsFile, type Customers, customers, entriesOf, usersFile } from '../../support/directory-desk.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';

const HEADER = 'account,login,name,email,phone,role\n';
const ROWS =
  '100234,nancy,Nancy Anew,nancy@alfki.example,(206) 555-9857,secondary-admin\n100234,eva,Eva Neu,eva@x.example,030 1234567,user\n';

describe.each(engines)('an import beside other work, on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const request = async (rows = ROWS) => ({ users: await usersFile(HEADER + rows) });
  const entry = () =>
    ({
      kind: 'test.meanwhile',
      outcome: 'done',
      at: place.desk.now(),
      by: { kind: 'system', id: 't', name: 't' },
    }) as const;
  /** The desk; once, just before it next locks its store, this happens. */
  const first = (meanwhile: () => Promise<unknown>): Desk => {
    let done = false;
    return besideDesk(place.desk, async () => {
      if (done) return;
      done = true;
      await meanwhile();
    });
  };
  const add = (login: string) =>
    addUser(place.desk, place.admin, {
      account: '100234',
      login,
      name: 'Eva Alt',
      email: 'old@x.example',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'native',
    });

  it('lets others write while it plans, and locks the store once', async () => {
    const { desk } = place;
    let written = 0;
    let locked = 0;
    const users = {
      ...desk.store.read.users,
      byLoginPairs: async (pairs: Parameters<typeof desk.store.read.users.byLoginPairs>[0]) => {
        await desk.store.record(entry(), async () => undefined);
        written += 1;
        return desk.store.read.users.byLoginPairs(pairs);
      },
    };
    const record: Desk['store']['record'] = (...door) => {
      locked += 1;
      return desk.store.record(...door);
    };
    const watched = { ...desk, store: { ...desk.store, record, read: { ...desk.store.read, users } } };
    expect(await importDirectory(watched, place.admin, await request())).toMatchObject({
      users: { added: 1, updated: 1 },
    });
    expect([written > 0, locked]).toEqual([true, 1]);
  });

  it('finds whoever it added by each word, also of many', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => `100234,many${n},Given${n} Ünal,,030 ${2_000_000 + n},user\n`);
    await importDirectory(place.desk, place.admin, await request(many.join('')));
    const found = async (text: string) =>
      (await searchUsers(place.desk, text, { limit: 5 })).found.map(({ user }) => user.login);
    expect(await found('given1199 unal')).toEqual(['many1199']);
    expect(await found('030 2000777')).toEqual(['many777']);
  });

  it('a login that was added meanwhile is updated, not added twice', async () => {
    const desk = first(() => add('eva'));
    const report = await importDirectory(desk, place.admin, await request());
    expect(report.users).toEqual({ rows: 2, added: 0, updated: 2, unchanged: 0 });
    expect((await findUser(place.desk, '100234/eva')).user).toMatchObject({ name: 'Eva Neu', email: 'eva@x.example' });
    expect(await entriesOf(place, 'user.added')).toHaveLength(4);
  });

  it('what is on file now decides who is told of a changed contact', async () => {
    const desk = first(() =>
      editUser(place.desk, place.admin, { account: place.classic, user: place.nancy }, { email: 'between@x.example' }),
    );
    const { notices } = await importDirectory(desk, place.admin, await request());
    const messages = await place.desk.store.read.outbox.list(100);
    expect(messages.filter(({ id }) => notices.includes(id))).toHaveLength(2);
    expect((await findUser(place.desk, '100234/nancy')).user).toMatchObject({
      name: 'Nancy Anew',
      email: 'nancy@alfki.example',
    });
  });

  it('a company that moved to another country meanwhile decides how new numbers are dialled', async () => {
    const desk = first(() => editAccount(place.desk, place.admin, place.classic, { country: 'US' }));
    await importDirectory(desk, place.admin, await request('100234,zed,Zed,,(206) 555-0100,user\n'));
    expect((await findUser(place.desk, '100234/zed')).user.phoneE164).toBe('+12065550100');
  });

  it('a company with a number that was taken meanwhile is judged by what is there', async () => {
    const files = async () => ({ accounts: await accountsFile('number,name,edition\n7,Seven,x-series\n') });
    const desk = first(async () =>
      importDirectory(place.desk, place.admin, {
        accounts: await accountsFile('number,name,edition\n7,Sieben,classic\n'),
      }),
    );
    expect(await refusal(importDirectory(desk, place.admin, await files()))).toMatchObject({
      problems: [{ line: 2, column: 'edition' }],
    });
  });

  it.each([
    ['another number of changes than was confirmed', async () => ({ confirm: 2 }), /is not the number/],
    [
      'another outcome than was looked at',
      async () => previewImport(place.desk, place.admin, await request()),
      /has changed since this plan/,
    ],
  ])('all or nothing: %s changes nothing', async (_what, given, said) => {
    const { confirm, ...looked } = (await given()) as { confirm: number; outcome?: string };
    const desk = first(async () => {
      await add('eva');
      await editUser(place.desk, place.admin, { account: place.classic, user: place.nancy }, { name: 'Nancy Anew' });
    });
    const late = importDirectory(desk, place.admin, {
      ...(await request()),
      confirm,
      ...('outcome' in looked ? { outcome: looked.outcome } : {}),
    });
    expect((await refusal(late)).message).toMatch(said);
    expect((await findUser(place.desk, '100234/eva')).user.name).toBe('Eva Alt');
  });
});
