/** Verifications for the benchmarks: of callers all over a store of 100,000 users, each ending with a grant, the hash of the phrase left out. */
import Database from 'better-sqlite3';
import { USERS_PER_ACCOUNT } from './bench-desk.mjs';

export const VERIFY_LINES = ["export { verifyCaller } from './src/procedures/calls/verify-caller.js';"];
export const USERS = 100_000;
/** From one caller to the next, so that pages all over the store are touched. */
export const STEP = 7919;
export const numberOf = (user) => String(100_000 + Math.floor(user / USERS_PER_ACCOUNT));

/** `verify` verifies the next caller, and answers who it was. */
export async function verifications(bench, desk) {
  const raw = new Database(bench.store, { readonly: true });
  const { id, name } = raw.prepare('select id, name from operators').get();
  raw.close();
  const signed = await bench.sources.signedInAs(desk, { id, name, role: 'admin', disabledAt: null });
  return verificationsBy(signed, bench, desk, USERS);
}

/** The same, of a desk with so many users. */
export function verificationsBy(signed, bench, desk, users) {
  const secrets = { ...desk.secrets, check: async () => ({ matches: true, outdated: false }) };
  let caller = 0;
  return async () => {
    caller = (caller + STEP) % users;
    const who = { account: numberOf(caller), caller: `user${caller}` };
    const request = { ...who, action: 'billing:change', phrase: 'as said', ticket: undefined };
    const { outcome } = await bench.sources.verifyCaller({ ...desk, secrets }, signed, request);
    if (outcome !== 'verified') throw new Error(`the verification was ${outcome}`);
    return caller;
  };
}
