/**
 * The steps of a large import (B90). Its rows are written some at a time, so that calls come in between, and are there for nobody; then one short
 * transaction settles it: all of them are there at once. Only one import is under way at a time. What a killed one leaves is removed by the next.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { type Acting, act } from '../authorise.js';
import { accountSearchKeys } from '../directory/directory-rows-of-store.js';
import { abandonImport, GOING_ON, IMPORTING, requireRoom } from '../directory/room-for-import.js';
import { pause } from '../pause.js';
import {
  type Added,
  chunksOf,
  insertPeople,
  newPower,
  type ReadyImport,
  type Settled,
  wordsOfAdded,
} from './apply-import.js';
import { areTaken, areThere, isOvertaken, loginsOf, Overtaken } from './overtaken.js';

/** An import that adds more companies and people is staged. */
export const STAGED_OVER = 500;
/** Rows of one transaction; a call may have to wait for one. */
const ROWS = 150;
/** Search words of one transaction; those of so many people are written in one order, which costs a third less. */
const WORDS = 1_000;
const PEOPLE_IN_ORDER = 20_000;
/** Frees the lock for a moment, so that waiting calls come in between. */
const BETWEEN_MS = 2;

export interface Staged {
  readonly id: string;
  readonly count: number;
  /** The people who gain power, and until when they would wait if they were added when they were staged. */
  readonly powerful: readonly Added[];
}

/**
 * Writes all rows that the import adds, which nobody sees, and then does what settles them. Whatever is not settled is removed: also where it
 * is refused, or the store fails. Refusal `busy`; `Overtaken`; those of `settle`.
 */
export async function stageImport<T>(
  desk: Desk,
  signed: SignedOperator,
  ready: ReadyImport,
  settle: (staged: Staged) => Promise<T>,
): Promise<T> {
  const id = desk.newId('imp');
  await act(desk, signed, IMPORTING, {
    entry: () => ({ kind: 'directory.staged', detail: { import: id } }),
    change: async ({ write, now, by }) => {
      await requireRoom(write);
      await write.imports.insert({ id, operator_id: by.operator.id, state: 'open', seen_at: now });
    },
  });
  try {
    await stageCompanies(desk, signed, id, ready);
    const powerful = await stagePeople(desk, signed, id, ready);
    for (const some of chunksOf(ready.added, PEOPLE_IN_ORDER)) await stageWords(desk, signed, id, some);
    return await settle({ id, count: ready.added.length, powerful });
  } finally {
    // What cannot be removed now is removed by the next import; the reason why this one failed is worth more.
    await abandonImport(desk, signed, id).catch(() => undefined);
  }
}

async function stageCompanies(desk: Desk, signed: SignedOperator, id: string, ready: ReadyImport): Promise<void> {
  const { added } = ready.companies;
  for (const [nth, rows] of chunksOf(ready.companyRows, ROWS).entries()) {
    const some = added.slice(nth * ROWS, nth * ROWS + rows.length);
    await step(desk, signed, { import: id, accounts: rows.map((row) => row.id) }, async ({ write }) => {
      if (await areTaken(write, rows)) throw new Overtaken();
      await write.accounts.insert(rows.map((row) => ({ ...row, import_id: id })));
      await write.search.insert(some.map(({ account }) => accountSearchKeys(account.id, account)));
    });
  }
}

async function stagePeople(desk: Desk, signed: SignedOperator, id: string, { added, people }: ReadyImport) {
  const powerful: Added[] = [];
  for (const some of chunksOf(added, ROWS)) {
    const logins = loginsOf(people, some);
    await step(desk, signed, { import: id, users: some.map(({ row }) => row.id) }, async (acting) => {
      if (await areThere(acting.write, logins)) throw new Overtaken();
      const all = await insertPeople(acting, some, people, { import_id: id });
      powerful.push(...all.filter((one) => one.gains));
    });
  }
  return powerful;
}

async function stageWords(desk: Desk, signed: SignedOperator, id: string, people: ReadyImport['added']): Promise<void> {
  const words = people
    .map(wordsOfAdded)
    .flatMap((one) => [...new Set(one.words)].map((word) => ({ kind: one.kind, id: one.id, word, words: [word] })))
    .toSorted((a, b) => (a.word < b.word ? -1 : 1));
  for (const some of chunksOf(words, WORDS))
    await step(desk, signed, { import: id, words: some.length }, ({ write }) => write.search.insert(some));
}

/** One transaction of an import that is still under way. */
async function step(
  desk: Desk,
  signed: SignedOperator,
  detail: { readonly import: string } & Readonly<Record<string, string | number | readonly string[]>>,
  change: (acting: Acting<'directory:write'>) => Promise<void>,
): Promise<void> {
  await act(desk, signed, GOING_ON, {
    entry: () => ({ kind: 'directory.staged', detail }),
    change: async (acting) => {
      await goOn(acting, detail.import);
      await change(acting);
    },
  });
  await pause(BETWEEN_MS);
}

/** In the transaction that will settle it: Refusal `busy` or `Overtaken` if what was staged is not what the plan would add now. */
export async function requireStaged(
  acting: Acting<'directory:write'>,
  ready: ReadyImport,
  { id, powerful }: Staged,
): Promise<void> {
  await goOn(acting, id);
  const { until } = await newPower(acting, powerful, ready.people);
  const moved = powerful.some(({ entry, held }) => (until(entry) === null) !== (held === null));
  if (moved || (await isOvertaken(acting.write, ready, true))) throw new Overtaken();
}

/** From here on everybody sees what was staged. New power waits from now on, however long the staging took (B84). */
export async function settle(
  acting: Acting<'directory:write'>,
  { id, powerful, count }: Staged,
  { people }: ReadyImport,
): Promise<Settled> {
  const { write } = acting;
  // Asked before they are there: a company without an admin has none yet.
  const { until } = await newPower(acting, powerful, people);
  await write.imports.takeOff(id);
  const now = powerful.map((one) => ({ ...one, held: until(one.entry) }));
  const held = new Map(now.flatMap(({ row, held }) => (held === null ? [] : [[row.id, held] as const])));
  await write.users.patch([...held.keys()], ({ user }) => ({ power_held_until: held.get(user.id) ?? null }));
  return { import: id, count, powerful: now };
}

/** Refusal `busy` if another import has removed this one. */
async function goOn({ write, now }: Acting<'directory:write'>, id: string): Promise<void> {
  const [own] = (await write.imports.underWay()).filter((row) => row.id === id && row.state === 'open');
  if (own === undefined) throw refusal('busy', 'import-removed', {}, 'import-again');
  await write.imports.update(id, { seen_at: now });
}
