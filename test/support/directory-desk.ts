/** A desk with two small customers, and files for imports from text; for the suites about the directory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SignedOperator } from '../../src/desk.js';
import { addAccount, addUser } from '../../src/procedures/directory/add-to-directory.js';
import { readCsv } from '../../src/procedures/directory/read-csv.js';
import { ACCOUNT_SHAPE, USER_SHAPE } from '../../src/rules/directory-rows.js';
import type { Account, User } from '../../src/rules/people.js';
import { dataFolder, type EngineName, type TestDesk, testDesk } from './test-desk.js';

export async function* bytesOf(text: string | Uint8Array): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let from = 0; from < bytes.length; from += 7_777) yield bytes.subarray(from, from + 7_777);
}

export const accountsFile = (text: string | Uint8Array) => readCsv(bytesOf(text), ACCOUNT_SHAPE);
export const usersFile = (text: string | Uint8Array) => readCsv(bytesOf(text), USER_SHAPE);
export const sample = (name: 'accounts' | 'users'): string =>
  readFileSync(join(dataFolder, 'demo', `${name}.csv`), 'utf8');

export interface Customers extends TestDesk {
  readonly admin: SignedOperator;
  readonly classic: Account;
  readonly series: Account;
  readonly maria: User;
  readonly nancy: User;
  readonly ana: User;
}

export async function customers(engine: EngineName): Promise<Customers> {
  const place = await testDesk(engine);
  const admin = await place.operator('admin');
  const { desk } = place;
  const classic = await addAccount(desk, admin, { number: '100234', name: 'Alfreds Futterkiste', edition: 'classic' });
  const series = await addAccount(desk, admin, {
    number: '100241',
    name: 'Ana Trujillo Emparedados',
    edition: 'x-series',
    sso: 'okta',
  });
  const add = async (account: string, login: string, role: string, more: Partial<Parameters<typeof addUser>[2]> = {}) =>
    (
      await addUser(desk, admin, {
        account,
        login,
        name: login,
        email: `${login}@alfki.example`,
        phone: '030-0074321',
        role,
        scopes: [],
        signIn: 'native',
        ...more,
      })
    ).user;
  return {
    ...place,
    admin,
    classic,
    series,
    maria: await add('100234', 'maria', 'primary-admin', { name: 'Maria Anders' }),
    nancy: await add('100234', 'nancy', 'secondary-admin', {
      name: 'Nancy Davolio',
      scopes: ['billing'],
      phone: '(206) 555-9857',
    }),
    ana: await add('100241', 'ana', 'admin', { name: 'Ana Trujillo', email: 'ana@anatr.example', phone: '' }),
  };
}

/** Log entries of a kind, newest last, as they were written. */
export async function entriesOf(place: TestDesk, kind: string): Promise<readonly Record<string, unknown>[]> {
  const rows = await place.desk.store.read.audit.find({ kind }, -1, 1_000);
  return rows.map((row) => JSON.parse(row.body) as Record<string, unknown>);
}
