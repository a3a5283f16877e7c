/** Operators with passwords and authenticator apps on a test desk, and what they type to sign in. */
import type { Desk, OperatorRow, SignedOperator } from '../../src/desk.js';
import { authenticateOperator } from '../../src/procedures/operators/authenticate-operator.js';
import { type OperatorSession, signInOperator } from '../../src/procedures/operators/sign-in-operator.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import type { Permission } from '../../src/rules/operator-roles.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { referenceCode } from '../factors/reference.js';
import { signedOperator } from '../support/signed-operator.js';
import { startedOperator } from '../support/started-operator.js';
import { type EngineName, type TestDesk, type TestDeskOptions, testDesk } from '../support/test-desk.js';

export const PASSWORD = 'seven herons on one lantern';

export interface Member {
  readonly id: string;
  readonly name: string;
  /** The code of the authenticator app now, or some steps before or after. */
  code(steps?: number): string;
}

export interface OperatorDesk extends TestDesk {
  member(name: string, role: OperatorRole): Promise<Member>;
  signIn(name: string, given?: { password?: string; code?: string }): Promise<OperatorSession>;
  bySession(token: string, access?: Permission | 'signed-in'): Promise<SignedOperator>;
  byToken(token: string, access?: Permission | 'signed-in'): Promise<SignedOperator>;
  bySessionOn(desk: Desk, token: string): Promise<SignedOperator>;
  byTokenOn(desk: Desk, token: string): Promise<SignedOperator>;
  row(name: string): Promise<OperatorRow>;
  entries(kind: string): Promise<readonly { outcome: string; reason?: string; by: { id: string }; detail?: object }[]>;
}

export async function operatorDesk(engine: EngineName, options: TestDeskOptions = {}): Promise<OperatorDesk> {
  const place = await testDesk(engine, options);
  const { desk, clock } = place;
  // Members are made by somebody who does nothing else, so that nobody else has a hand in them (B81).
  const maker = await signedOperator(desk, 'admin', 'the maker');
  const authenticate =
    (via: 'session' | 'token') =>
    (token: string, access: Permission | 'signed-in' = 'signed-in', on = desk) =>
      authenticateOperator(on, { token, via, access, command: 'test command' });
  /** Where a test is not about codes: the code of now, also if it was used. */
  const byApp = new Map<string, Member>();
  async function nextCode(name: string): Promise<string | undefined> {
    const member = byApp.get(name.toLowerCase());
    if (member === undefined) return undefined;
    await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: clock.now(), by: SYSTEM }, (write) =>
      write.operators.update(member.id, { totp_last_step: null }),
    );
    return member.code();
  }
  return {
    ...place,
    member: async (name, role) => {
      const { id, seed } = await startedOperator(desk, maker, { name, role, password: PASSWORD });
      const member = { id, name, code: (steps = 0) => referenceCode(seed, clock.now() / 1000 + 30 * steps) };
      if (role !== 'lead' && role !== 'admin') byApp.set(name.toLowerCase(), member);
      return member;
    },
    signIn: async (name, { password = PASSWORD, code } = {}) => {
      const given = code ?? (await nextCode(name));
      const ask = async () => given ?? Promise.reject(new Error('a code was asked for'));
      return signInOperator(desk, { name, password, code: ask });
    },
    bySession: authenticate('session'),
    byToken: authenticate('token'),
    bySessionOn: (on, token) => authenticate('session')(token, 'signed-in', on),
    byTokenOn: (on, token) => authenticate('token')(token, 'signed-in', on),
    row: async (name) => {
      const row = await desk.store.read.operators.byName(name);
      if (row === undefined) throw new Error(`no operator ${name}`);
      return row;
    },
    entries: async (kind) =>
      (await desk.store.read.audit.newest({ kind }, 1_000)).map((row) => JSON.parse(row.body)).reverse(),
  };
}
