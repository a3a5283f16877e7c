/**
 * The steps of a large import (B90). Its rows and changes are written some at a time, so that calls come in between, and count for nothing; then one
 * short transaction settles it: all of them are there at once. Only one import is under way at a time. What a killed one leaves is removed by the next.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { chunksOf } from '../../rules/lists.js';
import { type Acting, act } from '../authorise.js';
import { type PersonChange, readChange } from '../directory/change-person.js';
import { accountSearchKeys, stagedPatch } from '../directory/directory-rows-of-store.js';
import { othersWithId } from '../directory/external-ids.js';
import { abandonImport, GOING_ON, IMPORTING, requireRoom } from '../directory/room-for-import.js';
import { hear, Overtaken, pause } from '../pause.js';
import {
  type Added,
  type AddedPeople,
  type AddedRow,
  companyPatch,
  insertPeople,
  newPower,
  personChange,
  type ReadyImport,
  wordsOfAdded,
} from './apply-import.js';
import { areTaken, areThere, haveMoved, isOvertaken, loginsOf } from './overtaken.js';
import { newIds } from './plan-import.js';

/** An import that adds and changes more companies and people is staged. */
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
  /** People and companies on file that it changes. */
  readonly changed: number;
  /** The people who gain power, and until when they would wait if they were added when they were staged. */
  readonly powerful: readonly Added[];
}

/**
 * Writes all that the import adds and changes, which nobody sees, and then does what settles it. Whatever is not settled is removed: also where it
 * is refused or interrupted, or the store fails. Refusals `busy`, `cancelled`; `Overtaken`; those of `settle`.
 */
export async function stageImport<T>(
  desk: Desk,
  signed: SignedOperator,
  { ready, signal }: { readonly ready: ReadyImport; readonly signal?: AbortSignal | undefined },
  settle: (staged: Staged) => Promise<T>,
): Promise<T> {
  const id = desk.newId('imp');
  const run = { desk, signed, id, signal };
  await act(desk, signed, IMPORTING, {
    entry: () => ({ kind: 'directory.staged', detail: { import: id } }),
    change: async ({ write, now, by }) => {
      await requireRoom(write);
      await write.imports.insert({ id, operator_id: by.operator.id, state: 'open', seen_at: now });
    },
  });
  try {
    await stageCompanies(run, ready);
    const powerful = await stagePeople(run, ready);
    for (const some of chunksOf(ready.added, PEOPLE_IN_ORDER)) await stageWords(run, some);
    const changed = await stageChanges(run, ready);
    await hear(signal);
    return await settle({ id, count: ready.added.length, changed, powerful });
  } finally {
    // What cannot be removed now is removed by the next import; the reason why this one failed is worth more.
    await abandonImport(desk, signed, id).catch(() => undefined);
  }
}

type Run = Readonly<{ desk: Desk; signed: SignedOperator; id: string; signal: AbortSignal | undefined }>;

async function stageCompanies(run: Run, ready: ReadyImport): Promise<void> {
  const { added } = ready.companies;
  for (const [nth, rows] of chunksOf(ready.companyRows, ROWS).entries()) {
    const some = added.slice(nth * ROWS, nth * ROWS + rows.length);
    await step(run, { accounts: rows.map((row) => row.id) }, async ({ write }) => {
      if (await areTaken(write, rows)) throw new Overtaken();
      await write.accounts.insert(rows.map((row) => ({ ...row, import_id: run.id })));
      await write.search.insert(some.map(({ account }) => accountSearchKeys(account.id, account)));
    });
  }
}

async function stagePeople(run: Run, { added, people }: ReadyImport) {
  const powerful: Added[] = [];
  for (const some of chunksOf(added, ROWS)) {
    const logins = loginsOf(people.builtOn, some);
    const rows = some.map(({ row }) => ({ id: row.id, external: row.external }));
    await step(run, { users: rows.map((row) => row.id) }, async (acting) => {
      const ids = await othersWithId(acting.write, rows, run.id);
      if (ids.length > 0 || (await areThere(acting.write, logins))) throw new Overtaken();
      const all = await insertPeople(acting, some, { import_id: run.id });
      powerful.push(...all.filter((one) => one.gains));
    });
  }
  return powerful;
}

async function stageWords(run: Run, people: readonly AddedRow[]): Promise<void> {
  const words = people
    .map(wordsOfAdded)
    .flatMap((one) => [...new Set(one.words)].map((word) => ({ kind: one.kind, id: one.id, word, words: [word] })))
    .toSorted((a, b) => (a.word < b.word ? -1 : 1));
  for (const some of chunksOf(words, WORDS))
    await step(run, { words: some.length }, ({ write }) => write.search.insert(some));
}

/** Keeps each change beside the row that it changes. Returns of how many rows. */
async function stageChanges(run: Run, { companies, people }: ReadyImport) {
  const read = await run.desk.phones();
  for (const some of chunksOf(companies.plan.update, ROWS)) {
    const before = some.map((one) => one.before);
    await step(run, { changed: before.map((one) => one.id) }, async ({ write }) => {
      if (await haveMoved(write.accounts, before)) throw new Overtaken();
      for (const change of some) await write.accounts.stage(change.before.id, run.id, companyPatch(change));
    });
  }
  for (const some of chunksOf(people.plan.update, ROWS)) {
    const changes = new Map(some.map((change) => [change.before.id, personChange(people, change)]));
    await step(run, { changed: [...changes.keys()] }, async ({ write }) => {
      const before = some.map((one) => one.before);
      const ids = await othersWithId(write, newIds({ update: some }), run.id);
      if (ids.length > 0 || (await haveMoved(write.users, before))) throw new Overtaken();
      await write.users.patch([...changes.keys()], ({ user }) => {
        const change = changes.get(user.id) as PersonChange;
        const { dialled, moved } = readChange(read, change);
        const staged = JSON.stringify(stagedPatch(change.before, change.after, dialled, moved.length > 0));
        return { staged, staged_in: run.id };
      });
    });
  }
  return companies.plan.update.length + people.plan.update.length;
}

/** One transaction of an import that is still under way. Refusal `cancelled` once the signal has fired. */
async function step(
  { desk, signed, id, signal }: Run,
  detail: Readonly<Record<string, number | readonly string[]>>,
  change: (acting: Acting<'directory:write'>) => Promise<void>,
): Promise<void> {
  await hear(signal);
  await act(desk, signed, GOING_ON, {
    entry: () => ({ kind: 'directory.staged', detail: { import: id, ...detail } }),
    change: async (acting) => {
      await goOn(acting, id);
      await change(acting);
    },
  });
  await pause(BETWEEN_MS, signal);
}

/** In the transaction that will settle it: Refusal `busy` or `Overtaken` if what was staged is not what the plan would add now. */
export async function requireStaged(
  acting: Acting<'directory:write'>,
  ready: ReadyImport,
  { id, changed, powerful }: Staged,
): Promise<void> {
  await goOn(acting, id);
  // Whoever changes such a row removes what was kept beside it.
  if ((await acting.write.imports.changes(id)) !== changed) throw new Overtaken();
  const { until } = await newPower(acting, powerful);
  const moved = powerful.some((one) => (until(one) === null) !== (one.held === null));
  if (moved || (await isOvertaken(acting.write, ready, true))) throw new Overtaken();
}

/** From here on everybody sees what was staged. New power waits from now on, however long the staging took (B84). */
export async function settle(acting: Acting<'directory:write'>, { id, powerful, count }: Staged): Promise<AddedPeople> {
  const { write } = acting;
  // Asked before they are there: a company without an admin has none yet.
  const { until } = await newPower(acting, powerful);
  await write.imports.update(id, { state: 'settled', seen_at: acting.now });
  const people = powerful.map((one) => ({ ...one, held: until(one) }));
  const held = new Map(people.flatMap(({ row, held }) => (held === null ? [] : [[row.id, held] as const])));
  await write.users.patch([...held.keys()], ({ user }) => ({ power_held_until: held.get(user.id) ?? null }));
  return { import: id, count, people };
}

/** Refusal `busy` if another import has removed this one. */
async function goOn({ write, now }: Acting<'directory:write'>, id: string): Promise<void> {
  const [own] = (await write.imports.all()).filter((row) => row.id === id && row.state === 'open');
  if (own === undefined) throw refusal('busy', 'import-removed', {}, 'import-again');
  await write.imports.update(id, { seen_at: now });
}
