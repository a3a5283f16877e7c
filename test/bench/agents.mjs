/**
 * Operators at work, each a process of its own with the desk open: one verification after another in a steady pace, the hash of the
 * phrase left out. Started as `agents.mjs ORDER`, it is one of them: it says `ready`, waits for the word, and answers what each took.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { USERS_PER_ACCOUNT } from './bench-desk.mjs';

/** As a console that has been open for a while. */
export const WARM_UP = 30;
const self = fileURLToPath(import.meta.url);

/** What agents need of the sources; hand it to benchDesk. */
export const AGENT_LINES = ["export { verifyCaller } from './src/procedures/calls/verify-caller.js';"];

/** A function that verifies the caller of a number, with a phrase that fits and costs nothing. */
export function verifier(sources, desk, signed) {
  const secrets = { ...desk.secrets, check: async () => ({ matches: true, outdated: false }) };
  const quick = { ...desk, secrets };
  return async (caller) => {
    const account = String(100_000 + Math.floor(caller / USERS_PER_ACCOUNT));
    const request = {
      account,
      caller: `user${caller}`,
      action: 'billing:change',
      phrase: 'as said',
      ticket: undefined,
    };
    const { outcome } = await sources.verifyCaller(quick, signed, request);
    if (outcome !== 'verified') throw new Error(`the verification was ${outcome}`);
  };
}

/** `count` agents, each with `calls` calls about `users` users, one every `paceMs`. Answers the ms of every call, shortest first. */
export async function atWork({ place, signed }, { count, users, calls, paceMs, beside }) {
  const agents = Array.from({ length: count }, (_, nth) =>
    start({ ...place, signed: signed[nth], users, nth, calls, paceMs }),
  );
  await Promise.all(agents.map(({ ready }) => ready));
  for (const { child } of agents) child.stdin.end('go\n');
  const times = Promise.all(agents.map(({ ended }) => ended));
  await beside?.(times);
  return (await times).flat().sort((a, b) => a - b);
}

function start(order) {
  const child = spawn(process.execPath, [self, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (text) => {
      said += text;
      resolve();
    });
  });
  const ended = new Promise((resolve, reject) => {
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(said.slice('ready\n'.length))) : reject(new Error(`an agent ended with ${code}`)),
    );
  });
  return { child, ready, ended };
}

async function work({ sources: file, settings, dataFolder, signed, users, nth, calls, paceMs }) {
  const sources = await import(pathToFileURL(file).href);
  const desk = await sources.openDesk(sources.openCustody({ settings, dataFolder, now: Date.now }));
  const verify = verifier(sources, desk, signed);
  for (let n = 0; n < WARM_UP; n++) await verify((nth + 97 * n) % users);
  process.stdout.write('ready\n');
  await new Promise((go) => process.stdin.once('data', go));
  const times = [];
  const begun = performance.now() + Math.random() * paceMs;
  for (let n = 0; n < calls; n++) {
    await new Promise((due) => setTimeout(due, begun + n * paceMs - performance.now()));
    const start = performance.now();
    await verify((nth + 97 * n) % users);
    times.push(performance.now() - start);
  }
  await desk.store.close();
  process.stdout.write(JSON.stringify(times));
}

if (process.argv[1] === self) await work(JSON.parse(process.argv[2]));
