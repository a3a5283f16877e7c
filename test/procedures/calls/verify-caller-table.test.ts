/**
 * B03 as a whole: every role of both editions × sets of scopes × action × what is said × in whose account, through the procedure on a
 * seeded desk, against an oracle written from behaviours.md. The oracle knows no rule, no policy and no data file.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { verifyCaller } from '../../../src/procedures/calls/verify-caller.js';
import { accountRow, userRow } from '../../store/rows.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';
import { phraseRow, unlimited, WRONG } from '../phone-desk.js';

const PHRASE = 'copper walrus under nineteen violins';

/* B02, B03, B04, B07, B12 in words. */
const HOLDS_EVERYTHING = ['classic primary-admin', 'x-series admin'];
const HOLDS_ITS_SCOPES = ['classic secondary-admin'];
const HOLDS_NOTHING = ['classic user', 'x-series user'];
const ROLES = [...HOLDS_EVERYTHING, ...HOLDS_ITS_SCOPES, ...HOLDS_NOTHING];
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'account-info': ['account-info:view'],
  'phone-system': ['phone-system:change'],
  billing: ['billing:inquiry', 'billing:change', 'billing:update-info'],
  'login-security': ['login-security:mfa-reset'],
};
const SCOPE_SETS = [
  '',
  'account-info',
  'phone-system',
  'billing',
  'login-security',
  'billing:inquiry',
  'billing:change',
  'login-security:mfa-reset',
  'account-info billing login-security phone-system',
  'bill billing: billing:* * BILLING inquiry',
];
type Said = 'right' | 'wrong' | 'nothing set';
type Account = 'their own' | 'another';

interface Row {
  readonly role: string;
  readonly scopes: string;
  readonly action: string;
  readonly said: Said;
  readonly account: Account;
}

function oracle({ role, scopes, action, said, account }: Row): string {
  if (account === 'another') return 'refused: not-verified';
  if (said === 'nothing set') return 'refused: no-passphrase';
  if (said === 'wrong') return 'refused: not-verified';
  if (HOLDS_EVERYTHING.includes(role)) return 'verified with a grant';
  if (HOLDS_NOTHING.includes(role)) return 'refused: not-privileged';
  const held = scopes.split(' ');
  const [category = ''] = action.split(':');
  return held.includes(action) || held.includes(category) ? 'verified with a grant' : 'refused: not-privileged';
}

const ROWS: readonly Row[] = ROLES.flatMap((role) =>
  SCOPE_SETS.flatMap((scopes) =>
    Object.values(ACTIONS)
      .flat()
      .flatMap((action) =>
        (['right', 'wrong', 'nothing set'] as const).flatMap((said) =>
          (said === 'right' ? (['their own', 'another'] as const) : (['their own'] as const)).map((account) => ({
            role,
            scopes,
            action,
            said,
            account,
          })),
        ),
      ),
  ),
);

const numberOf: Readonly<Record<string, string>> = { classic: '100001', 'x-series': '200001' };
const loginOf = (role: string, scopes: string, said: Said): string =>
  `r${ROLES.indexOf(role)}s${SCOPE_SETS.indexOf(scopes)}${said === 'nothing set' ? 'n' : 'p'}`;

/** One user for each role, set of scopes and state of the passphrase. All share one phrase; only where it is said differs. */
async function seed(desk: Desk): Promise<void> {
  const by = { kind: 'system', id: 'test', name: 'test' } as const;
  const entry = { kind: 'test.prepared', outcome: 'done', at: desk.now(), by } as const;
  const people = ROLES.flatMap((role) =>
    SCOPE_SETS.flatMap((scopes) =>
      (['right', 'nothing set'] as const).map((said) => {
        const [edition = '', name = ''] = role.split(' ');
        return userRow(`acc_${numberOf[edition]}`, loginOf(role, scopes, said), { role: name, scopes });
      }),
    ),
  );
  await desk.store.record(entry, async (write) => {
    await write.accounts.insert([
      accountRow('100001', { edition: 'classic' }),
      accountRow('200001', { edition: 'x-series' }),
      accountRow('300001', { edition: 'classic' }),
    ]);
    await write.users.insert(people);
  });
  const account = { '100001': 'classic', '200001': 'x-series' };
  const users = (
    await Promise.all(Object.keys(account).map((n) => desk.store.read.users.ofAccount(`acc_${n}`)))
  ).flat();
  const rows = await Promise.all(
    users.filter(({ login }) => login.endsWith('p')).map((user) => phraseRow(desk, user, PHRASE)),
  );
  await desk.store.record(entry, async (write) => {
    for (const row of rows) await write.secrets.putPassphrase(row);
  });
}

describe.each(engines)('B03 the truth table on %s', (engine) => {
  let place: TestDesk;
  let agent: SignedOperator;
  beforeAll(async () => {
    place = await testDesk(engine);
    agent = await place.operator('agent');
    await seed(place.desk);
  });
  afterAll(() => place.close());

  const answer = async (desk: Desk, row: Row): Promise<string> => {
    const [edition = ''] = row.role.split(' ');
    const verdict = await verifyCaller(desk, agent, {
      account: row.account === 'another' ? '300001' : (numberOf[edition] ?? ''),
      caller: loginOf(row.role, row.scopes, row.said),
      action: row.action,
      phrase: row.said === 'right' ? PHRASE : WRONG,
      ticket: undefined,
    });
    if (verdict.grant !== null && verdict.outcome === 'verified' && verdict.reason === null)
      return 'verified with a grant';
    return `${verdict.outcome}: ${verdict.reason}${verdict.grant === null ? '' : ' but with a grant'}`;
  };

  const faults = async (desk: Desk, rows: readonly Row[]): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const row of rows) {
      const said = await answer(desk, row);
      if (said !== oracle(row)) found.push(`${JSON.stringify(row)} gave ${said}, the oracle says ${oracle(row)}`);
    }
    return found;
  };

  it(`agrees with the oracle on all ${ROWS.length} rows`, { timeout: 180_000 }, async () => {
    expect(ROWS.length).toBeGreaterThan(1_000);
    expect(await faults(unlimited(place.desk), ROWS)).toEqual([]);
  });

  it('teeth: a desk on which a secondary admin holds everything disagrees', async () => {
    const { policy } = place.desk;
    const { classic } = policy.roles.customers;
    const lax = { ...classic, 'secondary-admin': { ...classic['primary-admin'], holds: 'everything' } };
    const roles = { ...policy.roles, customers: { ...policy.roles.customers, classic: lax } };
    const desk = {
      ...unlimited(place.desk),
      policy: { ...unlimited(place.desk).policy, roles: roles as typeof policy.roles },
    };
    const rows = ROWS.filter(({ role, said }) => role === 'classic secondary-admin' && said === 'right').slice(0, 20);
    expect((await faults(desk, rows)).length).toBeGreaterThan(0);
  });
});
