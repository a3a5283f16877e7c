import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildScript, childScript } from '../support/child-script.js';
import { amount } from '../support/long.js';
import { engines } from '../support/test-desk.js';
import { countsOf, type Founded, faultsOfLog, foundedStore } from './support.js';

/**
 * One writer: opens the store as any process would, says so, waits for the word, then records as fast as it can.
 * `careless` is the variant that must lose writes: no waiting for the lock, no immediate write lock.
 */
const WRITER = `
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { openEngine } from './src/opening/open-desk.js';
import { openStore } from './src/store/store.js';
import { accountRow, entry, notaryWith } from './test/store/rows.js';

const [address, name, count, careless] = process.argv.slice(2);
void (async () => {
  const engine = await openEngine(address, false);
  const db = careless === 'careless' ? new Kysely({ dialect: new SqliteDialect({ database: new SQLite(address, { timeout: 0 }) }) }) : engine.db;
  const store = openStore({ ...engine, db }, notaryWith());
  process.stdout.write('ready\\n');
  await new Promise((go) => process.stdin.once('data', go));
  let done = 0;
  for (let n = 0; n < Number(count); n += 1) {
    const row = accountRow(name + '-' + String(n).padStart(3, '0'));
    await store.record(entry('account.added', { reason: name }), (write) => write.accounts.insert([row])).then(() => { done += 1; }, () => undefined);
  }
  process.stdout.write('done ' + done + '\\n');
  await store.close();
  process.exit(0);
})();
`;

// Eight on two cores already wait for each other at every write; thirty-two also come near the ten seconds that a writer waits.
const WRITERS = amount(8, 32);
/** So many that nobody is through before the others have begun: they are let go at one moment, and how often they took turns is counted. */
const EACH = amount(125, 250);

let script: ChildScript;
beforeAll(async () => {
  script = await childScript(WRITER);
}, 60_000);
afterAll(() => script.remove());

describe.each(engines)('a storm of writers on %s', (engine) => {
  let place: Founded;
  beforeAll(async () => {
    place = await foundedStore(engine);
  }, 60_000);
  afterAll(() => place.close());

  /** Starts all writers, lets them go at the same moment, and answers how many writes each was told are done. */
  const storm = async (address: string, careless = ''): Promise<readonly number[]> => {
    const writers = Array.from({ length: WRITERS }, (_, n) =>
      script.start([address, `writer${n}`, String(EACH), careless]),
    );
    await Promise.all(writers.map((writer) => writer.until('ready')));
    for (const writer of writers) writer.tell('go\n');
    const ends = await Promise.all(writers.map((writer) => writer.ended));
    return ends.map(({ stdout, stderr }) => Number(/done (\d+)/.exec(stdout)?.[1] ?? expect.fail(stderr)));
  };

  it(`T11 ${WRITERS} processes of ${EACH} writes: none refused, none lost, and the log explains each`, {
    timeout: 60_000,
  }, async () => {
    expect(await storm(place.address)).toEqual(Array.from({ length: WRITERS }, () => EACH));
    const total = WRITERS * EACH;
    expect(await countsOf(place.engine)).toEqual({ accounts: total, entries: total, size: total });
    expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
    const order = (await place.store.read.audit.batch(0, total)).map(
      (row) => (JSON.parse(row.body) as { reason: string }).reason,
    );
    const turns = order.filter((writer, at) => writer !== order[at - 1]).length;
    expect(turns, 'the writers must have been at it at the same time').toBeGreaterThan(WRITERS);
  });

  it.skipIf(engine === 'postgres')(
    'T11 teeth: without waiting and without the immediate lock, writes are lost',
    // The careless writers lose only while two of them write at the same moment, and a busy machine may let them take turns.
    { timeout: 60_000, retry: 2 },
    async () => {
      const fresh = await foundedStore(engine);
      const done = (await storm(fresh.address, 'careless')).reduce((sum, count) => sum + count, 0);
      expect(done).toBeLessThan(WRITERS * EACH);
      // What was told done is there all the same: carelessness costs availability here, never the log.
      expect((await countsOf(fresh.engine)).accounts).toBe(done);
      expect(await faultsOfLog(fresh.engine, fresh.notary)).toEqual([]);
      await fresh.close();
    },
  );
});
