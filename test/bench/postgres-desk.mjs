/** A desk on a PostgreSQL server of its own, which flushes at every commit; and what is said to that server. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { benchDesk, root, USERS_PER_ACCOUNT } from './bench-desk.mjs';
import { numberOf } from './verifications.mjs';

const LINES = [
  "export { settingsIn } from './test/support/desk-template.js';",
  "export { establishDesk } from './src/opening/open-desk.js';",
  "export { createDatabase, startServer } from './test/support/postgres.js';",
  "export { accountRow, userRow } from './test/store/rows.js';",
];
const AT_ONCE = 500;

const seeded = (at) => ({
  kind: 'test.seeded',
  outcome: 'done',
  at,
  by: { kind: 'system', id: 'bench', name: 'bench' },
});

export async function postgresDesk(lines) {
  const bench = await benchDesk([...lines, ...LINES]);
  const { sources } = bench;
  const server = await sources.startServer({ durable: true });
  const folder = mkdtempSync(path.join(bench.folder, 'postgres-'));
  const url = await sources.createDatabase(server.url);
  const dataFolder = path.join(root, 'data');
  const place = { settings: { ...sources.settingsIn(folder, url), dataFolder }, dataFolder };
  const founded = await sources.establishDesk(sources.openCustody({ ...place, now: Date.now, clockAsGiven: true }));
  const { store, keyring, now } = founded.desk;
  // What makes the store a finished desk.
  await store.record(seeded(now()), (write) => write.meta.put('key-id', keyring.keyId));
  await store.close();
  const open = () => sources.openDesk(sources.openCustody({ ...place, now: Date.now }));
  const clients = [];
  return {
    ...bench,
    open,
    /** Runs the work with the desk, and then copies its database for the floor, which writes to nothing that the desk watches. */
    async copyAfter(work) {
      const desk = await open();
      await work(desk);
      await desk.store.close();
      const raw = new pg.Client({ connectionString: await sources.createDatabase(server.url, url) });
      await raw.connect();
      clients.push(raw);
      return raw;
    },
    close: async () => {
      for (const client of clients) await client.end();
      await server.stop();
      bench.close();
    },
  };
}

/** Companies and people as in bench-desk.mjs, each with a passphrase. */
export async function fillWithCallers(desk, sources, users) {
  const at = desk.now();
  const padded = (number) => String(number).padStart(8, '0');
  const companies = Array.from({ length: Math.ceil(users / USERS_PER_ACCOUNT) }, (_, i) =>
    sources.accountRow(numberOf(i * USERS_PER_ACCOUNT), { id: `acc_${padded(i)}`, edition: 'x-series' }),
  );
  await desk.store.record(seeded(at), (write) => write.accounts.insert(companies));
  for (let from = 0; from < users; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, users - from) }, (_, i) => from + i);
    const rows = some.map((i) => {
      const email = `user${i}@bench.example`;
      const of = { id: `usr_${padded(i)}`, email, email_key: email, role: 'admin' };
      return sources.userRow(`acc_${padded(Math.floor(i / USERS_PER_ACCOUNT))}`, `user${i}`, of);
    });
    const phrase = { verifier: 'not looked at', form_version: 1, set_by: 'owner', set_at: at };
    await desk.store.record(seeded(at), async (write) => {
      await write.users.insert(rows);
      for (const { id } of rows) await write.secrets.putPassphrase({ user_id: id, ...phrase });
    });
  }
}

/** What is said on any connection during the work. */
export async function heardDuring(work) {
  const { query } = pg.Client.prototype;
  const heard = [];
  pg.Client.prototype.query = function listened(asked, ...rest) {
    heard.push({ text: asked.text ?? asked, values: asked.values ?? [] });
    return query.call(this, asked, ...rest);
  };
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return heard;
}

/** As the engine says it: planned once where it comes again. */
export const saying = (raw) => {
  const names = new Map();
  return (text, values) => {
    if (!/^(select|insert|update|delete)\b/.test(text)) return raw.query(text, values);
    if (!names.has(text)) names.set(text, `f${names.size}`);
    return raw.query({ name: names.get(text), text, values });
  };
};
