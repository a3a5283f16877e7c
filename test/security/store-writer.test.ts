/**
 * B86: what somebody does who can write the store, but has no key. Each act is either refused at the next command that rests on it, or named by
 * audit verify and doctor. What notices is a desk that is opened anew on a copy of the store, and knows only store, key and anchor.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk, OneTimeCodeRow } from '../../src/desk.js';
import { isRefusal } from '../../src/errors.js';
import { act } from '../../src/procedures/authorise.js';
import { requireGrant } from '../../src/procedures/calls/grants.js';
import { verifyCaller } from '../../src/procedures/calls/verify-caller.js';
import { userFactors } from '../../src/procedures/codes/user-factors.js';
import { newestEntries, requireGenuine } from '../../src/procedures/log/read-audit-log.js';
import { verifyAuditLog, verifyTables } from '../../src/procedures/log/verify-audit-log.js';
import { authenticateOperator } from '../../src/procedures/operators/authenticate-operator.js';
import { checkApplicationPassword } from '../../src/procedures/portal/application-password.js';
import { currentFreeze } from '../../src/procedures/resets/freeze.js';
import { openJob } from '../../src/procedures/resets/job-work.js';
import type { Engine } from '../../src/store/engine.js';
import { GUARDED } from '../../src/store/guard/guarded-tables.js';
import { sealTables } from '../../src/store/head.js';
import { OTHER_PHRASE, PHRASE } from '../procedures/northwind.js';
import { engines } from '../support/test-desk.js';
import { type Copy, OLD, putRow, type Scene, sceneOn } from './store-writer.js';

type Gains = (desk: Desk, scene: Scene) => Promise<boolean>;

interface Act {
  readonly what: string;
  readonly change: (engine: Engine, scene: Scene) => Promise<unknown>;
  /** What the act is for: true if it worked. */
  readonly gains: Gains;
  /** At once, or named by audit verify and doctor. */
  readonly seen: 'refused' | 'named';
  /** Only the sum of the table shows it. */
  readonly bySum?: true;
  /** Rows put in, relied on and put back as they were: whether audit verify still names it. */
  readonly back?: 'named' | 'unseen';
}

const run = (text: string) => (engine: Engine) => sql.raw(text).execute(engine.db);
/** The row of this key as it was in an older copy. */
const older = (table: string, key: string, pick: (scene: Scene) => string) => async (engine: Engine, scene: Scene) => {
  const row = scene.then[table]?.find((one) => one[key] === pick(scene));
  if (row === undefined) throw new Error(`no older row of ${table}`);
  await putRow(engine, table, row);
};

const says =
  (phrase: string, account = '100234', caller = 'ana'): Gains =>
  async (desk, { people }) => {
    const call = { account, caller, action: 'login-security:mfa-reset', phrase, ticket: undefined };
    return (await verifyCaller(desk, people.agent, call)).outcome === 'verified';
  };
const acts =
  (name: 'lead' | 'agent' | 'dina' | 'mallory', permission: 'mfa:freeze' | 'verify'): Gains =>
  async (desk, { people }) => {
    const entry = { kind: 'test.used', outcome: 'done', at: desk.now() } as const;
    const by = people[name];
    await act(
      desk,
      by,
      { permission },
      { entry: (_done, { actor }) => ({ ...entry, by: actor }), change: async () => true },
    );
    return true;
  };
const writes: Gains = async (desk) => {
  const by = { kind: 'system', id: 'test', name: 'test' } as const;
  await desk.store.record({ kind: 'test.used', outcome: 'done', at: desk.now(), by }, async () => undefined);
  return true;
};
const XAVI = 'usr_acc_200500_xavi';
const UMA = 'usr_acc_100234_uma';
const XENA = 'usr_acc_200500_xena';
const ANA = 'usr_acc_100234_ana';
/** The password alone would set up a method. */
const enrols: Gains = async (desk) => !(await userFactors(desk, desk.store.read.factors, XAVI)).enrolmentCodeNeeded;
const lock =
  (subject: string): Gains =>
  async (desk) =>
    ((await desk.store.read.throttles.get(subject))?.failures ?? 0) < 5;
const useGrant: Gains = (desk, { people, grant }) =>
  act(
    desk,
    people.agent,
    { permission: 'verify' },
    {
      entry: (_done, { actor }) => ({ kind: 'test.used', outcome: 'done', at: desk.now(), by: actor }),
      change: async (acting) => (await requireGrant(acting, grant, 'login-security:mfa-reset')) !== undefined,
    },
  );
const code =
  (purpose: 'enrol' | 'activate', good: (row: OneTimeCodeRow) => boolean): Gains =>
  async (desk) => {
    const user = purpose === 'enrol' ? XAVI : 'usr_acc_100234_ben';
    const row = await desk.store.read.factors.newestCode(user, purpose);
    return row !== undefined && good(row);
  };

const ACTS: readonly Act[] = [
  {
    what: 'throttles: the lock of a caller deleted',
    change: run(`delete from throttles where subject like 'caller:%${ANA}'`),
    gains: says(OTHER_PHRASE),
    seen: 'refused',
  },
  {
    what: 'throttles: the lock of a login deleted',
    change: run(`delete from throttles where subject = 'portal:${UMA}'`),
    gains: lock(`portal:${UMA}`),
    seen: 'refused',
  },
  {
    what: 'throttles: the row with fewer failures',
    change: older('throttles', 'subject', () => `caller:acc_100234/${ANA}`),
    gains: says(OTHER_PHRASE),
    seen: 'named',
    bySum: true,
    back: 'named',
  },
  {
    what: 'verifications: failures of the last hour deleted',
    change: run("delete from verifications where id = 'ver_f'"),
    gains: writes,
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'audit_entries: "thawed" put beyond the head',
    change: (engine) => {
      const [body, leaf] = ['{"kind":"mfa.thawed","outcome":"done","at":1,"by":{"id":"x"}}', Buffer.alloc(32)];
      return sql`insert into audit_entries (seq, body, leaf) values (900000, ${body}, ${leaf})`.execute(engine.db);
    },
    gains: async (desk) => (await currentFreeze(desk.store.read, desk.now())) === null,
    seen: 'refused',
  },
  {
    what: 'audit_entries: the freeze deleted',
    change: run("delete from audit_entries where kind = 'mfa.frozen'"),
    gains: async (desk) => (await currentFreeze(desk.store.read, desk.now())) === null,
    seen: 'refused',
  },
  {
    what: 'audit_entries: names changed',
    change: run("update audit_entries set body = replace(body, 'lead-of-test', 'eve') where kind = 'mfa.frozen'"),
    gains: async (desk) => {
      requireGenuine(await newestEntries(desk, {}, 50));
      return true;
    },
    seen: 'refused',
  },
  {
    what: 'freezes: the row from before the freeze',
    change: older('freezes', 'id', () => 'resets'),
    gains: writes,
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'freezes: deleted',
    change: run('delete from freezes'),
    gains: async (desk) => (await currentFreeze(desk.store.read, desk.now())) === null,
    seen: 'refused',
  },
  {
    what: 'one_time_codes: the enrolment code deleted',
    change: run("delete from one_time_codes where id = 'otc_enrol'"),
    gains: enrols,
    seen: 'refused',
  },
  {
    what: 'one_time_codes: the enrolment code marked as used',
    change: run("update one_time_codes set used_at = 1 where id = 'otc_enrol'"),
    gains: enrols,
    seen: 'refused',
  },
  {
    what: 'one_time_codes: a used invitation opened again',
    change: run("update one_time_codes set used_at = null where id = 'otc_act'"),
    gains: code('activate', (row) => row.used_at === null),
    seen: 'refused',
  },
  {
    what: 'one_time_codes: tries back to 0',
    change: run("update one_time_codes set tries = 0 where id = 'otc_enrol'"),
    gains: code('enrol', (row) => row.tries === 0),
    seen: 'refused',
  },
  {
    what: 'one_time_codes: the row from before it was used',
    change: older('one_time_codes', 'id', () => 'otc_act'),
    gains: code('activate', (row) => row.used_at === null),
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'resets: the objection taken away',
    change: run("update resets set objected_at = null where id = 'rst_1'"),
    gains: async (desk) => (await desk.store.read.resets.openOfUser(XAVI))?.objected_at === null,
    seen: 'refused',
  },
  {
    what: 'resets: its time moved',
    change: run("update resets set at = 1 where id = 'rst_1'"),
    gains: async (desk) => (await desk.store.read.resets.byId('rst_1'))?.at === 1,
    seen: 'refused',
  },
  {
    what: 'resets: deleted together with the code',
    change: async (engine) => {
      await run("delete from resets where id = 'rst_1'")(engine);
      await run("delete from one_time_codes where id = 'otc_enrol'")(engine);
      await run(`delete from backup_codes where user_id = '${XAVI}'`)(engine);
    },
    gains: enrols,
    seen: 'refused',
  },
  {
    what: 'resets: the objected one deleted',
    change: run("delete from resets where id = 'rst_1'"),
    gains: async (desk) => (await desk.store.read.resets.openOfUser(XAVI)) === undefined,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'resets: the objected one made one that took nothing',
    change: run("update resets set state = 'none' where id = 'rst_1'"),
    gains: async (desk) => (await desk.store.read.resets.openOfUser(XAVI)) === undefined,
    seen: 'named',
    back: 'unseen',
  },
  {
    what: 'users: admins made plain, so that power given now does not wait',
    change: run("update users set role = 'user' where account_id = 'acc_200500'"),
    gains: async (desk) =>
      (await desk.store.read.users.holders(['acc_200500'], ['admin', 'primary-admin'])).length === 0,
    seen: 'named',
    back: 'unseen',
  },
  {
    what: 'sso_subjects: whom a login means at the provider deleted',
    change: run('delete from sso_subjects'),
    gains: async (desk) => {
      const who = { userId: XENA, accountId: 'acc_200500', issuer: 'https://idp.example', subject: 'other', at: 1 };
      const entry = { kind: 'test.used', outcome: 'done', at: desk.now() } as const;
      const by = { kind: 'system', id: 'test', name: 'test' } as const;
      return desk.store.record({ ...entry, by }, (write) => write.idTokens.pin(who));
    },
    seen: 'named',
    bySum: true,
    back: 'named',
  },
  {
    what: 'passphrases: emptied',
    change: run(`update passphrases set verifier = null, setup_at = null where user_id = '${ANA}'`),
    gains: async (desk) => (await desk.store.read.secrets.passphrase(ANA))?.verifier === null,
    seen: 'refused',
  },
  {
    what: 'passphrases: deleted',
    change: run(`delete from passphrases where user_id = '${ANA}'`),
    gains: async (desk) => (await desk.store.read.secrets.passphrase(ANA)) === undefined,
    seen: 'refused',
  },
  {
    what: 'passphrases: the phrase from before the change',
    change: older('passphrases', 'user_id', () => XENA),
    gains: says(PHRASE, '200500', 'xena'),
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'application_passwords: deleted',
    change: run(`delete from application_passwords where user_id = '${UMA}'`),
    gains: async (desk) => (await desk.store.read.secrets.applicationPassword(UMA)) === undefined,
    seen: 'refused',
  },
  {
    what: 'application_passwords: the one from before the change',
    change: older('application_passwords', 'user_id', () => UMA),
    gains: async (desk) => {
      const user = await desk.store.read.users.byId(UMA);
      return user !== undefined && (await checkApplicationPassword(desk, user, OLD)).matches;
    },
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'backup_codes: suspended ones made active',
    change: run(`update backup_codes set state = 'active' where user_id = '${XAVI}'`),
    gains: async (desk) => (await desk.store.read.factors.backupCodes(XAVI)).some((row) => row.state === 'active'),
    seen: 'refused',
  },
  {
    what: 'backup_codes: used ones made unused',
    change: run(`update backup_codes set used_at = 5 where user_id = '${XAVI}'`),
    gains: async (desk) => (await desk.store.read.factors.backupCodes(XAVI)).length > 0,
    seen: 'refused',
  },
  {
    what: 'factors: the active one from before the reset',
    change: async (engine, scene) => {
      for (const row of scene.then['factors'] ?? []) await putRow(engine, 'factors', row);
    },
    gains: async (desk) => (await desk.store.read.factors.ofUser(XAVI)).some((row) => row.state === 'active'),
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'devices: the forgotten one back',
    change: older('devices', 'id', () => 'dev_1'),
    gains: async (desk) => (await desk.store.read.factors.deviceByDigest('dd')) !== undefined,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'portal_sessions: the ended one back',
    change: async (engine, scene) => {
      for (const row of scene.then['portal_sessions'] ?? []) await putRow(engine, 'portal_sessions', row);
    },
    gains: async (desk) => (await desk.store.read.portalSessions.ofUser('usr_acc_200500_xena')).length > 0,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'operator_sessions: the ended one back',
    change: older('operator_sessions', 'id', ({ people }) => people.dina.sessionId ?? ''),
    gains: acts('dina', 'verify'),
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'operators: a demoted lead',
    change: async (engine, scene) => {
      await older('operators', 'id', ({ people }) => people.dina.operator.id)(engine, scene);
      await older('operator_sessions', 'id', ({ people }) => people.dina.sessionId ?? '')(engine, scene);
    },
    gains: acts('dina', 'mfa:freeze'),
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'operators: a disabled one',
    change: older('operators', 'id', ({ people }) => people.mallory.operator.id),
    gains: acts('mallory', 'verify'),
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'operators: an admin made in another store',
    change: async (engine, scene) => {
      const [row] = scene.now['operators'] ?? [];
      await putRow(engine, 'operators', { ...row, id: 'op_evil', name: 'evil', name_key: 'evil', role: 'admin' });
    },
    gains: async (desk) => (await desk.store.read.operators.byName('evil')) !== undefined,
    seen: 'refused',
  },
  {
    what: 'operator_tokens: the revoked one back',
    change: async (engine, scene) => {
      await older('operator_tokens', 'id', () => 'tok_m')(engine, scene);
      await older('operators', 'id', ({ people }) => people.mallory.operator.id)(engine, scene);
    },
    gains: async (desk) =>
      (await authenticateOperator(desk, { token: 'cst_x', via: 'token', access: 'verify', command: 'verify' })).operator
        .name === 'mallory',
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'grants: the one that was used',
    change: older('grants', 'id', ({ grant }) => grant),
    gains: useGrant,
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'approvals: the yes that was used',
    change: older('approvals', 'id', () => 'apr_1'),
    gains: writes,
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'jobs and job_plans: written by hand',
    change: async (engine, { people }) => {
      await run(
        `insert into jobs (id, operator_id, state, plan_hash, reason, ticket, total, done, created_at, updated_at) values ('job_e', '${people.lead.operator.id}', 'unfinished', 'h', 'r', 't', 1, 0, 1, 1)`,
      )(engine);
      await run("insert into job_plans (job_id, plan) values ('job_e', '{}')")(engine);
    },
    gains: async (desk) => (await openJob(desk, 'job_e')) !== undefined,
    seen: 'refused',
  },
  {
    what: 'accounts: MFA not required, resets by phone allowed, as before',
    change: older('accounts', 'id', () => 'acc_200500'),
    gains: async (desk) => (await desk.store.read.accounts.byId('acc_200500'))?.mfaRequiredAt === null,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'users: a disabled login',
    change: older('users', 'id', () => 'usr_acc_100234_ben'),
    gains: async (desk) => (await desk.store.read.users.byId('usr_acc_100234_ben'))?.disabledAt === null,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'users: a revoked scope',
    change: older('users', 'id', () => 'usr_acc_100234_sue'),
    gains: async (desk) =>
      (await desk.store.read.users.byId('usr_acc_100234_sue'))?.scopes.includes('billing') === true,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'imports: a person hidden as if an import were under way',
    change: async (engine, { people }) => {
      await run(
        `insert into imports (id, operator_id, state, seen_at, mac) values ('imp_e', '${people.admin.operator.id}', 'open', 1, 'cs1.x')`,
      )(engine);
      await run(`update users set import_id = 'imp_e' where id = '${XAVI}'`)(engine);
    },
    gains: writes,
    seen: 'refused',
  },
  {
    what: 'users: one marked as of an import',
    change: run(`update users set import_id = 'imp_e' where id = '${XAVI}'`),
    gains: async (desk) => (await desk.store.read.users.byId(XAVI)) !== undefined,
    seen: 'refused',
  },
  {
    what: 'meta: the id of the store',
    change: run("update meta set value = 'desk_other' where key = 'store-id'"),
    gains: writes,
    seen: 'refused',
  },
  {
    what: 'meta: channels switched off',
    change: run(`insert into meta (key, value) values ('channels-off', '{"email":"x"}')`),
    gains: writes,
    seen: 'refused',
  },
  {
    what: 'outbox: a queued message deleted',
    change: run("delete from outbox where id = 'msg_1'"),
    gains: async (desk) => (await desk.store.read.outbox.byId('msg_1')) === undefined,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
  {
    what: 'hearings: a phrase heard on a call that is over',
    change: older('hearings', 'id', () => 'call_act'),
    gains: writes,
    seen: 'refused',
    bySum: true,
  },
  {
    what: 'hearings: for another session',
    change: async (engine, scene) => {
      const [row] = scene.then['hearings'] ?? [];
      await putRow(engine, 'hearings', { ...row, session: 'ses_other' });
    },
    gains: async (desk) => (await desk.store.read.calls.hearing('call_act')) !== undefined,
    seen: 'refused',
  },
  {
    what: 'used_id_tokens: deleted',
    change: run('delete from used_id_tokens'),
    gains: async () => true,
    seen: 'named',
    bySum: true,
    back: 'unseen',
  },
];

const refusedBy = async (work: Promise<boolean>): Promise<boolean> => {
  try {
    return !(await work);
  } catch (error) {
    if (isRefusal(error)) return true;
    throw error;
  }
};
/** What audit verify asks; doctor asks the same of the tables. */
async function named(desk: Desk): Promise<boolean> {
  const log = verifyAuditLog(desk.store.read.audit, { notary: desk.notary }).then(() => true);
  return (await refusedBy(log)) || (await refusedBy(verifyTables(desk).then(() => true)));
}

describe('B86 the acts', () => {
  it('are at least 39, and at least 25 are refused at once', () => {
    expect(ACTS.length).toBeGreaterThanOrEqual(39);
    expect(ACTS.filter(({ seen }) => seen === 'refused').length).toBeGreaterThanOrEqual(25);
  });
});

describe.each(engines)('B86 a store that somebody writes to without the key, on %s', (name) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await sceneOn(name);
  });
  afterAll(() => scene.close());

  const onCopy = async (work: (copy: Copy) => Promise<void>): Promise<void> => {
    const copy = await scene.copy();
    try {
      await work(copy);
    } finally {
      await copy.close();
    }
  };
  it('nothing is amiss as long as nobody does', async () => {
    await onCopy(async (copy) => {
      const desk = await copy.open();
      expect(await named(desk)).toBe(false);
      expect(await writes(desk, scene)).toBe(true);
      expect(await named(desk)).toBe(false);
    });
  });

  it.each(ACTS.map((one) => [one.what, one] as const))('%s', async (_what, one) => {
    await onCopy(async (copy) => {
      await one.change(copy.engine, scene);
      const opened = await copy.open().catch((error: unknown) => error);
      // A store under another id is refused by name before it is opened.
      if (isRefusal(opened)) return expect(opened.code).toBe('store-corrupt');
      const desk = opened as Desk;
      expect(await named(desk), 'named by audit verify').toBe(true);
      expect((await refusedBy(one.gains(desk, scene))) ? 'refused' : 'named').toBe(one.seen);
      if (one.back === undefined) return;
      for (const [table, rows] of Object.entries(scene.now)) {
        if (!one.what.startsWith(table)) continue;
        const { key = 'id' } = GUARDED[table] ?? {};
        const keys = ['', ...rows.map((row) => String(row[key]))];
        const gone = sql`delete from ${sql.table(table)} where ${sql.ref(key)} not in (${sql.join(keys)})`;
        await gone.execute(copy.engine.db);
        for (const row of rows) await putRow(copy.engine, table, row);
      }
      expect((await named(await copy.open())) ? 'named' : 'unseen', 'put back after use').toBe(one.back);
    });
  });

  it.each(ACTS.filter(({ bySum }) => bySum).map((one) => [one.what, one] as const))(
    'teeth: where the sums are not compared, it works: %s',
    async (_what, one) => {
      await onCopy(async (copy) => {
        await one.change(copy.engine, scene);
        // As if nobody had counted: the sums are those of the rows as they now stand.
        await copy.engine.db.transaction().execute((tx) => sealTables(tx, scene.place.desk.notary));
        const desk = await copy.open();
        expect(await named(desk)).toBe(false);
        expect(await one.gains(desk, scene)).toBe(true);
      });
    },
  );
});
