/**
 * Two companies with people in every role, on a test desk, and portal logins written straight into the store, so that suites of
 * the portal depend on no other procedure: Northwind (classic: ana the primary admin, ben a second one, sue the secondary admin,
 * uma a user) and Contoso (x-series: xena admin, xavi user).
 */
import type { Desk, SignedOperator } from '../../src/desk.js';
import { type Verdict, verifyCaller } from '../../src/procedures/calls/verify-caller.js';
import { prepareApplicationPassword } from '../../src/procedures/portal/application-password.js';
import type { PortalLogin } from '../../src/procedures/portal/customer-login.js';
import type { LoginMethod, LoginState } from '../../src/rules/mfa-login.js';
import type { User } from '../../src/rules/people.js';
import { accountRow, userRow } from '../store/rows.js';
import { proven } from '../support/proven.js';
import { type EngineName, type TestDesk, testDesk } from '../support/test-desk.js';

export const PHRASE = 'Vélo bleu, saffron ladybug justify 7!';
export const OTHER_PHRASE = 'copper walrus under nineteen violins';

export type Login = 'ana' | 'ben' | 'sue' | 'uma' | 'xena' | 'xavi';

export interface Northwind extends TestDesk {
  user(login: Login): Promise<User>;
  /** Gives the user an application password; answers the view key. */
  givePassword(login: Login, password: string): Promise<Uint8Array>;
  /** An open portal session of the user: signed in just now by password, and a code where that is said. */
  login(
    login: Login,
    more?: { method?: LoginMethod; state?: LoginState; passwordAt?: number; openedAt?: number },
  ): Promise<PortalLogin>;
  verify(login: Login, phrase: string, action?: string): Promise<Verdict>;
  auditKinds(): Promise<readonly string[]>;
  /** Everything in the outbox: template and whom it is about. */
  notices(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const PEOPLE: readonly (readonly [Login, string, string, string])[] = [
  ['ana', 'acc_100234', 'primary-admin', ''],
  ['ben', 'acc_100234', 'primary-admin', ''],
  ['sue', 'acc_100234', 'secondary-admin', 'billing'],
  ['uma', 'acc_100234', 'user', ''],
  ['xena', 'acc_200500', 'admin', ''],
  ['xavi', 'acc_200500', 'user', ''],
];

export async function northwind(engine: EngineName): Promise<Northwind> {
  const made = await testDesk(engine);
  const { desk } = made;
  const by = proven({ kind: 'operator', id: 'test', name: 'test' });
  const write = (change: Parameters<Desk['store']['record']>[1]) =>
    desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by }, change);
  await write(async (tables) => {
    await tables.accounts.insert([
      accountRow('100234', { name: 'Northwind' }),
      accountRow('200500', { name: 'Contoso', edition: 'x-series' }),
    ]);
    await tables.users.insert(
      PEOPLE.map(([login, account, role, scopes]) =>
        userRow(account, login, { role, scopes, email: `${login}@mail.example`, email_key: `${login}@mail.example` }),
      ),
    );
  });
  const user = async (login: Login): Promise<User> => {
    const account = PEOPLE.find(([known]) => known === login)?.[1] ?? '';
    return (await desk.store.read.users.byLogin(account, login)) as User;
  };
  const agent = (): Promise<SignedOperator> => made.operator('agent');
  let sessions = 0;
  return {
    ...made,
    user,
    givePassword: async (login, password) => {
      const whose = await user(login);
      const { verifier, viewKey } = await prepareApplicationPassword(desk, whose, password);
      await write((tables) =>
        tables.secrets.putApplicationPassword({ user_id: whose.id, verifier, changed_at: desk.now() }),
      );
      return viewKey;
    },
    login: async (login, more = {}) => {
      const { method = 'password', state = 'done', passwordAt = desk.now(), openedAt = passwordAt } = more;
      const whose = await user(login);
      const id = desk.newId('ses');
      sessions += 1;
      await write((tables) =>
        tables.portalSessions.insert({
          id,
          user_id: whose.id,
          person: desk.person,
          digest: `digest-${sessions}`,
          state,
          method,
          created_at: openedAt,
          last_seen_at: desk.now(),
          password_at: passwordAt,
        }),
      );
      const account = await desk.store.read.accounts.byId(whose.accountId);
      if (account === undefined) throw new Error('no account');
      const session = { userId: whose.id, sessionId: id, state, method, openedAt, passwordAt };
      return { account, user: whose, session };
    },
    verify: async (login, phrase, action = 'billing:change') =>
      verifyCaller(desk, await agent(), {
        account: (await user(login)).accountId,
        caller: login,
        action,
        phrase,
        ticket: undefined,
      }),
    auditKinds: async () =>
      (await desk.store.read.audit.newest({}, 200))
        .map((row) => (JSON.parse(row.body) as { kind: string }).kind)
        .reverse(),
    notices: async () => {
      const bodies = (await desk.store.read.audit.newest({ kind: 'delivery.attempted' }, 200)).map(
        (row) => JSON.parse(row.body) as { user: string; detail: { template: string } },
      );
      return bodies.map((body) => `${body.detail.template} ${body.user.split('_').at(-1)}`).reverse();
    },
  };
}
