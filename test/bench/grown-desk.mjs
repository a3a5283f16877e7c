/**
 * A desk of so many users, each of whom was reset, was sent a code, and has not enrolled again; and work there whose cost grows with the desk
 * (LINEAR, which answers how many rows it read), or must not (BOUNDED).
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { verifier } from './agents.mjs';
import { benchDesk, USERS_PER_ACCOUNT } from './bench-desk.mjs';

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
export const TIMES = 50;

/** `lines` are further export lines of the sources. */
export async function grownDesk(users, lines = []) {
  const bench = await benchDesk(LINES.concat(lines));
  await bench.fill(users, true, true);
  const desk = await bench.open();
  const signed = await bench.sources.signedOperator(desk, 'admin', 'root');
  const close = async () => {
    await desk.store.close();
    bench.close();
  };
  return { bench, desk, signed, users, sources: bench.sources, close };
}

const count = async (pages) => {
  let n = 0;
  for await (const page of pages) n += page.length;
  return n;
};
export const numberOf = (user) => String(100_000 + Math.floor(user / USERS_PER_ACCOUNT));
const some = (users) => Array.from({ length: users / PART }, (_, n) => n * PART);

/** Each answers how many rows it has read. */
export const LINEAR = {
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

export const BOUNDED = {
  'search as typed': ({ desk, sources }, user) => sources.usersAsTyped(desk, `user${user}`, 10),
  verify: ({ desk, signed, sources }, user) => verifier(sources, desk, signed)(user),
  'user list, 20': ({ desk, sources }) => count(sources.userPages(desk, undefined, 20)),
  'mfa pending, first page': async ({ desk, sources }) => (await sources.pendingEnrolments(desk, undefined)).next(),
  'audit list, 20 refused': ({ desk, sources }) => sources.newestEntries(desk, { outcome: 'refused' }, 20),
  'audit list, 20 of a kind': ({ desk, sources }) => sources.newestEntries(desk, { kind: 'mfa' }, 20),
  'outbox list, 20 sent': ({ desk, sources }) => sources.listOutbox(desk, 'delivered', 20),
};

/** Milliseconds for a thousand rows. */
export async function perThousand(work, place) {
  const start = performance.now();
  const rows = await work(place);
  return ((performance.now() - start) / rows) * 1_000;
}

/** Milliseconds for one. */
export async function each(work, place) {
  const start = performance.now();
  for (let n = 0; n < TIMES; n++) await work(place, (n * 7919 * 13) % place.users);
  return (performance.now() - start) / TIMES;
}
