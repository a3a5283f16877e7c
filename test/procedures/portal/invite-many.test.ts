/** Invitations to a list or a whole company: whom, how many in a day, and what the admins hear of it. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/opening/open-desk.js';
import { addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { inviteMany } from '../../../src/procedures/portal/invite-many.js';
import { inviteUsers } from '../../../src/procedures/portal/invite-user.js';
import { foundRows } from '../../../src/procedures/resets/plan-reset.js';
import { days, hours } from '../../../src/rules/duration.js';
import { type Customers, customers, entriesOf } from '../../support/directory-desk.js';
import { proven } from '../../support/proven.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';

describe.each(engines)('invitations to many on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  const add = (login: string, more = {}) => {
    const person = { name: login, email: `${login}@alfki.example`, phone: '', role: 'user', scopes: [] };
    return addUser(place.desk, place.admin, { account: '100234', login, ...person, signIn: 'native', ...more });
  };
  const everybody = async (confirm: number | undefined, { desk, by } = { desk: place.desk, by: place.admin }) => {
    const rows = await foundRows(desk, { wholeAccount: place.classic, rows: [] });
    const done: string[] = [];
    for await (const { login, outcome } of inviteMany(desk, by, rows, confirm)) done.push(`${login} ${outcome}`);
    return done;
  };
  const mails = async (kind: string) =>
    (await place.desk.store.read.outbox.list(100)).filter((message) => message.kind === kind);

  it('each admin of a company hears of it once; who has a password or an open invitation keeps it, and the rest are said why', async () => {
    await add('lone', { email: '' });
    await add('sam', { signIn: 'sso' });
    await add('uma');
    const { user } = await findUser(place.desk, '100234/nancy');
    const row = { user_id: user.id, verifier: 'sealed elsewhere', changed_at: place.clock.now() };
    await place.desk.store.record(
      { kind: 'test.password', outcome: 'done', at: place.clock.now(), by: proven(place.admin.actor) },
      (write) => write.secrets.putApplicationPassword(row),
    );
    await inviteUsers(place.desk, place.admin, [await findUser(place.desk, '100234/uma')]);
    const rest = ['lone no-email', 'nancy nothing-to-do', 'sam sso', 'uma nothing-to-do'];
    expect((await everybody(1)).toSorted()).toEqual([rest[0], 'maria invited', ...rest.slice(1)]);
    expect(await entriesOf(place, 'account.invited')).toMatchObject([
      { account: place.classic.id, detail: { people: 1 } },
    ]);
    expect((await mails('power-invited')).map(({ user_id: id }) => id)).toEqual([place.maria.id]);
    expect(await mails('invitation')).toHaveLength(2);
    // Nothing is left to do, so nobody has to count, and nobody is told again.
    expect(await everybody(undefined)).toContain('maria nothing-to-do');
    expect(await mails('power-invited')).toHaveLength(1);
    // A code that has ended is replaced.
    place.clock.advance(hours(25));
    expect(await everybody(2)).toEqual(expect.arrayContaining(['maria invited', 'uma invited']));
  });

  it('two runs at the same moment invite nobody twice: the code of the one stays good', async () => {
    await add('uma');
    const rows = await foundRows(place.desk, { wholeAccount: place.classic, rows: [] });
    const [one, other] = [0, 1].map((done) => inviteMany(place.desk, place.admin, rows, rows.length - done));
    const came = [await one?.next()];
    // Both have looked by now, before most were invited.
    for (let left = 2; left > 0; ) {
      const next = [await other?.next(), await one?.next()];
      left = next.filter((each) => each?.done === false).length;
      came.push(...next);
    }
    const outcomes = came.flatMap((each) =>
      each?.done === false ? [`${each.value.login} ${each.value.outcome}`] : [],
    );
    for (const { login } of rows) expect(outcomes.filter((said) => said === `${login} invited`)).toHaveLength(1);
    expect(await mails('invitation')).toHaveLength(rows.length);
  });

  it('T23 lists count together for a day; nobody is invited past the limit, nor by a number that is not theirs', async () => {
    const { policy } = place.desk;
    const approval = { ...policy.limits.approval, deskBulkOver: 3 };
    const desk = { ...place.desk, policy: { ...policy, limits: { ...policy.limits, approval } } };
    const as = { desk, by: place.admin };
    expect(await refusalOf(everybody(undefined, as))).toMatchObject({ code: 'missing-option' });
    expect(await refusalOf(everybody(3, as))).toMatchObject({ code: 'invalid-input' });
    await everybody(2, as);
    await add('uma');
    await add('una');
    const over = await refusalOf(everybody(2, as));
    expect([over.code, over.message]).toEqual([
      'refused-by-policy',
      expect.stringMatching(/^2 .* at most 3 .*and 2 were sent/),
    ]);
    expect(await mails('invitation')).toHaveLength(2);
    // Whoever can write to the store, but has no key, does not make room.
    const other = await openEngine(place.settings.store, false);
    const room = { kind: 'account.invited', outcome: 'done', at: desk.now(), account: 'acc_100234', seq: 900_000 };
    const body = JSON.stringify({ ...room, detail: { people: -1_000 } });
    await sql`insert into audit_entries (seq, body, leaf) values (900000, ${body}, ${Buffer.alloc(32)})`.execute(
      other.db,
    );
    expect(await refusalOf(everybody(2, as))).toMatchObject({ code: 'refused-by-policy' });
    await sql`delete from audit_entries where seq = 900000`.execute(other.db);
    await other.close();
    place.clock.advance(days(1) + 1);
    expect(await everybody(4, as).catch((error) => error.because?.facts)).toEqual({ count: 4, before: 0, most: 3 });
  });

  it('B83 an agent, who may invite one person, may not have a company listed by it', async () => {
    const by = await place.operator('agent');
    expect(await refusalOf(everybody(2, { desk: place.desk, by }))).toMatchObject({ code: 'forbidden' });
    expect(await mails('invitation')).toEqual([]);
    expect(await entriesOf(place, 'operator.denied')).toMatchObject([{ reason: 'forbidden' }]);
  });
});
