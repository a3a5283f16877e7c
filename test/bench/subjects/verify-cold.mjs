/**
 * What a caller waits for, but for the hash of the phrase: one `verify` as a process of its own, on a store of 100,000 users,
 * from the empty process to the answer. `--forgot` leaves the hash out. The floor is a Node that does nothing.
 */
import { spawnSync } from 'node:child_process';
import { benchDesk } from '../bench-desk.mjs';

const USERS = 100_000;

let bench;
let caller = 0;

function runNode(args, expected, env) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const took = performance.now() - start;
  if (status !== expected) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return took;
}

export const name = 'verify cold, 100,000 users, no hash';
export const reach = 1.6;
export const rounds = 41;

export async function prepare() {
  bench = await benchDesk();
  await bench.fill(USERS, false);
}

export const floor = () => runNode(['-e', '0'], 0, bench.env);

export function figure() {
  caller = (caller + 7919) % USERS;
  const account = String(100_000 + Math.floor(caller / 20));
  const call = ['verify', '--account', account, '--caller', `user${caller}`, '--for', 'billing:change', '--forgot'];
  return runNode([bench.executable, ...call], 3, bench.env);
}

export const close = () => bench?.close();
