import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findAccount, findUser } from '../../../src/procedures/directory/find-account.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { accountsFile, type Customers, customers, entriesOf, usersFile } from '../../support/directory-desk.js';
import { refusalOf as refusal } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';

const KEYS = () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256', use: 'sig' }] });
};
const HEADER = 'account,login,name,email,phone,role\n';

describe.each(engines)('a damaged directory on %s (B90)', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const users = async (rows: string, allowed = {}) =>
    importDirectory(place.desk, place.admin, { users: await usersFile(HEADER + rows), ...allowed });
  const accounts = async (rows: string, allowed = {}) =>
    importDirectory(place.desk, place.admin, {
      accounts: await accountsFile(`number,name,edition\n${rows}`),
      ...allowed,
    });
  const places = (warnings: readonly { line?: number; column?: string }[]) =>
    warnings.map(({ line, column }) => `${line} ${column}`);

  it('leaves good names and contacts on file, tells nobody, and warns with line and column', async () => {
    const report = await users(
      '100234,nancy,Nancy DavolÃ\u00ado,mailto:nancy@alfki.example,2.06556E+09,secondary-admin\n100234,maria,#REF!,,,primary-admin\n',
    );
    expect(report.users).toEqual({ rows: 2, added: 0, updated: 0, unchanged: 2 });
    expect(report.notices).toEqual([]);
    expect(places(report.warnings)).toEqual(['2 name', '2 email', '2 phone', '3 name', '3 email', '3 phone']);
    expect((await findUser(place.desk, '100234/nancy')).user).toMatchObject(place.nancy);
    expect((await findUser(place.desk, '100234/maria')).user).toMatchObject(place.maria);
  });

  it('takes the good cells of a row beside its damaged ones', async () => {
    const report = await users('100234,nancy,Nancy D.,#N/A,(206) 555-0000,secondary-admin\n');
    expect(report.users).toMatchObject({ updated: 1 });
    const { user } = await findUser(place.desk, '100234/nancy');
    expect(user).toMatchObject({ name: 'Nancy D.', email: place.nancy.email, phone: '(206) 555-0000' });
  });

  it('empties contacts only by --clear-contacts, and takes damages only by --accept-damaged', async () => {
    await users('100234,nancy,Nancy MÃ¼ller,,,secondary-admin\n', { clearContacts: true });
    expect((await findUser(place.desk, '100234/nancy')).user).toMatchObject({
      name: 'Nancy Davolio',
      email: '',
      phone: '',
    });
    const report = await users('100234,nancy,Nancy MÃ¼ller,,1E+11,secondary-admin\n', { acceptDamaged: true });
    expect(new Set(places(report.warnings))).toEqual(new Set(['2 name', '2 phone']));
    expect((await findUser(place.desk, '100234/nancy')).user).toMatchObject({ name: 'Nancy MÃ¼ller', phone: '1E+11' });
    const refused = refusal(
      users('100234,nancy,Nancy,mailto:n@alfki.example,,secondary-admin\n', { acceptDamaged: true }),
    );
    expect((await refused).problems).toMatchObject([{ line: 2, column: 'email' }]);
  });

  it('adds a new person without a damaged contact, and nobody under a damaged login', async () => {
    const report = await users('100234,eva,Eva,eva@x.example,12.05.2026,user\n');
    expect(places(report.warnings)).toEqual(['2 phone']);
    expect((await findUser(place.desk, '100234/eva')).user).toMatchObject({ email: 'eva@x.example', phone: '' });
    const { problems } = await refusal(users('100234,May-05,May,,,user\n100234,1.0E+05,Ten,,,user\n'));
    expect(places(problems)).toEqual(['2 login', '3 login']);
    expect((await users('100234,May-05,May,,,user\n', { acceptDamaged: true })).users).toMatchObject({ added: 1 });
    expect((await users('100234,May-05,May,,,user\n')).users).toMatchObject({ unchanged: 1 });
  });

  it('makes no second company and no second login of one that lost its zeros', async () => {
    await accounts('0100888,Nullfirma,x-series\n0100889,Einsfirma,x-series\n');
    const lost = await refusal(accounts('100888,Nullfirma,x-series\n200,Other,classic\n'));
    expect(lost.problems).toMatchObject([{ line: 2, column: 'number', message: expect.stringContaining('0100888') }]);
    expect(await place.desk.store.read.accounts.count()).toBe(4);
    const asked = await accounts('100888,Nullfirma,x-series\n', { acceptDamaged: true });
    expect(asked.accounts?.added).toBe(1);
    await users('0100889,00042,Zoe,,,user\n');
    expect((await refusal(users('0100889,42,Zoe,,,user\n'))).problems).toMatchObject([{ line: 2, column: 'login' }]);
    expect((await users('0100889,43,Zed,,,user\n')).users).toMatchObject({ added: 1 });
  });

  it('makes no second company and no second login of one that only looks otherwise', async () => {
    const looks = async (made: Promise<unknown>) =>
      (await refusal(made)).problems.map(({ line, column, message }) => `${line} ${column} ${message}`);
    const why = 'so no new row is made unless damaged values are accepted';
    expect(await looks(accounts('100.234,Alfreds,classic\n12.345,Other,classic\n'))).toEqual([
      `2 number looks like 100234, ${why}`,
    ]);
    await users('100234,anna-lena.cope,Anna,,,user\n100234,1234567,Zoe,,,user\n');
    const rows = ['anna–lena.cope', 'anna\u2010lena.cope', 'anna-lena.соре', '1.234.567'];
    expect(await looks(users(rows.map((login) => `100234,${login},Anna,,,user\n`).join('')))).toEqual([
      ...[2, 3, 4].map((line) => `${line} login looks like anna-lena.cope, ${why}`),
      `5 login looks like 1234567, ${why}`,
    ]);
    expect((await users('100234,anna–lena.cope,Anna,,,user\n', { acceptDamaged: true })).users?.added).toBe(1);
    expect((await users('100234,anna–lena.cope,Anna,,,user\n100234,иван,Ivan,,,user\n')).users?.added).toBe(1);
  });

  it('says which file a damaged company stands in, and leaves its name', async () => {
    const report = await importDirectory(place.desk, place.admin, {
      accounts: await accountsFile('number,name,edition,sso\n100241,#NAME?,x-series,TRUE\n'),
      users: await usersFile(`${HEADER}100241,ana,Ana Trujillo,,,admin\n`),
    });
    expect(report.accounts).toMatchObject({ unchanged: 1 });
    expect(report.warnings.map(({ message }) => / \(.*/.exec(message)?.[0] ?? '')).toEqual([
      ' (accounts file)',
      ' (accounts file)',
      '',
    ]);
    expect(await entriesOf(place, 'account.edited')).toHaveLength(0);
  });

  it('an empty cell removes no single sign-on and no country, and another name of the provider keeps its keys', async () => {
    const file = (cells: string) =>
      accountsFile(`number,name,edition,sso,country\n100241,Ana Trujillo,x-series,${cells}\n`);
    const imported = async (cells: string) =>
      importDirectory(place.desk, place.admin, {
        accounts: await file(cells),
        clearContacts: true,
        acceptDamaged: true,
      });
    const openid = { issuer: 'https://login.example', audience: 'countersign', keys: KEYS() };
    await editAccount(place.desk, place.admin, place.series, { ...openid, country: 'MX' });
    const keys = () => place.desk.store.read.accounts.ssoSettings(place.series.id);
    const before = await keys();
    expect(before).toMatchObject({ issuer: 'https://login.example' });
    const { warnings } = await imported(',');
    expect(places(warnings)).toEqual(['2 sso', '2 country']);
    const account = await findAccount(place.desk, '100241');
    expect([account.sso, account.country, account.name]).toEqual(['okta', 'MX', 'Ana Trujillo']);
    expect(await keys()).toEqual(before);
    expect((await imported('Okta Workforce,MX')).accounts).toMatchObject({ updated: 1 });
    expect((await findAccount(place.desk, '100241')).sso).toBe('Okta Workforce');
    expect(await keys()).toEqual(before);
  });

  it('a number keeps what stood before its rest, and one that cannot be dialled any more is said', async () => {
    const row = (phone: string) => `100234,nancy,Nancy Davolio,nancy@alfki.example,${phone},secondary-admin\n`;
    const phone = async () => (await findUser(place.desk, '100234/nancy')).user.phone;
    await users(row('+49 30 7654321'));
    for (const rest of ['307654321', '30 7654321', '49307654321', '7654321']) {
      expect(places((await users(row(rest))).warnings)).toEqual(['2 phone']);
      expect(await phone()).toBe('+49 30 7654321');
    }
    expect(places((await users(row('030 7654322'))).warnings)).toEqual(['2 phone']);
    expect(await phone()).toBe('030 7654322');
  });

  it('people who exchange names or numbers are imported, and said', async () => {
    const rows = (a: string, b: string) =>
      `100234,maria,${a},maria@alfki.example,,primary-admin\n100234,nancy,${b},nancy@alfki.example,,secondary-admin\n`;
    const report = await users(rows('Nancy Davolio', 'Maria Anders'), { clearContacts: true });
    expect(report.users).toMatchObject({ updated: 2 });
    expect(places(report.warnings)).toEqual(['2 name', '3 name']);
  });
});
