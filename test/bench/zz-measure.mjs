import Database from 'better-sqlite3';
import { AGENT_LINES, atWork } from './agents.mjs';
import { benchDesk } from './bench-desk.mjs';

const N = Number(process.argv[2] ?? 100000);
const bench = await benchDesk([
  ...AGENT_LINES,
  "export { importDirectory, previewImport } from './src/procedures/directory/import-directory.js';",
]);
await bench.fill(5000, true);
const desk = await bench.open();
const admin = await bench.sources.signedOperator(desk, 'admin', 'root');
const agent = await bench.sources.signedOperator(desk, 'lead', 'agent');
const rows = (mark) =>
  Array.from({ length: N }, (_, i) => ({
    line: i + 2,
    values: {
      account: String(100000 + (i % 250)),
      login: `new${i}`,
      name: `Given${i % 997} Family${i % 9973}${mark}`,
      email: `new${i}@bench.example`,
      phone: `+49 30 ${String(1000000 + i)}`,
      role: 'user',
    },
  }));
const request = (mark = '') => ({ users: { rows: rows(mark), problems: [] } });

import { spawn } from 'node:child_process';

const poll = `const D=require('better-sqlite3');const d=new D(process.argv[1],{timeout:120000});let worst=0;process.on('SIGTERM',()=>{console.log(worst);process.exit()});(async()=>{for(;;){const s=performance.now();d.exec('begin immediate');d.exec('rollback');worst=Math.max(worst,performance.now()-s);await new Promise(r=>setTimeout(r,10));}})()`;
const timed = async (what, work) => {
  const child = spawn(process.execPath, ['-e', poll, bench.store], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: process.cwd(),
  });
  let said = '';
  child.stdout.on('data', (d) => {
    said += d;
  });
  await new Promise((r) => setTimeout(r, 300));
  const s = performance.now();
  const c = process.cpuUsage();
  await work();
  const took = performance.now() - s;
  const cpu = process.cpuUsage(c);
  child.kill('SIGTERM');
  await new Promise((r) => child.on('close', r));
  console.log(
    what,
    'took',
    Math.round(took),
    'ms, cpu',
    Math.round((cpu.user + cpu.system) / 1000),
    '; longest wait for the lock',
    Math.round(Number(said)),
    'ms',
  );
};
await timed('preview', () => bench.sources.previewImport(desk, admin, request()));
await timed('add', () => bench.sources.importDirectory(desk, admin, request()));
await timed('same', () => bench.sources.importDirectory(desk, admin, request()));
await timed('names', () => bench.sources.importDirectory(desk, admin, { ...request('x'), confirm: N }));
console.log('rss', Math.round(process.resourceUsage().maxRSS / 1024), 'MB');
await desk.store.close();
bench.close();
