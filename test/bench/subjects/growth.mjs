/**
 * What grows with the desk, and what must not: the same work on a desk of 10,000 users and on one of 100,000 (with `--large`, 100,000 and
 * 1,000,000). Everybody there was reset, was sent a code, and has not enrolled again. The floor is the smaller desk. Of what is read to its
 * end, the time for a row counts, and may be half as long again; of what shows or changes one thing, the whole time, and may double.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { verifier } from '../agents.mjs';
import { benchDesk, USERS_PER_ACCOUNT } from '../bench-desk.mjs';
import { LARGE } from '../size.mjs';

const SIZES = LARGE ? [100_000, 1_000_000] : [10_000, 100_000];
const LINES = [
  "export { verifyCaller } from './src/procedures/calls/verify-caller.js';",
  "export { exportUsers, userPages } from './src/procedures/directory/export-directory.js';",
  "export { previewImport } from './src/procedures/imports/import-directory.js';",
  "export { usersAsTyped } from './src/procedures/directory/search-directory.js';",
  "export { newestEntries } from './src/procedures/log/read-audit-log.js';",
  "export { verifyAuditLog } from './src/procedures/log/verify-audit-log.js';",
  "export { listOutbox } from './src/procedures/messages/read-outbox.js';",
  "export { pendingEnrolments } from './src/procedures/resets/show-job.js';",
  "export { planReset } from './src/procedures/resets/plan-reset.js';",
];
/** One in so many people is in a file of an import, or on the list of a bulk reset. */
const PART = 10;
/** How often a short work is done for one figure, about people all over the desk. */
const TIMES = 50;

const places = [];

async function place(users) {
  const bench = await benchDesk(LINES);
  await bench.fill(users, true, true);
  const desk = await bench.open();
  const signed = await bench.sources.signedOperator(desk, 'admin', 'root');
  return { bench, desk, signed, users, sources: bench.sources };
}

export async function prepare() {
  for (const users of SIZES) places.push(await place(users));
}

const count = async (pages) => {
  let n = 0;
  for await (const page of pages) n += page.length;
  return n;
};
const numberOf = (user) => String(100_000 + Math.floor(user / USERS_PER_ACCOUNT));
const some = (users) => Array.from({ length: users / PART }, (_, n) => n * PART);

/** Each answers how many rows it has read. */
const LINEAR = {
  'import, plan of a tenth': async ({ desk, signed, users, sources }) => {
    const rows = some(users).map((user, at) => ({
      line: at + 2,
      values: {
        account: numberOf(user),
        login: `user${user}`,
        name: `Given${user % 997} Family${user % 9973}`,
        role: 'admin',
      },
    }));
    await sources.previewImport(desk, signed, { users: { rows, problems: [] } });
    return rows.length;
  },
  'bulk reset, plan of a tenth': async ({ desk, signed, users, sources }) => {
    const rows = some(users).map((user, at) => ({
      line: at + 2,
      ...{ user: '', email: '' },
      account: numberOf(user),
      login: `user${user}`,
    }));
    const request = { rows, wholeAccount: null, reason: 'a bench', ticket: 'T-1', final: false, source: 'a bench' };
    await sources.planReset(desk, signed, request);
    return rows.length;
  },
  'audit verify': async ({ desk, users, sources }) => {
    await sources.verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
    return users;
  },
  'doctor, the tables': async ({ desk, users }) => {
    const faults = await desk.store.tableFaults();
    if (faults.length > 0) throw new Error('the desk is broken');
    return users;
  },
  backup: async ({ bench, desk, users }) => {
    const file = path.join(bench.folder, 'copy.db');
    await desk.store.backup(file);
    rmSync(file);
    return users;
  },
  'user list, all': async ({ desk, sources }) => count(sources.userPages(desk)),
  'user export': async ({ desk, signed, users, sources }) => {
    await count(await sources.exportUsers(desk, signed));
    return users;
  },
  'mfa pending': async ({ desk, sources }) => count(await sources.pendingEnrolments(desk, undefined)),
};

const BOUNDED = {
  'search as typed': ({ desk, sources }, user) => sources.usersAsTyped(desk, `user${user}`, 10),
  verify: ({ desk, signed, sources }, user) => verifier(sources, desk, signed)(user),
  'user list, 20': ({ desk, sources }) => count(sources.userPages(desk, undefined, 20)),
  'mfa pending, first page': async ({ desk, sources }) => (await sources.pendingEnrolments(desk, undefined)).next(),
  'audit list, 20 refused': ({ desk, sources }) => sources.newestEntries(desk, { outcome: 'refused' }, 20),
  'audit list, 20 of a kind': ({ desk, sources }) => sources.newestEntries(desk, { kind: 'mfa' }, 20),
  'outbox list, 20 sent': ({ desk, sources }) => sources.listOutbox(desk, 'delivered', 20),
};

async function perThousand(work, at) {
  const start = performance.now();
  const rows = await work(places[at]);
  return ((performance.now() - start) / rows) * 1_000;
}

async function each(work, at) {
  const there = places[at];
  const start = performance.now();
  for (let n = 0; n < TIMES; n++) await work(there, (n * 7919 * 13) % there.users);
  return (performance.now() - start) / TIMES;
}

const of = (what, works, reach, measure) =>
  Object.entries(works).map(([name, work]) => ({
    name: `growth ${what}: ${name}`,
    reach,
    rounds: 3,
    floor: () => measure(work, 0),
    figure: () => measure(work, 1),
  }));

export async function close() {
  for (const { bench, desk } of places.splice(0)) {
    await desk.store.close();
    bench.close();
  }
}

export const subjects = [...of('a row', LINEAR, 1.5, perThousand), ...of('whole', BOUNDED, 2, each)];
