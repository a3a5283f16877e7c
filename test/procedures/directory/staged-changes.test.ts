/** What a large import changes of people on file: all of it at once or nothing, while calls come in between (B90). */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/opening/open-desk.js';
import { contactsInForce } from '../../../src/procedures/codes/contact-on-file.js';
import { exportUsers } from '../../../src/procedures/directory/export-directory.js';
import { findAccount, findUser } from '../../../src/procedures/directory/find-account.js';
import { finishImports } from '../../../src/procedures/directory/finish-imports.js';
import { searchUsers } from '../../../src/procedures/directory/search-directory.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { planReset } from '../../../src/procedures/resets/plan-reset.js';
import { flushOutbox } from '../../../src/procedures/upkeep/care-for-outbox.js';
import { besideDesk } from '../../support/beside.js';
import { accountsFile, type Customers, customers, entriesOf, usersFile } from '../../support/directory-desk.js';
import { textOf } from '../../support/pages.js';
import { engines } from '../../support/test-desk.js';

/** More than are written in one step, or changed without being staged. */
const MANY = 510;
/** Every tenth has other contacts too. */
const MOVED = MANY / 10;
const DAYS = 86_400_000;
const QUIET = { signal: new AbortController().signal, step: () => undefined };

describe.each(engines)('a large import of changes on %s', (engine) => {
  let place: Customers;
  let desk: Customers['desk'];
  beforeEach(async () => {
    place = await customers(engine);
    const limits = { ...place.desk.policy.limits, directory: { confirmOver: 10_000, contactsOver: 10_000 } };
    desk = { ...place.desk, policy: { ...place.desk.policy, limits } };
    await importDirectory(desk, place.admin, await file('Old', false));
    place.clock.advance(30 * DAYS);
  });
  afterEach(() => place.close());

  const rowOf = (n: number, name: string, moved: boolean) => {
    const [mail, number] = moved && n % 10 === 7 ? ['new', '40'] : ['old', '20'];
    // 11 and 12 share an address, which no import changes.
    return `100234,many${n},${name}${n} Person,many${n === 12 ? 11 : n}@${mail}.example,+49 30 ${number}${10_000 + n},user\n`;
  };
  const file = async (name: string, moved: boolean) => {
    const rows = Array.from({ length: MANY }, (_, n) => rowOf(n, name, moved)).join('');
    return { users: await usersFile(`account,login,name,email,phone,role\n${rows}`) };
  };
  const changes = async () => ({
    accounts: await accountsFile('number,name,edition,country\n100234,Futterkiste & Co,classic,DE\n'),
    ...(await file('New', true)),
  });
  const once = (nth: number, work: () => Promise<unknown>) =>
    besideDesk(desk, (locked) => (locked === nth ? work() : Promise.resolve()));
  const killedAfter = async (steps: number) => {
    const dead = besideDesk(desk, async (locked) => {
      if (locked >= steps) throw new Error('killed');
    });
    await expect(importDirectory(dead, place.admin, await changes())).rejects.toThrow('killed');
  };
  it('B55 an id at another system that somebody gets while the import is staged is not given twice', async () => {
    const rows = Array.from({ length: MANY }, (_, n) => `100234,many${n},Old${n} Person,user,shop:E${n}\n`).join('');
    const users = await usersFile(`account,login,name,role,external\n${rows}`);
    const nancy = { account: place.classic, user: place.nancy };
    const given: string[] = [];
    const give = async () => {
      const edit = (external: string) => editUser(place.desk, place.admin, nancy, { external });
      // What is staged is taken; what is not, is not.
      await edit('shop:e0').then(
        () => given.push('shop:e0'),
        () => undefined,
      );
      await edit(`shop:E${MANY - 1}`).then(
        () => given.push('last'),
        () => undefined,
      );
    };
    const beside = once(3, give);
    await expect(importDirectory(beside, place.admin, { users })).rejects.toMatchObject({ code: 'invalid-input' });
    expect(given).toEqual(['last']);
    expect((await desk.store.read.users.byExternal([`shop:E${MANY - 1}`])).map(({ user }) => user.login)).toEqual([
      'nancy',
    ]);
    expect(await desk.store.read.users.byExternal(['shop:E0'])).toEqual([]);
  });

  it('B55 an id that a killed import would have given is nobody’s', async () => {
    const rows = Array.from({ length: MANY }, (_, n) => `100234,many${n},Old${n} Person,user,shop:E${n}\n`).join('');
    const users = await usersFile(`account,login,name,role,external\n${rows}`);
    const dead = besideDesk(desk, async (locked) => {
      if (locked >= 5) throw new Error('killed');
    });
    await expect(importDirectory(dead, place.admin, { users })).rejects.toThrow('killed');
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const set = (change: Parameters<typeof desk.store.record>[1]) =>
      desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by }, change);
    await set((write) => write.accounts.update(place.classic.id, { connector: 'shop' }));
    await set((write) => write.users.update(place.nancy.id, { external: 'shop:E0' }));
    const gate = { kind: 'none' as const, minutes: 60 };
    const settings = async (name: string) => ({ name, kind: 'command' as const, place: 'here', gate });
    const there = { ...desk, connectors: { ...desk.connectors, settings } };
    const asked = [{ line: 1, account: '100234', login: 'nancy', email: '', user: '' }];
    const request = { reason: 'lost', ticket: 'T-1', final: false, source: 'typed', wholeAccount: null, rows: asked };
    const { plan } = await planReset(there, { ...place.admin, codeAt: desk.now() }, request);
    expect(plan.rows.map((row) => row.class)).toEqual(['to-reset']);
    await set((write) => write.users.update(place.nancy.id, { external: null }));
    // Whoever removes what it left has only begun.
    const [left] = await desk.store.read.imports.all();
    await set((write) => write.imports.update(left?.id ?? '', { state: 'abandoned' }));
    const edited = await editUser(
      desk,
      place.admin,
      { account: place.classic, user: place.nancy },
      { external: 'shop:e0' },
    );
    expect(edited.user.external).toBe('shop:e0');
  });

  it('B55 what a settled import gives a person is theirs before it is written into their row', async () => {
    const rows = Array.from({ length: MANY }, (_, n) => `100234,many${n},Old${n} Person,user,shop:E${n}\n`).join('');
    const users = await usersFile(`account,login,name,role,external\n${rows}`);
    const dead = besideDesk(desk, async (locked) => {
      if ((await place.desk.store.read.imports.all()).some(({ state }) => state === 'settled') && locked > 0)
        throw new Error('killed');
    });
    await importDirectory(dead, place.admin, { users }).catch(() => undefined);
    const nancy = { account: place.classic, user: place.nancy };
    await expect(editUser(place.desk, place.admin, nancy, { external: 'SHOP:E7'.toLowerCase() })).rejects.toMatchObject(
      {
        code: 'invalid-input',
      },
    );
  });

  const seen = async () => {
    const { accounts, users } = place.desk.store.read;
    const { user } = await findUser(desk, '100234/many7');
    const shared = { id: '', phoneDigits: '' };
    return {
      person: [user.name, user.email, user.phone, user.phoneE164],
      company: [(await accounts.byId(place.classic.id))?.name, (await findAccount(desk, '100234')).country],
      named: (await accounts.byName('futterkiste & co')).length,
      byOld: (await users.byEmail(place.classic.id, 'many7@old.example')).length,
      byNew: (await users.byEmail(place.classic.id, 'many7@new.example')).length,
      pairs: (await users.byEmailPairs([{ accountId: place.classic.id, emailKey: 'many17@new.example' }])).length,
      twins: (await users.byEmail(place.classic.id, 'many11@old.example')).map(({ login }) => login),
      alsoTwins: await users.countSharing({ ...shared, emailKey: 'many11@old.example', phoneE164: null }),
      sharedOld: (await users.sharing({ ...shared, emailKey: 'many17@old.example', phoneE164: null }, 9)).length,
      sharedNew: await users.countSharing({ ...shared, emailKey: '', phoneE164: '+49304010017' }),
    };
  };
  const exported = async () =>
    (await textOf(await exportUsers(desk, place.admin, place.classic))).match(/@new\.example/g)?.length ?? 0;
  const AFTER = {
    person: ['New7 Person', 'many7@new.example', '+49 30 4010007', '+49304010007'],
    company: ['Futterkiste & Co', 'DE'],
    named: 1,
    byOld: 0,
    byNew: 1,
    pairs: 1,
    twins: ['many11', 'many12'],
    alsoTwins: 2,
    sharedOld: 0,
    sharedNew: 1,
  };
  const notices = async () => {
    const rows = await place.desk.store.read.outbox.list(5_000);
    return rows.filter(({ kind }) => kind === 'contact-changed').length;
  };

  it('is in force for everybody at once, whichever way one looks', async () => {
    const before = await seen();
    expect(before).toMatchObject({
      twins: ['many11', 'many12'],
      alsoTwins: 2,
      byOld: 1,
      byNew: 0,
      sharedOld: 1,
      sharedNew: 0,
    });
    const meanwhile: unknown[] = [];
    const watched = besideDesk(desk, async () => meanwhile.push(await seen()));
    const report = await importDirectory(watched, place.admin, await changes());
    expect(report).toMatchObject({ accounts: { updated: 1 }, users: { updated: MANY } });
    const turn = meanwhile.findIndex((one) => JSON.stringify(one) !== JSON.stringify(before));
    expect(turn).toBeGreaterThan(4);
    expect(meanwhile.length - turn).toBeGreaterThan(4);
    for (const one of meanwhile.slice(turn)) expect(one).toEqual(AFTER);
    expect(await seen()).toEqual(AFTER);
    expect(report.notices).toHaveLength(2 * MOVED);
    expect(await place.desk.store.read.imports.all()).toEqual([]);
    expect((await searchUsers(desk, 'new507 person', { limit: 9 })).found.map(({ user }) => user.login)).toEqual([
      'many507',
    ]);
    expect((await searchUsers(desk, 'old507 person', { limit: 9 })).found).toEqual([]);
    expect(await place.desk.store.tableFaults()).toEqual([]);
  });

  it('locks the store for a few rows at a time', async () => {
    await importDirectory(desk, place.admin, await changes());
    const steps = (await entriesOf(place, 'directory.staged')).map(
      (entry) => entry['detail'] as { changed?: string[]; written?: number },
    );
    expect(Math.max(...steps.map(({ changed = [] }) => changed.length))).toBeLessThan(200);
    expect(steps.flatMap(({ changed = [] }) => changed)).toHaveLength(MANY + 1);
    expect(Math.max(...steps.map(({ written = 0 }) => written))).toBeLessThan(200);
    expect(steps.reduce((sum, { written = 0 }) => sum + written, 0)).toBe(MANY + 1);
  });

  it.each([1, 2, 5])('stopped after %i steps changes nothing, and the next import removes it', async (steps) => {
    const before = await seen();
    await killedAfter(steps);
    expect([await seen(), await exported()]).toEqual([before, 0]);
    await importDirectory(desk, place.admin, {
      users: await usersFile('account,login,name,role\n100234,zed,Zed,user\n'),
    });
    expect(await seen()).toEqual(before);
    expect([await place.desk.store.read.imports.all(), await notices()]).toEqual([[], 0]);
    await importDirectory(desk, place.admin, await changes());
    expect(await seen()).toEqual(AFTER);
  });

  it.each([8, 10])('stopped after %i steps it is in force, and a flush tells everybody, once', async (steps) => {
    await killedAfter(steps);
    expect([await seen(), await exported()]).toEqual([AFTER, MOVED]);
    expect(await place.desk.store.read.imports.all()).toHaveLength(1);
    await flushOutbox(desk, QUIET);
    expect(await seen()).toEqual(AFTER);
    expect([await place.desk.store.read.imports.all(), await notices()]).toEqual([[], 2 * MOVED]);
    await flushOutbox(desk, QUIET);
    await finishImports(desk);
    expect(await notices()).toBe(2 * MOVED);
    expect((await searchUsers(desk, 'old507 person', { limit: 9 })).found).toEqual([]);
  });

  it('a person who is changed meanwhile makes it plan anew', async () => {
    const hand = async () =>
      editUser(desk, place.admin, await findUser(desk, '100234/many7'), { email: 'hand@x.example' });
    const report = await importDirectory(once(6, hand), place.admin, await changes());
    expect(report).toMatchObject({ users: { updated: MANY } });
    expect(await seen()).toEqual(AFTER);
    const [person] = await place.desk.store.read.users.contacts([(await findUser(desk, '100234/many7')).user.id]);
    expect(person?.formerContacts.map(({ email }) => email)).toEqual(['many7@old.example', 'hand@x.example']);
  });

  it('what is changed by hand before it is written keeps both changes, and all are told', async () => {
    await killedAfter(8);
    await editUser(desk, place.admin, await findUser(desk, '100234/many507'), { name: 'By Hand' });
    await editAccount(desk, place.admin, await findAccount(desk, '100234'), { name: 'Hand & Co' });
    await flushOutbox(desk, QUIET);
    const { user, account } = await findUser(desk, '100234/many507');
    expect([user.name, user.email, account.name, account.country]).toEqual([
      'By Hand',
      'many507@new.example',
      'Hand & Co',
      'DE',
    ]);
    expect(await notices()).toBe(2 * MOVED);
  });

  it('a new contact is on file from the moment in which it is in force, however long the import took (B57)', async () => {
    const slept = once(5, async () => place.clock.advance(100 * DAYS));
    const killed = besideDesk(slept, async (locked) => {
      if (locked >= 8) throw new Error('killed');
    });
    await expect(importDirectory(killed, place.admin, await changes())).rejects.toThrow('killed');
    const contacts = async () => {
      const [person] = await place.desk.store.read.users.contacts([(await findUser(desk, '100234/many507')).user.id]);
      return person === undefined ? undefined : contactsInForce(desk, person).email;
    };
    expect([(await seen()).person[1], await contacts()]).toEqual(['many7@new.example', 'many507@old.example']);
    await finishImports(desk);
    expect(await contacts()).toBe('many507@old.example');
    place.clock.advance(30 * DAYS);
    expect(await contacts()).toBe('many507@new.example');
  });

  it.each([
    ['written at once', 20],
    ['staged', MANY],
  ])('a number that another country dials differently waits too, %s (B57)', async (_how, count) => {
    await editAccount(desk, place.admin, await findAccount(desk, '100241'), { country: 'AT' });
    const rows = (name: string) =>
      Array.from(
        { length: count },
        (_, n) => `100241,wien${n},${name}${n},w${n}@x.example,0660 ${4_000_000 + n},user\n`,
      );
    const users = (name: string) => usersFile(`account,login,name,email,phone,role\n${rows(name).join('')}`);
    await importDirectory(desk, place.admin, { users: await users('Vor') });
    place.clock.advance(30 * DAYS);
    const moved = await accountsFile('number,name,edition,country\n100241,Ana,x-series,DE\n');
    const numbers = async () => {
      const [person] = await place.desk.store.read.users.contacts([(await findUser(desk, '100241/wien3')).user.id]);
      return [person?.user.phoneE164, person && contactsInForce(desk, person).phoneE164];
    };
    const both = { accounts: moved, users: await users('Nach') };
    const dead = besideDesk(desk, async (locked) => {
      if (locked >= 8 && count === MANY) throw new Error('killed');
    });
    await importDirectory(dead, place.admin, both).catch((error: Error) => expect(error.message).toBe('killed'));
    expect(await numbers()).toEqual(['+496604000003', '+436604000003']);
    place.clock.advance(30 * DAYS);
    // Where nobody was told yet, it goes on waiting.
    if (count === MANY) expect(await numbers()).toEqual(['+496604000003', '+436604000003']);
    await finishImports(desk);
    if (count === MANY) expect(await numbers()).toEqual(['+496604000003', '+436604000003']);
    place.clock.advance(30 * DAYS);
    expect(await numbers()).toEqual(['+496604000003', '+496604000003']);
  });

  it('what stands beside a row is refused once somebody else has changed it (B86)', async () => {
    await killedAfter(8);
    const { db } = await openEngine(place.settings.store, false);
    await sql`update users set staged = replace(staged, '@new.example', '@evil.example')
      where login = 'many507'`.execute(db);
    await db.destroy();
    await expect(findUser(desk, '100234/many507')).rejects.toMatchObject({ code: 'store-corrupt' });
    await expect(finishImports(desk)).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});
