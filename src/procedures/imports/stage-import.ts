/**
 * The steps of a large import (B90). Its rows are written some at a time, so that calls come in between, and are there for nobody; then one short
 * transaction settles it: all of them are there at once. Only one import is under way at a time. What a killed one leaves is removed by the next.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { seconds } from '../../rules/duration.js';
import { type Acting, act, askAuthority, type Door } from '../authorise.js';
import { accountSearchKeys } from '../directory/directory-rows-of-store.js';
import { pause } from '../pause.js';
import { type Added, chunksOf, insertPeople, newPower, type ReadyImport, wordsOfAdded } from './apply-import.js';
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
/** An import that has written nothing for so long was killed, or its machine sleeps. */
const SILENT = seconds(30);

export const IMPORTING = { permission: 'directory:write', sendLater: true } as const satisfies Door;
const GOING_ON = { ...IMPORTING, running: true } as const satisfies Door;

export interface Staged {
  readonly id: string;
  readonly added: readonly Added[];
}

/** Removes an import that was left half done. Refusal `busy` while somebody else's is under way. */
export async function makeRoom(desk: Desk, signed: SignedOperator): Promise<void> {
  await askAuthority(desk, signed, IMPORTING);
  for (const left of await desk.store.read.imports.underWay()) {
    await act(desk, signed, IMPORTING, {
      entry: () => ({ kind: 'directory.unstaged', detail: { import: left.id } }),
      change: async ({ write, now, by }) => {
        const [found] = (await write.imports.underWay()).filter(({ id }) => id === left.id);
        if (found === undefined) return;
        const waits = found.seen_at + SILENT - now;
        if (found.state === 'open' && found.operator_id !== by.operator.id && waits > 0)
          throw refusal('busy', 'import-beside', { seconds: Math.ceil(waits / 1_000) }, 'import-wait');
        await write.imports.update(found.id, { state: 'abandoned' });
      },
    });
    await clear(desk, signed, left.id);
  }
}

/** In the transaction of an import that is not staged. */
export async function requireRoom(write: Writes): Promise<void> {
  if ((await write.imports.underWay()).length > 0) throw refusal('busy', 'import-under-way', {}, 'try-again');
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
    const added = await stagePeople(desk, signed, id, ready);
    for (const some of chunksOf(ready.added, PEOPLE_IN_ORDER)) await stageWords(desk, signed, id, some);
    return await settle({ id, added });
  } finally {
    // What cannot be removed now is removed by the next import; the reason why this one failed is worth more.
    await unstage(desk, signed, id).catch(() => undefined);
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
  const all: Added[] = [];
  for (const some of chunksOf(added, ROWS)) {
    const logins = loginsOf(people, some);
    await step(desk, signed, { import: id, users: some.map(({ row }) => row.id) }, async (acting) => {
      if (await areThere(acting.write, logins)) throw new Overtaken();
      all.push(...(await insertPeople(acting, some, people, { import_id: id })));
    });
  }
  return all;
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
  { id, added }: Staged,
): Promise<void> {
  const { write } = acting;
  await goOn(acting, id);
  const { homeOf } = ready.people;
  const waits = await newPower(acting, { add: added.map(({ entry }) => entry), homeOf });
  const moved = added.some(({ entry, held }) => (waits(entry) === null) !== (held === null));
  if (moved || (await isOvertaken(write, ready, true))) throw new Overtaken();
}

async function unstage(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  if (!(await desk.store.read.imports.underWay()).some((row) => row.id === id)) return;
  await act(desk, signed, GOING_ON, {
    entry: () => ({ kind: 'directory.unstaged', detail: { import: id } }),
    change: ({ write }) => write.imports.update(id, { state: 'abandoned' }),
  });
  await clear(desk, signed, id);
}

/** Removes the rows of an abandoned import. One that has been settled meanwhile keeps its rows: then the answer of that transaction was lost. */
async function clear(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  for (let left = true; left; await pause(BETWEEN_MS)) {
    left = await act(desk, signed, GOING_ON, {
      entry: () => ({ kind: 'directory.unstaged', detail: { import: id } }),
      change: async ({ write }) => {
        const abandoned = (await write.imports.underWay()).some((row) => row.id === id && row.state === 'abandoned');
        if (abandoned && (await write.imports.clear(id, ROWS)) > 0) return true;
        if (abandoned) await write.imports.takeOff(id);
        return false;
      },
    });
  }
}

/** Refusal `busy` if another import has removed this one. */
async function goOn({ write, now }: Acting<'directory:write'>, id: string): Promise<void> {
  const [own] = (await write.imports.underWay()).filter((row) => row.id === id && row.state === 'open');
  if (own === undefined) throw refusal('busy', 'import-removed', {}, 'import-again');
  await write.imports.update(id, { seen_at: now });
}
