import { describe, expect, it } from 'vitest';
import { changedContacts, exchanged, planAccounts, planUsers } from '../../src/rules/directory-import.js';
import { judgeAccount, judgeUser, type UserEntry } from '../../src/rules/directory-rows.js';
import type { Account, User } from '../../src/rules/people.js';
import { shippedPolicy } from './shipped-policy.js';

const policy = shippedPolicy();
const classic: Account = {
  id: 'acc_1',
  number: '100',
  name: 'Northwind',
  edition: 'classic',
  sso: null,
  country: null,
  language: null,
  connector: null,
  mfaRequiredAt: null,
  phoneResetForbidden: false,
  disabledAt: null,
};
const series: Account = { ...classic, id: 'acc_2', number: '200', edition: 'x-series', sso: 'okta' };
const ana: User = {
  id: 'usr_1',
  accountId: 'acc_1',
  login: 'ana',
  name: 'Ana',
  email: 'ana@nw.example',
  phone: '030 123',
  phoneE164: null,
  role: 'secondary-admin',
  scopes: ['billing'],
  signIn: 'native',
  contactChangedAt: 1,
  disabledAt: null,
  authorityVersion: 1,
  powerHeldUntil: null,
  language: null,
  external: null,
};

const row = {
  account: '100',
  login: 'ana',
  name: 'Ana',
  email: 'ana@nw.example',
  phone: '030 123',
  phoneE164: null,
  role: 'secondary-admin',
  scopes: 'billing',
  sign_in: 'native',
};

function entry(changes: Partial<Record<keyof typeof row, string | undefined>> = {}, line = 2): UserEntry {
  const judged = judgeUser(policy, { ...row, ...changes }, line);
  if ('problems' in judged) throw new Error(JSON.stringify(judged.problems));
  return judged.entry;
}

const faultsOf = (changes: Partial<Record<keyof typeof row, string>>) => {
  const judged = judgeUser(policy, { ...row, ...changes }, 7);
  return 'problems' in judged ? judged.problems.map(({ line, column }) => `${line} ${column}`) : [];
};

describe('a row', () => {
  it('with an unknown edition is refused, and none is assumed (B01)', () => {
    for (const edition of ['', 'clasic', 'x', 'X-Series 8', 'undefined', '__proto__']) {
      expect(judgeAccount({ number: '1', name: 'A', edition }, 2)).toMatchObject({
        problems: [{ line: 2, column: 'edition' }],
      });
    }
    expect(judgeAccount({ number: '1', name: 'A', edition: 'Classic' })).toMatchObject({
      entry: { edition: 'classic' },
    });
  });

  it('names every wrong column at once', () => {
    expect(
      faultsOf({
        login: 'a b',
        name: '',
        email: 'x',
        phone: 'no\u202ene',
        role: 'boss',
        scopes: 'billing biling',
        sign_in: 'saml',
      }),
    ).toEqual(['7 login', '7 name', '7 email', '7 phone', '7 role', '7 scopes', '7 sign_in']);
  });

  it('says nothing of a column that is not there', () => {
    expect(entry({ email: undefined, phone: undefined, scopes: undefined, sign_in: undefined })).toMatchObject({
      email: undefined,
      phone: undefined,
      scopes: undefined,
      signIn: undefined,
    });
  });

  it('sorts scopes and drops twins', () => {
    expect(entry({ scopes: ' billing  account-info billing ' }).scopes).toEqual(['account-info', 'billing']);
  });
});

describe('the plan of an import', () => {
  const plan = (
    entries: readonly UserEntry[],
    existing: readonly (readonly [string, User])[] = [],
    home: Account | undefined = classic,
  ) => planUsers(policy, entries, () => home, new Map(existing));

  it('adds what is new, and changes nothing for what is the same', () => {
    expect(plan([entry()]).plan).toMatchObject({ add: [{ login: 'ana' }], update: [], unchanged: 0 });
    expect(plan([entry()], [['100/ana', ana]]).plan).toEqual({ add: [], update: [], unchanged: 1 });
  });

  it('updates name and contacts, and keeps role, scopes and sign-in, saying so (B16)', () => {
    const {
      plan: found,
      kept,
      problems,
    } = plan([entry({ name: 'Ana T', role: 'primary-admin', scopes: '', sign_in: 'sso' })], [['100/ana', ana]]);
    expect(found.update).toMatchObject([{ fields: ['name'] }]);
    expect(kept.map(({ line, field, here, inFile }) => [line, field, here, inFile])).toEqual([
      [2, 'role', 'secondary-admin', 'primary-admin'],
      [2, 'scopes', 'billing', ''],
      [2, 'sign_in', 'native', 'sso'],
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['a role of the other edition', series, { role: 'primary-admin', scopes: '' }, 'role'],
    ['a role of the other edition', classic, { role: 'admin', scopes: '' }, 'role'],
    ['scopes of a plain user', classic, { role: 'user', scopes: 'billing' }, 'scopes'],
    ['scopes of an admin', classic, { role: 'primary-admin', scopes: 'billing' }, 'scopes'],
    ['scopes of an x-series user', series, { role: 'user', scopes: 'billing' }, 'scopes'],
  ])('refuses %s in %s', (_what, home, changes, column) => {
    expect(plan([entry(changes)], [], home).problems).toMatchObject([{ line: 2, column }]);
  });

  it('takes a login for single sign-on before the company has it, and says so', () => {
    const { plan: found, problems, warnings } = plan([entry({ sign_in: 'sso' })]);
    expect(found.add).toMatchObject([{ signIn: 'sso' }]);
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([{ line: 2, column: 'sign_in' }]);
    expect(plan([entry({ sign_in: 'sso' })], [], { ...classic, sso: 'okta' }).warnings).toEqual([]);
  });

  it('accepts a secondary admin without scopes, who holds nothing', () => {
    expect(plan([entry({ scopes: '' })]).problems).toEqual([]);
  });

  it('refuses the same login twice, however it is spelled, and an account that is not there', () => {
    expect(plan([entry(), entry({ login: 'ÁNA' }, 3)]).problems).toMatchObject([{ line: 3, column: 'login' }]);
    expect(planUsers(policy, [entry()], () => undefined, new Map()).problems).toMatchObject([
      { line: 2, column: 'account' },
    ]);
  });

  it('two who have shared an id at another system since before bar nothing, and nobody else gets it (B55)', () => {
    const rows = ['ana', 'ben', 'eva'].map((login, n) => ({ ...entry({ login }, n + 2), external: 'kc:7' }));
    const on = (login: string, external: string | null) => [`100/${login}`, { ...ana, login, external }] as const;
    const shared = [on('ana', 'kc:7'), on('ben', 'kc:7')];
    const linesOf = (...given: Parameters<typeof plan>) => plan(...given).problems.map(({ line }) => line);
    expect(plan(rows.slice(0, 2), shared)).toMatchObject({ plan: { unchanged: 2 }, problems: [] });
    expect(plan(rows, shared).problems).toMatchObject([{ line: 4, column: 'external' }]);
    expect(linesOf(rows, [...shared, on('eva', null)])).toEqual([4]);
    // Whichever of the two comes first.
    expect(linesOf(rows.slice(0, 2), [on('ana', null), on('ben', 'kc:7')])).toEqual([3]);
    expect(linesOf(rows, [on('ana', 'kc:7'), on('eva', 'kc:7')])).toEqual([3, 4]);
  });

  it('never changes an edition (B01)', () => {
    const wanted = judgeAccount({ number: '100', name: 'Northwind', edition: 'x-series' }, 5);
    const { problems, plan: found } = planAccounts(
      'entry' in wanted ? [wanted.entry] : [],
      new Map([['100', classic]]),
    );
    expect(problems).toMatchObject([{ line: 5, column: 'edition' }]);
    expect(found.update).toEqual([]);
  });

  it('takes another spelling of a contact for the same contact', () => {
    expect(changedContacts(ana, { email: 'ANA@nw.example', phone: '(030) 1-2-3', phoneE164: null })).toEqual([]);
    expect(changedContacts(ana, { email: 'aná@nw.example', phone: '030 124', phoneE164: null })).toEqual([
      'e-mail',
      'phone',
    ]);
  });
});

describe('values that rows exchange with each other (B90)', () => {
  const on = { name: 'Ana', email: 'ana@x.example', phone: '030 1', phoneE164: null, external: null };
  const rowOf = (line: number, column: string, old: string, now: string) => ({
    before: { ...on, [column]: old },
    entry: { line, ...on, [column]: now },
    fields: [column],
  });
  const linesOf = (...rows: Parameters<typeof exchanged>[0]) => exchanged(rows).map(({ line }) => line);

  it.each([
    ['name', 'Tom Berg', 'Eva Kranz'],
    ['email', 'tom@x.example', 'eva@x.example'],
    ['phone', '+49 151 1', '+49 151 2'],
    ['external', 'okta:1', 'okta:2'],
  ])('%s: a column that was sorted alone', (column, one, other) => {
    const rows = [rowOf(2, column, one, other), rowOf(3, column, other, one)];
    expect(exchanged(rows)).toMatchObject([
      { line: 2, column },
      { line: 3, column },
    ]);
    expect(linesOf(...rows.slice(1))).toEqual([]);
  });

  it('a column that slipped by a row, and a number in another spelling', () => {
    expect(linesOf(rowOf(2, 'name', 'A', 'B'), rowOf(3, 'name', 'B', 'C'), rowOf(4, 'name', 'C', 'D'))).toEqual([2, 3]);
    const dialled = { e164: '+49151', national: '151' };
    const read = { ...rowOf(3, 'phone', '+49 2', '0151'), entry: { line: 3, phone: '0151', dialled } };
    const was = { ...rowOf(2, 'phone', '+49 151', '+49 3'), before: { phone: '+49 151', phoneE164: '+49151' } };
    expect(linesOf(was, read)).toEqual([3]);
  });

  it('nobody else is meant where people are renamed, share a new value, or write theirs in another way', () => {
    expect(linesOf(rowOf(2, 'name', 'A', 'X'), rowOf(3, 'name', 'B', 'X'))).toEqual([]);
    expect(linesOf(rowOf(2, 'name', 'ana', 'Ana'), rowOf(3, 'name', 'ANA', 'Ana'))).toEqual([]);
    expect(linesOf(rowOf(2, 'phone', '', '030 1'), rowOf(3, 'phone', '030 2', ''))).toEqual([]);
  });
});
