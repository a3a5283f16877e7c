/** A large import is written some rows at a time, so that calls come in between, and is there all at once or not at all (B90). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addAccount, addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { exportUsers, userPages } from '../../../src/procedures/directory/export-directory.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { searchUsers } from '../../../src/procedures/directory/search-directory.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { importDirectory, previewImport } from '../../../src/procedures/imports/import-directory.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { hours } from '../../../src/rules/duration.js';
import { besideDesk } from '../../support/beside.js';
import { accountsFile, type Customers, customers, entriesOf, usersFile } from '../../support/directory-desk.js';
import { textOf } from '../../support/pages.js';
import { refusalOf as refusal } from '../../support/said.js';
import { signedOperator } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';

const MANY = 600;

describe.each(engines)('a large import on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  /** A new company 777 with half of the people; the others are of a company on file. */
  const request = async (more = '') => ({
    accounts: await accountsFile('number,name,edition\n777,Sevenfold,classic\n'),
    users: await usersFile(
      `account,login,name,email,phone,role,scopes\n${Array.from(
        { length: MANY },
        (_, n) =>
          `${n % 2 === 0 ? 777 : 100234},many${n},Given${n} Staged,many${n}@x.example,030 ${2_000_000 + n},user,\n`,
      ).join('')}${more}`,
    ),
  });
  const beside = (meanwhile: (locked: number) => Promise<unknown>) => besideDesk(place.desk, meanwhile);
  const once = (nth: number, work: () => Promise<unknown>) =>
    beside((locked) => (locked === nth ? work() : Promise.resolve()));
  const person = (login: string) => ({
    account: '100234',
    login,
    name: 'Eva Alt',
    email: 'old@x.example',
    phone: '',
    role: 'user',
    scopes: [],
    signIn: 'native',
  });
  const seen = async () => {
    const { desk, admin } = place;
    const { accounts, users } = desk.store.read;
    return {
      users: await users.count(),
      found: (await searchUsers(desk, 'staged', { limit: 50 })).found.length,
      first: await desk.store.read.search.first('user', [['staged']], 20).then((ids) => ids.length),
      typed: await desk.store.read.search.inside('user', 'taged', 20).then((ids) => ids.length),
      company: (await accounts.byNumber('777'))?.name,
      login: (await users.byLogin(place.classic.id, 'many1'))?.name,
      exported: (await textOf(await exportUsers(desk, admin, place.classic))).split('\n').length,
    };
  };

  it('is there for nobody until it is all there, whichever way one looks', async () => {
    const before = await seen();
    expect(before).toMatchObject({ found: 0, first: 0, typed: 0, company: undefined, login: undefined });
    const meanwhile: unknown[] = [];
    const watched = beside(async () => meanwhile.push(await seen()));
    const report = await importDirectory(watched, place.admin, await request());
    expect(report).toMatchObject({ accounts: { added: 1 }, users: { added: MANY } });
    expect(meanwhile.length).toBeGreaterThan(10);
    const first = meanwhile.findIndex((one) => JSON.stringify(one) !== JSON.stringify(before));
    expect(meanwhile.slice(first)).toEqual(meanwhile.slice(first).map(() => meanwhile.at(-1)));
    expect(await seen()).toEqual(meanwhile.at(-1));
    expect(await seen()).toEqual({
      users: before.users + MANY,
      found: 50,
      first: 20,
      typed: 20,
      company: 'Sevenfold',
      login: 'Given1 Staged',
      exported: before.exported + MANY / 2,
    });
    expect(await place.desk.store.read.imports.all()).toEqual([]);
  });

  it('locks the store for a few rows at a time, and the more rows the more often', async () => {
    let locked = 0;
    await importDirectory(
      beside(async () => {
        locked += 1;
      }),
      place.admin,
      await request(),
    );
    const chunks = (await entriesOf(place, 'directory.staged')).map((entry) => entry['detail'] as { users?: string[] });
    expect(Math.max(...chunks.map(({ users = [] }) => users.length))).toBeLessThan(200);
    expect(chunks.flatMap(({ users = [] }) => users)).toHaveLength(MANY);
    expect(locked).toBeGreaterThanOrEqual(chunks.length + 1);
  });

  it.each([1, 3, 5, 7])(
    'stopped after %i steps leaves nothing that counts, and the next import removes it',
    async (steps) => {
      const before = await seen();
      const dead = beside(async (locked) => {
        if (locked >= steps) throw new Error('killed');
      });
      await expect(importDirectory(dead, place.admin, await request())).rejects.toThrow('killed');
      expect(await seen()).toEqual(before);
      expect(await place.desk.store.read.imports.all()).toHaveLength(1);
      await importDirectory(place.desk, place.admin, {
        users: await usersFile('account,login,name,role\n100234,zed,Zed,user\n'),
      });
      expect(await place.desk.store.read.imports.all()).toEqual([]);
      expect(await place.desk.store.read.users.count()).toBe(before.users + 1);
      expect(await importDirectory(place.desk, place.admin, await request())).toMatchObject({ users: { added: MANY } });
      expect((await seen()).users).toBe(before.users + 1 + MANY);
    },
  );

  it.each([
    [3, 'added'],
    [5, 'added'],
    [3, 'changed'],
  ])(
    'B55 killed after %i steps, with people %s, it bars no id at another system of the same file',
    async (steps, how) => {
      const row = (n: number) => `100234,many${n},Given${n} Staged,user,shop:E${n}\n`;
      const text = `account,login,name,role,external\n${Array.from({ length: MANY }, (_, n) => row(n)).join('')}`;
      const same = async () => ({ users: await usersFile(text) });
      if (how === 'changed') {
        const there = text.replaceAll(/,shop:E\d+/g, ',');
        await importDirectory(place.desk, place.admin, { users: await usersFile(there) });
      }
      const dead = beside(async (locked) => {
        if (locked >= steps) throw new Error('killed');
      });
      const asked = { ...(await same()), ...(how === 'changed' ? { confirm: MANY } : {}) };
      await expect(importDirectory(dead, place.admin, asked)).rejects.toThrow('killed');
      expect(await place.desk.store.read.imports.all()).toMatchObject([{ state: 'open' }]);
      expect(await previewImport(place.desk, place.admin, await same())).toMatchObject({ confirm: expect.anything() });
      const other = await signedOperator(place.desk, 'admin', 'otto');
      const again = { ...asked, ...(await same()) };
      expect(await refusal(importDirectory(place.desk, other, again))).toMatchObject({ code: 'busy' });
      await importDirectory(place.desk, place.admin, again);
      const held = await place.desk.store.read.users.byExternal(['shop:e0', `SHOP:E${MANY - 1}`]);
      expect(held.map(({ id }) => id).toSorted()).toEqual(['shop:E0', `shop:E${MANY - 1}`]);
    },
  );

  it('B87 what a killed one left when the clock was hours ahead stops nobody once that was set back', async () => {
    const dead = beside(async (locked) => {
      if (locked >= 4) throw new Error('killed');
    });
    await expect(importDirectory(dead, place.admin, await request())).rejects.toThrow('killed');
    const other = await signedOperator(place.desk, 'admin', 'otto');
    expect(await refusal(importDirectory(place.desk, other, await request()))).toMatchObject({ code: 'busy' });
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const at = place.desk.now();
    await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at, by }, async (write) => {
      for (const { id } of await write.imports.all()) await write.imports.update(id, { seen_at: at + hours(20) });
    });
    await importDirectory(place.desk, other, await request());
    expect(await place.desk.store.read.imports.all()).toEqual([]);
  });

  it.each([2, 4, 6, 8])('interrupted after %i steps it ends as cancelled, and leaves nothing', async (steps) => {
    const before = await seen();
    const stop = new AbortController();
    const watched = once(steps, async () => stop.abort());
    const asked = { ...(await request()), signal: stop.signal };
    const error = await refusal(importDirectory(watched, place.admin, asked));
    expect(error).toMatchObject({ code: 'cancelled' });
    expect(await seen()).toEqual(before);
    expect(await place.desk.store.read.imports.all()).toEqual([]);
    expect((await refusal(previewImport(place.desk, place.admin, asked))).code).toBe('cancelled');
  });

  it('a signal is heard while it is planned, and between the pages of an export', async () => {
    const stop = new AbortController();
    const asked = { ...(await request()), signal: stop.signal };
    // As a signal comes: when the process looks up from its work.
    setImmediate(() => stop.abort());
    expect((await refusal(previewImport(place.desk, place.admin, asked))).code).toBe('cancelled');
    await importDirectory(place.desk, place.admin, await request());
    const heard: boolean[] = [];
    let here = false;
    for await (const _page of userPages(place.desk)) {
      heard.push(here);
      setImmediate(() => {
        here = true;
      });
    }
    expect(heard).toEqual([false, true]);
  });

  it('is told that another import of the same operator has removed it, and adds nothing', async () => {
    const late = once(4, async () => importDirectory(place.desk, place.admin, await request()));
    const message = (await refusal(importDirectory(late, place.admin, await request()))).message;
    expect(message).toMatch(/another import has been started/);
    expect((await seen()).found).toBe(50);
    expect(await place.desk.store.read.users.count()).toBe((await seen()).users);
  });

  it('keeps another operator waiting, who goes on once nothing was written for half a minute', async () => {
    const other = await signedOperator(place.desk, 'admin', 'otto');
    const small = async () => ({ users: await usersFile('account,login,name,role\n100234,zed,Zed,user\n') });
    const refused: unknown[] = [];
    const dead = beside(async (locked) => {
      if (locked === 5) refused.push(await refusal(importDirectory(place.desk, other, await small())));
      if (locked >= 5) throw new Error('killed');
    });
    await expect(importDirectory(dead, place.admin, await request())).rejects.toThrow('killed');
    expect(refused[0]).toMatchObject({ code: 'busy', message: expect.stringContaining("somebody else's import") });
    place.clock.advance(31_000);
    expect(await importDirectory(place.desk, other, await small())).toMatchObject({ users: { added: 1 } });
  });

  it('nobody else takes its logins and numbers meanwhile', async () => {
    const refused: unknown[] = [];
    const watched = once(6, async () => {
      refused.push(await refusal(addUser(place.desk, place.admin, person('many1'))));
      refused.push(
        await refusal(addAccount(place.desk, place.admin, { number: '777', name: 'Sieben', edition: 'classic' })),
      );
    });
    expect(await importDirectory(watched, place.admin, await request())).toMatchObject({ users: { added: MANY } });
    expect(refused).toMatchObject([{ code: 'busy' }, { code: 'busy' }]);
  });

  it.each([
    [
      'a login was added before its turn',
      () => addUser(place.desk, place.admin, person('many599')),
      { added: MANY - 1, updated: 1 },
    ],
    [
      'a company on file moved',
      () => editAccount(place.desk, place.admin, place.classic, { country: 'US' }),
      { added: MANY },
    ],
  ])('is planned and written anew where %s', async (_what, meanwhile, users) => {
    const report = await importDirectory(once(3, meanwhile), place.admin, await request());
    expect(report).toMatchObject({ users });
    expect(await place.desk.store.read.imports.all()).toEqual([]);
    expect((await findUser(place.desk, '100234/many599')).user.name).toBe('Given599 Staged');
  });

  it('a company that moved decides how the new numbers are dialled', async () => {
    const watched = once(7, () => editAccount(place.desk, place.admin, place.classic, { country: 'US' }));
    await importDirectory(watched, place.admin, await request('100234,zed,Zed,,(206) 555-0100,user,\n'));
    expect((await findUser(place.desk, '100234/zed')).user.phoneE164).toBe('+12065550100');
  });

  it('new power waits from the moment in which it is there, however long the import took (B84)', async () => {
    const boss = '100234,boss,Boss,boss@x.example,,secondary-admin,login-security:mfa-reset\n';
    const slept = once(12, async () => place.clock.advance(100 * 3_600_000));
    await importDirectory(slept, place.admin, await request(boss));
    const { user } = await findUser(place.desk, '100234/boss');
    expect(user.powerHeldUntil).toBeGreaterThan(place.desk.now() + 71 * 3_600_000);
    const details = (await entriesOf(place, 'user.added')).map((entry) => entry['detail'] as { heldUntil?: number });
    expect(details.some(({ heldUntil }) => heldUntil === user.powerHeldUntil)).toBe(true);
  });

  it('the first admins of a company are in the log with their roles', async () => {
    await importDirectory(place.desk, place.admin, await request('777,first,First,first@x.example,,primary-admin,\n'));
    const { user } = await findUser(place.desk, '777/first');
    const listed = (await entriesOf(place, 'user.added')).flatMap(
      (entry) => (entry['detail'] as { admins?: string[] }).admins ?? [],
    );
    expect(listed.filter((text) => text.startsWith(`${user.id} primary-admin`))).toHaveLength(1);
    expect(user.powerHeldUntil).toBeNull();
  });

  it('asks for a second operator before anything is written, and uses the yes when all is there (B56)', async () => {
    const limits = { ...place.desk.policy.limits, directory: { confirmOver: 100, contactsOver: 1 } };
    const strict = { ...place.desk, policy: { ...place.desk.policy, limits } };
    const moved = [
      'nancy,Nancy Davolio,n@new.example,,secondary-admin,billing',
      'maria,Maria Anders,m@new.example,,primary-admin,',
    ];
    const file = async () => request(moved.map((row) => `100234,${row}\n`).join(''));
    const refused = await refusal(importDirectory(strict, place.admin, await file()));
    expect([refused.code, await entriesOf(place, 'directory.staged')]).toEqual(['approval-needed', []]);
    const { id } = refused.also['approval'] as { id: string };
    await decideApproval(place.desk, await place.operator('lead'), { id, approve: true, reason: 'looked at' });
    const dead = { ...strict, store: { ...once(9, async () => Promise.reject(new Error('killed'))).store } };
    await expect(importDirectory(dead, place.admin, await file())).rejects.toThrow('killed');
    expect((await importDirectory(strict, place.admin, await file())).users).toMatchObject({ added: MANY, updated: 2 });
    expect((await place.desk.store.read.approvals.byId(id))?.state).toBe('used');
  });

  it('B55 asks so too for another id of an admin at another system, before anything is written', async () => {
    const file = async (id: string) => {
      const others = Array.from({ length: MANY }, (_, n) => `100234,more${n},More,user,\n`).join('');
      const row = `100234,maria,Maria Anders,primary-admin,${id}\n`;
      return { users: await usersFile(`account,login,name,role,external\n${row}${others}`) };
    };
    await place.desk.store.record(
      { kind: 'test.known', outcome: 'done', at: 1, by: { kind: 'system', id: 'test', name: 'test' } },
      (write) => write.users.update(place.maria.id, { external: 'shop:E1' }),
    );
    const refused = await refusal(importDirectory(place.desk, place.admin, await file('shop:E2')));
    expect([refused.code, await entriesOf(place, 'directory.staged')]).toEqual(['approval-needed', []]);
    const { id } = refused.also['approval'] as { id: string };
    await decideApproval(place.desk, await place.operator('lead'), { id, approve: true, reason: 'looked at' });
    await importDirectory(place.desk, place.admin, await file('shop:E2'));
    expect((await findUser(place.desk, '100234/maria')).user.external).toBe('shop:E2');
  });

  it('what a killed import has left bars nobody who adds a login or a company by hand', async () => {
    const dead = beside(async (locked) => {
      if (locked >= 7) throw new Error('killed');
    });
    await expect(importDirectory(dead, place.admin, await request())).rejects.toThrow('killed');
    place.clock.advance(31_000);
    await addAccount(place.desk, place.admin, { number: '777', name: 'Sieben', edition: 'classic' });
    expect((await addUser(place.desk, place.admin, person('many1'))).user.name).toBe('Eva Alt');
  });

  it('a file with faults does not end an import of the same operator', async () => {
    const refused: unknown[] = [];
    const bad = async () => ({ users: await usersFile('account,login,name,role\n100234,zed,Zed,king\n') });
    const late = once(6, async () =>
      refused.push(await refusal(importDirectory(place.desk, place.admin, await bad()))),
    );
    expect(await importDirectory(late, place.admin, await request())).toMatchObject({ users: { added: MANY } });
    expect(refused).toMatchObject([{ code: 'invalid-input' }]);
  });

  it('new power waits, and each admin whom it adds is told of by an entry', async () => {
    const report = await importDirectory(
      place.desk,
      place.admin,
      await request('100234,boss,Boss,boss@x.example,,secondary-admin,login-security:mfa-reset\n'),
    );
    expect(report).toMatchObject({ users: { added: MANY + 1 } });
    const added = await entriesOf(place, 'user.added');
    const details = added.map((entry) => entry['detail'] as { role?: string; heldUntil?: number });
    expect(details.filter(({ heldUntil }) => typeof heldUntil === 'number')).toMatchObject([
      { role: 'secondary-admin' },
    ]);
    const { user } = await findUser(place.desk, '100234/boss');
    expect(user.powerHeldUntil).toBeGreaterThan(place.desk.now());
  });
});
