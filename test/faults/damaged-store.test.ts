/**
 * A store file that was damaged, by a disk or by a hand that knows no key: bits flipped, pages zeroed or exchanged, the file or its
 * write-ahead log cut. Whatever it is, the desk refuses with its own words or decides as it would have; it never says yes where it
 * had said no (T8). Random places come from a seed that a failing run prints.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../src/desk.js';
import { isRefusal } from '../../src/errors.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { openStore } from '../../src/store/store.js';
import { type PhoneDesk, phoneDesk, WRONG } from '../procedures/phone-desk.js';
import { amount } from '../support/long.js';
import { CHEAP, dataFolder } from '../support/test-desk.js';
import { random } from './kill-at-random.js';

const SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_127);
const PAGE = 4_096;

let place: PhoneDesk;
/** The file with everything in it, and the log of what was written after that. */
let whole: Buffer;
let wal: Buffer;
let copies = 0;

beforeAll(async () => {
  place = await phoneDesk('sqlite');
  await place.write(async (tables) => {
    await tables.meta.put('key-id', place.desk.keyring.keyId);
  });
  for (const login of ['ana', 'sue', 'uma'] as const) await place.givePhrase(login);
  await place.desk.store.forgetDeleted();
  whole = readFileSync(place.settings.store);
  for (let n = 0; n < 5; n += 1) await place.call({ phrase: WRONG });
  wal = readFileSync(`${place.settings.store}-wal`);
});
afterAll(() => place.close());

type Opening = (store: string) => Promise<Desk>;

const open: Opening = (store) =>
  openDesk(
    openCustody({
      settings: { ...place.settings, store },
      dataFolder,
      // A minute on: a check that the cut left unfinished is over by now, and nobody waits for its answer.
      now: () => place.clock.now() + 60_000,
      clockAsGiven: true,
      hashing: CHEAP,
    }),
  );

/** The known-bad build: it takes every tag of a row for a good one. */
const openCareless: Opening = async (store) => {
  const desk = await open(store);
  await desk.store.close();
  const { rows, ...notary } = desk.notary;
  const engine = await openEngine(store, false);
  return { ...desk, store: openStore(engine, { ...notary, rows: { ...rows, fits: () => true } }) };
};

/** What one opened desk says: the outcome of a call, or the code it was refused with. Anything but a refusal is a bug, and thrown. */
async function told(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}

const CALLS = [
  { what: 'the right phrase', said: {}, may: ['verified', 'refused'] },
  { what: 'a wrong phrase', said: { phrase: WRONG }, may: ['refused'] },
  { what: 'a scope too few', said: { caller: 'sue', action: 'phone-system:change' }, may: ['refused'] },
  { what: 'a plain user', said: { caller: 'uma' }, may: ['refused'] },
  { what: 'nobody', said: { caller: 'nemo' }, may: ['refused'] },
] as const;

/** A desk may say that its store is not to be trusted, or cannot be read; it may not call that a bug or anybody's mistake. */
const DAMAGED = ['store-corrupt', 'store-unreachable', 'key-mismatch', 'audit-broken', 'config'];

/** A row that can no longer be found looks deleted: without the row of their session, the operator is asked to sign in. A no all the same. */
const HIDDEN = 'not-signed-in';

interface Outcome {
  readonly calls: readonly string[];
  readonly log: string;
}

/** Opens a file of these bytes in a folder of its own and asks it everything. */
async function ask(bytes: Buffer, more: { wal?: Buffer; opening?: Opening } = {}): Promise<Outcome> {
  copies += 1;
  const folder = join(place.folder, `copy-${copies}`);
  mkdirSync(folder, { mode: 0o700 });
  const store = join(folder, 'desk.db');
  writeFileSync(store, bytes, { mode: 0o600 });
  if (more.wal !== undefined) writeFileSync(`${store}-wal`, more.wal, { mode: 0o600 });
  let desk: Desk | undefined;
  const opened = await told(async () => {
    desk = await (more.opening ?? open)(store);
    return 'open';
  });
  try {
    const calls: string[] = [];
    for (const { said } of CALLS) {
      const given = desk;
      calls.push(
        given === undefined ? opened : await told(async () => (await place.call({ ...said, desk: given })).outcome),
      );
    }
    const given = desk;
    const log =
      given === undefined
        ? opened
        : await told(async () => {
            await verifyAuditLog(given.store.read.audit, { notary: given.notary });
            return 'whole';
          });
    return { calls, log };
  } finally {
    await desk?.store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with the answers; empty where each is a refusal or what it was before the damage. */
function faultsOf({ calls, log }: Outcome): readonly string[] {
  const faults = CALLS.flatMap(({ what, may }, at) => {
    const said = calls[at] ?? 'nothing';
    return [...may, ...DAMAGED, HIDDEN].includes(said) ? [] : [`${what}: ${said}`];
  });
  return log === 'whole' || DAMAGED.includes(log) ? faults : [...faults, `the log: ${log}`];
}

type Damage = (bytes: Buffer, chance: () => number) => Buffer;

const flipBit: Damage = (bytes, chance) => {
  const at = Math.floor(chance() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance() * 8));
  return bytes;
};
const pageOf = (bytes: Buffer, chance: () => number): number => Math.floor((chance() * bytes.length) / PAGE) * PAGE;
const zeroPage: Damage = (bytes, chance) => {
  const at = pageOf(bytes, chance);
  return bytes.fill(0, at, at + PAGE);
};
const swapPages: Damage = (bytes, chance) => {
  const [one, two] = [pageOf(bytes, chance), pageOf(bytes, chance)];
  const kept = Buffer.from(bytes.subarray(one, one + PAGE));
  bytes.copy(bytes, one, two, two + PAGE);
  kept.copy(bytes, two);
  return bytes;
};
const cut: Damage = (bytes, chance) => bytes.subarray(0, Math.floor(chance() * bytes.length));

describe('a damaged store file', () => {
  it('undamaged it answers as it should', async () => {
    expect(await ask(Buffer.from(whole))).toEqual({
      calls: ['verified', 'refused', 'refused', 'refused', 'refused'],
      log: 'whole',
    });
  });

  // The short form reaches each kind of page; the long one also meets single bytes that few bits fall on.
  it.each([
    ['a flipped bit', flipBit, amount(100, 1_200)],
    ['a zeroed page', zeroPage, amount(20, 200)],
    ['two pages exchanged', swapPages, amount(20, 200)],
    ['a cut file', cut, amount(10, 100)],
  ] as const)(
    'T8 %s never turns a no into a yes, and is no bug of ours',
    async (_what, damage, rounds) => {
      const chance = random(SEED);
      const noticed = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const outcome = await ask(damage(Buffer.from(whole), chance));
        expect(faultsOf(outcome), `seed ${SEED}, round ${round}: ${JSON.stringify(outcome)}`).toEqual([]);
        for (const said of [...outcome.calls, outcome.log]) noticed.add(said);
      }
      // The damage reached what is read: somewhere it was noticed.
      expect(DAMAGED.some((code) => noticed.has(code))).toBe(true);
    },
    120_000,
  );

  it('a cut write-ahead log is the store as it was at some moment, and its log is whole', async () => {
    const chance = random(SEED);
    const rounds = amount(12, 100);
    for (let round = 0; round < rounds; round += 1) {
      const outcome = await ask(Buffer.from(whole), { wal: wal.subarray(0, Math.floor(chance() * wal.length)) });
      // Cut late, it holds enough wrong phrases for a lock, and then even the right one is refused.
      const faults = faultsOf(outcome).filter((fault) => !fault.endsWith(': locked'));
      expect(faults, `seed ${SEED}, round ${round}`).toEqual([]);
      expect(outcome.log).toBe('whole');
    }
    // All of it: five wrong phrases have locked the caller, and damage to the file does not open the lock.
    expect((await ask(Buffer.from(whole), { wal })).calls[0]).toBe('locked');
  }, 120_000);

  it('teeth: a role changed in the file is refused, and used by a build that takes every tag', async () => {
    const file = join(place.folder, 'raised.db');
    writeFileSync(file, whole, { mode: 0o600 });
    const raw = new SQLite(file);
    raw.exec("update users set role = 'primary-admin' where login = 'uma'");
    raw.close();
    const raised = readFileSync(file);
    expect(faultsOf(await ask(Buffer.from(raised)))).toEqual([]);
    expect(faultsOf(await ask(Buffer.from(raised), { opening: openCareless }))).toEqual(['a plain user: verified']);
  });
});
