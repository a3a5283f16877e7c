/**
 * kill -9 of a large import at any moment (B90): whoever looks afterwards sees all of its people and all of its changes, or none, and the next
 * import removes or writes what was left. Calls of another process come in between all the while.
 */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/opening/open-desk.js';
import { importDirectory } from '../../src/procedures/imports/import-directory.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { type ChildScript, childScript } from '../support/child-script.js';
import { type Customers, customers } from '../support/directory-desk.js';
import { dataFolder, engines } from '../support/test-desk.js';
import { random } from './kill-at-random.js';

const KILLS = 12;
const PEOPLE = 600;
/** Have another name and another address after each import. */
const CHANGED = 300;

const SCRIPT = `
import { openCustody } from './src/opening/open-custody.js';
import { openDesk } from './src/opening/open-desk.js';
import { importDirectory } from './src/procedures/imports/import-directory.js';
const { settings, dataFolder, signed, rows } = JSON.parse(process.env.ORDER);
openDesk(openCustody({ settings, dataFolder, now: Date.now, clockAsGiven: true })).then(async (desk) => {
  const record = desk.store.record;
  const store = { ...desk.store, record: async (...door) => {
    const done = await record(...door);
    require('node:fs').writeSync(1, 'step\\n');
    return done;
  } };
  const limits = { ...desk.policy.limits, directory: { confirmOver: 10_000, contactsOver: 10_000 } };
  await importDirectory({ ...desk, store, policy: { ...desk.policy, limits } }, signed, { users: { rows, problems: [] } });
  require('node:fs').writeSync(1, 'done\\n');
  await desk.store.close();
});
`;

const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_201);

let script: ChildScript;
beforeAll(async () => {
  script = await childScript(SCRIPT);
});
afterAll(() => script.remove());

describe.each(engines)(`a large import that is killed, on %s (seed ${seed})`, (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
    place.clock.set(Date.now());
    await beside((write) => write.meta.put('key-id', place.desk.keyring.keyId));
  });
  afterEach(() => place.close());

  const beside = (change: Parameters<Customers['desk']['store']['record']>[1]) => {
    const by = { kind: 'system', id: 't', name: 't' } as const;
    return place.desk.store.record({ kind: 'test.meanwhile', outcome: 'done', at: place.desk.now(), by }, change);
  };
  const rowsOf = (batch: number) =>
    Array.from({ length: PEOPLE + CHANGED }, (_, n) => ({
      line: n + 2,
      values:
        n < PEOPLE
          ? { account: '100234', login: `b${batch}-${n}`, name: `Given${n} Staged`, role: 'user' }
          : { account: '100234', login: `c${n}`, name: `Batch ${batch}`, email: `b${batch}@x.example`, role: 'user' },
    }));
  /** Whom each import changes, by their ids: everybody else of the house comes to thousands in the end, and is counted. */
  let changing: readonly string[];
  /** The names and addresses of everybody whom each import changes. */
  const changed = async () => {
    const people = await place.desk.store.read.users.byIds(changing);
    return [people.length, [...new Set(people.map(({ name, email }) => `${name} ${email}`))]] as const;
  };

  it('is there as a whole or not at all, and leaves nothing', async () => {
    const { read } = place.desk.store;
    const chance = random(seed);
    await importDirectory(place.desk, place.admin, { users: { rows: rowsOf(0), problems: [] } });
    const before = (await read.users.count()) - PEOPLE;
    const staged = await read.users.ofAccount(place.classic.id);
    changing = staged.flatMap(({ id, login }) => (/^c\d/.test(login) ? [id] : []));
    const steps = Math.ceil(PEOPLE / 150) * 3 + Math.ceil(CHANGED / 100) * 2;
    let batch = 1;
    let kills = 0;
    let cutOff = 0;
    while (kills < KILLS) {
      const order = { settings: place.settings, dataFolder, signed: place.admin, rows: rowsOf(batch) };
      const worker = script.start([], { ORDER: JSON.stringify(order) });
      const nth = 1 + Math.floor(chance() * steps);
      await worker.until('step\n'.repeat(nth)).catch(() => undefined);
      worker.child.kill('SIGKILL');
      const { stdout, stderr } = await worker.ended;
      expect(stderr).toBe('');
      kills += 1;
      if (!stdout.endsWith('done\n')) cutOff += 1;
      const there = await read.users.count();
      const listed = await read.imports.all();
      expect([before + batch * PEOPLE, before + (batch + 1) * PEOPLE]).toContain(there);
      if (there === before + (batch + 1) * PEOPLE) batch += 1;
      // Killed while it wrote what the one before had left, it has none of its own yet.
      expect(listed.length).toBeLessThanOrEqual(1);
      expect(await changed()).toEqual([CHANGED, [`Batch ${batch - 1} b${batch - 1}@x.example`]]);
      await beside(async () => undefined);
    }
    // A kill that came when all was done would prove nothing.
    expect(cutOff).toBeGreaterThan(KILLS / 2);
    const last = { settings: place.settings, dataFolder, signed: place.admin, rows: rowsOf(batch) };
    const { stdout, stderr } = await script.start([], { ORDER: JSON.stringify(last) }).ended;
    expect([stderr, stdout.endsWith('done\n')]).toEqual(['', true]);
    expect(await read.users.count()).toBe(before + (batch + 1) * PEOPLE);
    expect(await read.imports.all()).toEqual([]);
    expect(await changed()).toEqual([CHANGED, [`Batch ${batch} b${batch}@x.example`]]);
    const told = (await read.outbox.list(1_000_000)).filter(({ kind }) => kind === 'contact-changed');
    expect(told).toHaveLength(2 * CHANGED * batch);
    const store = await openEngine(place.settings.store, false);
    const { rows } = await sql<{ users: number; lost: number }>`select (select count(*) from users) as users,
      (select count(*) from search_words where kind = 'user' and target_id not in (select id from users)) as lost`.execute(
      store.db,
    );
    await store.db.destroy();
    expect(rows.map(({ users, lost }) => [Number(users), Number(lost)])).toEqual([[before + (batch + 1) * PEOPLE, 0]]);
    expect(await place.desk.store.tableFaults()).toEqual([]);
    await verifyAuditLog(place.desk.store.read.audit, { notary: place.desk.notary });
  });
});
