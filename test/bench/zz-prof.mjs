import fs from 'node:fs';
import inspector from 'node:inspector/promises';
import { benchDesk, USERS_PER_ACCOUNT } from './bench-desk.mjs';

const USERS = 100_000,
  ROWS = Number(process.argv[2] ?? 5000);
const people = (nth) => ({
  users: {
    rows: Array.from({ length: ROWS }, (_, i) => ({
      line: i + 2,
      values: {
        account: String(100_000 + (i % (USERS / USERS_PER_ACCOUNT))),
        login: `b${nth}-${i}`,
        name: `Given${i % 997} Family${i % 9973}`,
        email: `b${nth}-${i}@bench.example`,
        phone: `+49 30 ${10_000_000 + i}`,
        role: 'user',
      },
    })),
    problems: [],
  },
});
const upd = (nth) => {
  const p = people(nth);
  for (const r of p.users.rows) r.values.name += ' New';
  return { ...p, confirm: ROWS };
};
const b = await benchDesk(["export { importDirectory } from './src/procedures/exits/import-directory.js';"]);
await b.fill(USERS, true);
const desk = await b.open();
const signed = await b.sources.signedOperator(desk, 'admin', 'root');
await b.sources.importDirectory(desk, signed, people(0));
const s = new inspector.Session();
s.connect();
await s.post('Profiler.enable');
const record = desk.store.record;
let longest = 0,
  n = 0;
const store = {
  ...desk.store,
  record: async (...d) => {
    const t = performance.now();
    const r = await record(...d);
    const e = performance.now() - t;
    longest = Math.max(longest, e);
    n++;
    return r;
  },
};
await s.post('Profiler.start');
let t = performance.now();
await b.sources.importDirectory({ ...desk, store }, signed, people(1));
console.log('add', performance.now() - t, 'tx', n, 'longest', longest);
fs.writeFileSync('/tmp/add.cpuprofile', JSON.stringify((await s.post('Profiler.stop')).profile));
n = 0;
longest = 0;
await s.post('Profiler.start');
t = performance.now();
await b.sources.importDirectory({ ...desk, store }, signed, upd(1));
console.log('update', performance.now() - t, 'tx', n, 'longest', longest);
fs.writeFileSync('/tmp/upd.cpuprofile', JSON.stringify((await s.post('Profiler.stop')).profile));
await desk.store.close();
b.close();
