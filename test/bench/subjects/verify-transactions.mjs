/**
 * The two transactions of a verification that ends with a grant, each with its audit entry, on a store of 100,000 users; the hash
 * of the phrase is left out. The floor runs the same statements in the same order by better-sqlite3 alone, on a copy: they are
 * listened to once, and then said again of other callers, with ids and entries of their own, entries hashed and the head sealed anew.
 */
import path from 'node:path';
import Database from 'better-sqlite3';
import { benchDesk } from '../bench-desk.mjs';
import { sayingAgain } from '../say-again.mjs';
import { STEP, USERS, VERIFY_LINES, verifications } from '../verifications.mjs';

/** Verifications in one round: one alone is over before the clock has ticked much. */
const PER_ROUND = 20;

let bench;
let desk;
let verify;
let copy;
let replay;
let replayed;

export const name = 'verify: both transactions, FULL';
export const reach = 1.5;
export const rounds = 21;

export async function prepare() {
  bench = await benchDesk(VERIFY_LINES);
  await bench.fill(USERS, false);
  const listener = listening();
  desk = await bench.open();
  verify = await verifications(bench, desk);
  await verify();
  const target = path.join(bench.folder, 'copy.db');
  await desk.store.backup(target);
  let heardOf;
  const statements = await listener.during(async () => {
    heardOf = await verify();
  });
  listener.stop();
  copy = openRaw(target);
  replay = replaying(copy, statements, heardOf);
  // Opened anew, so that no statement of the figure is listened to any more.
  await desk.store.close();
  desk = await bench.open();
  verify = await verifications(bench, desk);
}

/** Hears what is prepared and run on any connection, by Kysely's driver, while asked to. */
function listening() {
  const { prepare: original } = Database.prototype;
  let heard;
  Database.prototype.prepare = function listened(text) {
    const statement = original.call(this, text);
    for (const way of ['all', 'run']) {
      const run = statement[way];
      statement[way] = (...given) => {
        heard?.push({ text, way, values: given[0] ?? [] });
        return run.apply(statement, given);
      };
    }
    return statement;
  };
  return {
    during: async (work) => {
      heard = [];
      await work();
      const all = heard;
      heard = undefined;
      return all;
    },
    stop: () => {
      Database.prototype.prepare = original;
    },
  };
}

function openRaw(file) {
  const raw = new Database(file);
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'secure_delete = ON'])
    raw.pragma(pragma);
  return raw;
}

/** A function that says the statements once more. */
function replaying(raw, statements, heardOf) {
  const prepared = statements.map((one) => ({ ...one, statement: raw.prepare(one.text) }));
  // The callers before have been counted in the copy already.
  replayed = heardOf;
  const again = sayingAgain(statements, heardOf, raw.prepare('select size from audit_head').get().size);
  return () => {
    replayed = (replayed + STEP) % USERS;
    const said = again(replayed);
    for (const [at, { statement, way }] of prepared.entries()) statement[way](said[at]);
  };
}

export function floor() {
  for (let n = 0; n < PER_ROUND; n++) replay();
}

export async function figure() {
  for (let n = 0; n < PER_ROUND; n++) await verify();
}

export async function close() {
  copy?.close();
  await desk?.store.close();
  bench?.close();
}
