/**
 * B78, role × procedure: who may pass each door of the desk, whatever front end stands before it. Each row of doors/ says by hand what the
 * procedure must ask for; the sources say which procedures there are, and one that no row names fails.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../src/desk.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { needsFreshCode, permits } from '../../src/rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../src/rules/people.js';
import { operatorDoors } from '../support/house-rules.js';
import { readSources } from '../support/imports.js';
import { signedOperator } from '../support/signed-operator.js';
import { repositoryRoot, type TestDesk, testDesk } from '../support/test-desk.js';
import { CALLS } from './doors/calls.js';
import { CARE } from './doors/care.js';
import { CUSTOMERS } from './doors/customers.js';
import { DIRECTORY } from './doors/directory.js';
import type { DoorRow } from './doors/door.js';
import { OPERATORS } from './doors/operators.js';
import { RESETS } from './doors/resets.js';

const DOORS: Readonly<Record<string, DoorRow>> = {
  ...CALLS,
  ...CARE,
  ...CUSTOMERS,
  ...DIRECTORY,
  ...OPERATORS,
  ...RESETS,
};

describe('role × procedure (B71, B78, B99)', () => {
  let place: TestDesk;
  beforeAll(async () => {
    place = await testDesk('sqlite');
  });
  afterAll(() => place.close());

  /** The code of the refusal, or `passed` where the door let them through, whatever came after. A no of role or proof is in the log (B99). */
  async function answer({ knock }: DoorRow, signed: SignedOperator): Promise<string> {
    const before = (await place.desk.store.read.audit.head())?.size ?? 0;
    try {
      await knock(place.desk, signed);
      return 'passed';
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (code === 'forbidden' || code === 'factor-needed') {
        const [row] = await place.desk.store.read.audit.newest({ by: signed.operator.id, outcome: 'refused' }, 1);
        expect(row?.seq ?? -1, 'the refusal is in the log').toBeGreaterThanOrEqual(before);
        expect(JSON.parse(row?.body ?? '{}')).toMatchObject({ reason: code });
      }
      return ['forbidden', 'not-signed-in', 'factor-needed'].includes(code) ? code : 'passed';
    }
  }

  const change = (kind: `test.${string}`, signed: SignedOperator, patch: object) =>
    place.desk.store.record({ kind, outcome: 'done', at: place.clock.now(), by: SYSTEM }, (write) =>
      kind === 'test.session'
        ? write.operators.updateSession(signed.sessionId ?? '', patch)
        : write.operators.update(signed.operator.id, patch),
    );

  let nth = 0;
  const another = (role: OperatorRole) => {
    nth += 1;
    return signedOperator(place.desk, role, `${role} ${nth}`);
  };

  const holds = (role: OperatorRole, { permission }: DoorRow) =>
    permission === 'signed-in' || permits(place.desk.policy, role, permission);
  const oneWhoMay = (row: DoorRow) => OPERATOR_ROLES.find((role) => holds(role, row)) ?? 'admin';

  it('every procedure that an operator is handed to stands in the table, and no other', () => {
    const sources = readSources(repositoryRoot, 'src');
    expect(Object.keys(DOORS).sort()).toEqual(sources.flatMap(operatorDoors).sort());
  });

  describe.each(Object.entries(DOORS))('%s', (_name, row) => {
    it('lets through the roles that hold its permission, and no other', async () => {
      for (const role of OPERATOR_ROLES)
        expect([role, await answer(row, await another(role))]).toEqual([
          role,
          holds(role, row) ? 'passed' : 'forbidden',
        ]);
    });

    it('refuses who was disabled, demoted, signed out or idle since they signed in', async () => {
      const cases: readonly [string, 'test.operator' | 'test.session', object, string][] = [
        ['disabled', 'test.operator', { disabled_at: 1 }, 'not-signed-in'],
        ['signed out', 'test.session', { ended_at: 1 }, 'not-signed-in'],
        ['session over', 'test.session', { expires_at: 1 }, 'not-signed-in'],
        ['idle', 'test.session', { last_seen_at: 1 }, 'not-signed-in'],
      ];
      for (const [what, kind, patch, refusal] of cases) {
        const signed = await another(oneWhoMay(row));
        await change(kind, signed, patch);
        expect([what, await answer(row, signed)]).toEqual([what, refusal]);
      }
      const lowered = OPERATOR_ROLES.find((role) => !holds(role, row));
      if (lowered === undefined) return;
      const signed = await another(oneWhoMay(row));
      await change('test.operator', signed, { role: lowered });
      expect(await answer(row, signed)).toBe('forbidden');
    });

    it(`${row.fresh === true ? 'asks' : 'does not ask'} for a fresh code, and ${row.inPerson === true ? 'a person' : 'no person'}`, async () => {
      const role = OPERATOR_ROLES.find((one) => holds(one, row) && needsFreshCode(place.desk.policy, one));
      if (role !== undefined) {
        const stale = await another(role);
        await change('test.session', stale, { code_at: 1 });
        expect(await answer(row, stale)).toBe(row.fresh === true ? 'factor-needed' : 'passed');
      }
      const owner = await another(oneWhoMay(row));
      const token = {
        id: place.desk.newId('tok'),
        operator_id: owner.operator.id,
        name: 'test',
        digest: `d${nth}`,
        role: owner.operator.role,
        created_at: place.clock.now(),
        expires_at: place.clock.now() + 1_000_000,
        revoked_at: null,
      };
      await place.desk.store.record(
        { kind: 'test.token', outcome: 'done', at: place.clock.now(), by: SYSTEM },
        (write) => write.operators.insertToken(token),
      );
      const script = { ...owner, via: 'token', sessionId: null, tokenId: token.id, codeAt: null } as const;
      expect(await answer(row, script)).toBe(row.inPerson === true ? 'factor-needed' : 'passed');
    });
  });
});
