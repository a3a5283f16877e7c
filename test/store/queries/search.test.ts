import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldKey, phoneWords, searchWords } from '../../../src/rules/directory-keys.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, userRow } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const PEOPLE = [
  { login: 'ana', name: 'Ana Trujillo', email: 'ana@northwind.example', phone: '(206) 555-9857' },
  { login: 'andre', name: 'André Fonseca', email: 'andre@northwind.example', phone: '+55 11 3012-4433' },
  { login: 'zoe', name: 'Zoë Ångström-Łukasz', email: 'zoe@northwind.example', phone: '' },
  { login: 'strasse', name: 'Groß Straße', email: '', phone: '030 123456' },
  { login: '50%off', name: 'Fifty_Percent \\ Off', email: '', phone: '' },
  { login: '500off', name: 'Fifty Hundred Off', email: '', phone: '' },
  { login: 'yuki', name: '山田 雪', email: '', phone: '' },
  { login: 'clown', name: '🤡 Clown', email: '', phone: '' },
] as const;

/** Strings that mean something to SQL, LIKE, JSON, a terminal or Unicode, and nothing to a search. */
const HOSTILE = [
  '%',
  '_',
  '%%',
  'a%',
  '_na',
  '\\',
  '\\%',
  "'",
  "' or 1=1 --",
  '"',
  ';drop table users;',
  '*',
  '?',
  '[a-z]',
  '\u202e',
  '\u{10ffff}',
  '\u{10fffe}',
  '\uffff',
  '',
  ' ',
  '\n',
  'a'.repeat(5_000),
];

describe.each(engines)('search on %s', (engine) => {
  let place: Founded;
  beforeAll(async () => {
    place = await foundedStore(engine);
    await place.store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('100'), accountRow('200')]);
      await write.users.insert(
        PEOPLE.map(({ login, ...rest }) => userRow('acc_100', login, { id: `usr_${login}`, ...rest })),
      );
      await write.users.insert([userRow('acc_200', 'ana', { id: 'usr_other_ana', name: 'Ana Other' })]);
      await write.search.insert([
        ...PEOPLE.map(({ login, name, email, phone }) => ({
          kind: 'user' as const,
          id: `usr_${login}`,
          words: [
            ...searchWords(login, name, email),
            ...phoneWords(phone),
            ...(login === '50%off' ? ['0%off_percent\\'] : []),
          ],
        })),
        { kind: 'user', id: 'usr_other_ana', words: searchWords('ana', 'Ana Other') },
        { kind: 'account', id: 'acc_100', words: searchWords('Northwind Traders', '100') },
      ]);
    });
  });
  afterAll(() => place.close());

  const users = async (typed: string, accountId?: string) =>
    (
      await place.store.read.search.users(
        typed.split(' ').map((word) => [foldKey(word)]),
        20,
        accountId,
      )
    ).map((user) => user.id);

  it.each([
    ['the start of a login', 'str', ['usr_strasse']],
    ['the start of a first or last name', 'tru', ['usr_ana']],
    ['every word typed must start one', 'an fon', ['usr_andre']],
    ['no such start', 'rujillo', []],
    ['accents may be left out', 'angstrom', ['usr_zoe']],
    ['or typed', 'ANDRÉ', ['usr_andre']],
    ['stroked letters', 'lukasz', ['usr_zoe']],
    ['sharp s as ss', 'gross', ['usr_strasse']],
    ['other scripts', '山', ['usr_yuki']],
    ['letters outside the basic plane', '🤡', ['usr_clown']],
    ['a phone from its first digit', '+2065559', ['usr_ana']],
    ['from a later group', '+5559857', ['usr_ana']],
    ['not from a group of less than seven digits (B83)', '+4433', []],
    ['not from the middle of a group', '+0653559857'.slice(3), []],
    ['an account is no user', 'northwindtraders', []],
  ])('%s', async (_what, typed, found) => {
    expect(await users(typed)).toEqual(found);
  });

  it('lists the same login of two accounts, and stays inside one when told', async () => {
    expect(await users('ana')).toEqual(expect.arrayContaining(['usr_ana', 'usr_other_ana']));
    expect(await users('ana', 'acc_200')).toEqual(['usr_other_ana']);
  });

  it('finds accounts by their own words', async () => {
    const found = await place.store.read.search.accounts([['north'], ['tr']], 5);
    expect(found.map((account) => account.id)).toEqual(['acc_100']);
  });

  it('keeps to the limit', async () => {
    expect(await place.store.read.search.users([['a']], 1)).toHaveLength(1);
  });

  it('finds text inside a word, on the second look', async () => {
    expect(await place.store.read.search.inside('user', 'rujil', 5)).toEqual(['usr_ana']);
    expect(await place.store.read.search.inside('account', 'rujil', 5)).toEqual([]);
  });

  it.each([
    ['0%o', ['usr_50%off']],
    ['f_p', ['usr_50%off']],
    ['t\\', ['usr_50%off']],
    ['%', ['usr_50%off']],
  ])('takes %s inside a word as written', async (text, found) => {
    expect(await place.store.read.search.inside('user', text, 5)).toEqual(found);
  });

  it.each(HOSTILE.map((text) => [text]))('has no other meaning for %j', async (text) => {
    const holds = (word: string) => word.startsWith(text);
    const expected = PEOPLE.filter(
      ({ login, name, email }) => text !== '' && searchWords(login, name, email).some(holds),
    );
    if (text !== '') expect(await place.store.read.search.users([[text]], 20, 'acc_100')).toHaveLength(expected.length);
    await expect(place.store.read.search.inside('user', text, 5)).resolves.toBeInstanceOf(Array);
    await expect(place.store.read.search.accounts([[text]], 5)).resolves.toBeInstanceOf(Array);
  });

  it.each(['\u0000', 'ana\u0000'])(
    'a NUL in %j finds nothing, or is refused where the engine cannot hold one',
    async (text) => {
      const found = await place.store.read.search.users([[text]], 5).catch((error: unknown) => error);
      if (engine === 'postgres') expect(found).toMatchObject({ code: 'invalid-input' });
      else expect(found).toEqual([]);
    },
  );

  it('replaces the words of one thing and no other', async () => {
    const words = searchWords('ana', 'Ana Married');
    await place.store.record(entry('test.changed'), (write) =>
      write.search.replace([{ kind: 'user', id: 'usr_other_ana', words }]),
    );
    expect(await users('married')).toEqual(['usr_other_ana']);
    expect(await users('other')).toEqual([]);
    expect(await users('trujillo')).toEqual(['usr_ana']);
  });

  it('takes a word twice in one list, as from a login that is a phone number', async () => {
    await place.store.record(entry('user.added'), (write) =>
      write.search.insert([{ kind: 'user', id: 'usr_x', words: ['2065550000', '2065550000'] }]),
    );
    expect(await place.store.read.search.inside('user', '2065550000', 5)).toEqual(['usr_x']);
  });
});
