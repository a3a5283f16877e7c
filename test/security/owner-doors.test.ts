/**
 * Login × procedure: how far a customer's login opens each procedure that is handed one, whatever front end stands before it. Each row of
 * doors/owners.ts says by hand what the procedure must ask for; the sources say which there are, and one that no row names fails.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.js';
import type { PortalLogin } from '../../src/procedures/portal/customer-login.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { minutes } from '../../src/rules/duration.js';
import type { LoginState } from '../../src/rules/mfa-login.js';
import { type PortalPlace, portalPlace } from '../procedures/portal/portal-place.js';
import { ownerDoors } from '../support/house-rules.js';
import { parseSource, readSources } from '../support/imports.js';
import { repositoryRoot } from '../support/test-desk.js';
import { OWNERS, type OwnerDoorRow } from './doors/owners.js';

const ACCOUNT = 'acc_200500';
const PEOPLE = { 'plain user': 'xavi', admin: 'xena' } as const;
type Person = keyof typeof PEOPLE;

const sources = readSources(repositoryRoot, 'src');

describe('login × procedure (B33, B38, B99, T14, T15)', () => {
  let place: PortalPlace;
  beforeAll(async () => {
    place = await portalPlace('sqlite');
    await change((write) => write.accounts.update(ACCOUNT, { mfa_required_at: place.clock.now() }));
  });
  afterAll(() => place.close());

  const change = (work: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: SYSTEM }, work);

  const open = (person: Person, more: Parameters<PortalPlace['login']>[1] = {}): Promise<PortalLogin> =>
    place.login(PEOPLE[person], { method: 'password+totp', ...more });

  /** The lock's refusal, or `passed` where the door opened, whatever came after. */
  async function answer(row: OwnerDoorRow, login: PortalLogin): Promise<string> {
    const before = (await place.desk.store.read.audit.head())?.size ?? 0;
    try {
      await row.knock(place.desk, login);
      return 'passed';
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { code, because } = error;
      const guards = row.adminsOnly ?? row.notByDevice ?? row.lately !== undefined;
      const proof =
        because?.reason === 'password-needed-lately' || /^(forbidden|factor-needed|enrolment-needed)$/.test(code);
      if (guards && proof) await requireLogged(login, code, before);
      if (code === 'not-signed-in')
        return /^(not-signed-in-to-portal|password-needed-lately)$/.test(because?.reason ?? '') ? code : 'passed';
      return ['forbidden', 'factor-needed', 'enrolment-needed', 'usage'].includes(code) ? code : 'passed';
    }
  }

  /** A secret or a power that role or proof keeps from somebody leaves an entry (B99). */
  async function requireLogged({ user }: PortalLogin, code: string, before: number): Promise<void> {
    const [row] = await place.desk.store.read.audit.newest({ by: user.id, outcome: 'refused' }, 1);
    expect(row?.seq ?? -1, 'the refusal is in the log').toBeGreaterThanOrEqual(before);
    expect(JSON.parse(row?.body ?? '{}')).toMatchObject({ reason: code });
  }

  const span = () => minutes(place.desk.policy.limits.portalSession.freshPasswordMinutes);

  /** What the row says of a finished login that has proven everything: the other situations take something away. */
  const finished = (row: OwnerDoorRow, person: Person): string => {
    if (row.states?.includes('done') === false) return 'usage';
    return row.adminsOnly === true && person === 'plain user' ? 'forbidden' : 'passed';
  };
  const unless = (row: OwnerDoorRow, person: Person, refused: boolean, code: string): string => {
    const expected = finished(row, person);
    return expected === 'passed' && refused ? code : expected;
  };
  const inState = (row: OwnerDoorRow, person: Person, state: LoginState, code: string): string =>
    (row.states ?? ['done']).includes(state) ? finished({ ...row, states: ['done'] }, person) : code;

  it('every procedure that a login is handed to stands in the table, and no other', () => {
    expect(Object.keys(OWNERS).sort()).toEqual(sources.flatMap(ownerDoors).sort());
  });

  it('teeth: a procedure is found however it is written, a step that takes no login is not', () => {
    const text = [
      'export async function one(desk: Desk, { user }: PortalLogin) {}',
      'export const two = (desk: Desk, login: OpenedLogin & PortalLogin) => login;',
      "export const three = ({ session }: Pick<PortalLogin, 'session'>) => session;",
      'export const four = (acting: ActingOwner) => acting;',
      'export function five(desk: Desk, login: PortalLogin, door: OwnerDoor) {}',
      'function six(login: PortalLogin) {}',
    ].join('\n');
    const found = ownerDoors(parseSource('src/procedures/portal/x.ts', text));
    expect(found).toEqual(['portal/x.one', 'portal/x.two', 'portal/x.three']);
  });

  describe.each(Object.entries(OWNERS))('%s', (_name, row) => {
    it.each(Object.keys(PEOPLE) as readonly Person[])('by a %s: each state of the login', async (person) => {
      const states: readonly [LoginState, string][] = [
        ['factor-needed', 'factor-needed'],
        ['enrolment-needed', 'enrolment-needed'],
        ['enrolment-code-needed', 'enrolment-needed'],
      ];
      expect(await answer(row, await open(person)), 'finished').toBe(finished(row, person));
      for (const [state, code] of states)
        expect(await answer(row, await open(person, { state, method: 'password' })), state).toBe(
          inState(row, person, state, code),
        );
    });

    it.each(Object.keys(PEOPLE) as readonly Person[])('by a %s: proofs of long ago, or of a device', async (person) => {
      const stale = place.clock.now() - span();
      const cases: readonly [string, Parameters<PortalPlace['login']>[1], boolean, string][] = [
        ['remembered device', { method: 'password+device' }, row.notByDevice === true, 'factor-needed'],
        ['password too old', { passwordAt: stale }, row.lately !== undefined, 'not-signed-in'],
        ['password just not', { passwordAt: stale + 1 }, false, 'passed'],
        [
          'factor too old',
          { passwordAt: place.clock.now(), openedAt: stale },
          row.lately === 'password-and-factor',
          'factor-needed',
        ],
      ];
      for (const [what, more, refused, code] of cases)
        expect(await answer(row, await open(person, more)), what).toBe(unless(row, person, refused, code));
    });

    it.each(Object.keys(PEOPLE) as readonly Person[])('by a %s: whose login is over since', async (person) => {
      const [state = 'done'] = row.states ?? [];
      const cases: readonly [string, (login: PortalLogin, on: boolean) => Promise<unknown>][] = [
        ['signed out', ({ session }) => change((write) => write.portalSessions.delete(session.sessionId))],
        [
          'over by its time',
          ({ session }) => change((write) => write.portalSessions.update(session.sessionId, { created_at: 1 })),
        ],
        [
          'idle',
          ({ session }) => change((write) => write.portalSessions.update(session.sessionId, { last_seen_at: 1 })),
        ],
        [
          'user disabled',
          ({ user }, on) => change((write) => write.users.update(user.id, { disabled_at: on ? 1 : null })),
        ],
        [
          'account disabled',
          (_, on) => change((write) => write.accounts.update(ACCOUNT, { disabled_at: on ? 1 : null })),
        ],
      ];
      for (const [what, end] of cases) {
        const login = await open(person, { state });
        await end(login, true);
        expect(await answer(row, login), what).toBe('not-signed-in');
        await end(login, false);
      }
    });
  });
});

describe('the lock is asked, and nothing beside it', () => {
  const textOf = (except: readonly string[]) => sources.filter(({ path }) => !except.includes(path));

  it('B04 admin status is decided in one place; the check of the policy files looks at the files themselves', () => {
    const allowed = ['src/rules/customer-roles.ts', 'src/rules/policy-checks.ts'];
    const compares = textOf(allowed).filter(({ text }) => /holds\s*[!=]==?\s*'everything'/.test(text));
    expect(compares.map(({ path }) => path)).toEqual([]);
  });

  it('what is asked before the act is waited for', () => {
    const forgotten = sources.filter(({ text }) =>
      /(?<!await |function |=> )\b(askOwner|askAuthority)\(/.test(text.replace(/^import .*$/gm, '')),
    );
    expect(forgotten.map(({ path }) => path)).toEqual([]);
  });

  it('states, roles and proofs of a login are judged by the lock, and asked of it by the portal', () => {
    const allowed = ['customer-login', 'owner-locks', 'act-as-owner'].map((name) => `src/procedures/portal/${name}.ts`);
    const inside = textOf(allowed).filter(({ text }) => /\b(requireState|judgeOwner|missingProofs)\b/.test(text));
    expect(inside.map(({ path }) => path)).toEqual([]);
  });
});
