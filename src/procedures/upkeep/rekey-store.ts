/**
 * Changes the desk's key while others work: what was sealed or tagged under the old key is sealed and tagged under the current one,
 * chunk by chunk. Before that, custody has put the new key in front of the old one in the key file (rekey.ts). Then
 *
 *   1. a first entry stamps the head of the log with the new key: from then on a writer who still seals under the old one is
 *      turned away once, and takes the new key (store/record.ts);
 *   2. chunk after chunk: open, seal again, tag again, one entry each, a short pause between them for live calls;
 *   3. a last entry, written only if nothing is left on the old key, names the new one as the key of the store.
 *
 * If it is cut off at any point, both keys are in the file and every value opens; the same command continues from there. This is
 * also so if the operator loses the permission half way: each chunk asks again. A value that does not open, or a row that somebody
 * has changed, is left as it is and named: then the old key stays.
 */
import type { Desk, Reads, SealedValue, SignedOperator, Writes } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { act, askAuthority } from '../authorise.js';
import { keepVerifierKeys } from '../log/log-checkpoint.js';
import { pause } from '../pause.js';
import { CARE_FOR_KEY } from './care-for-store.js';
import { SEALED_COLUMNS, type SealedAt, sealedPlace } from './sealed-columns.js';

export interface Rekeying {
  /** The key of the store until now. */
  readonly from: string;
  /** Public keys for notes that were signed until now, to check old checkpoints. */
  readonly verifierKeys: readonly string[];
  readonly onProgress: (count: number) => void;
  readonly signal: AbortSignal;
}

export type Rekeyed = Readonly<Record<'sealed' | 'tagged', number>>;

/** Small enough that a live call beside it does not notice. */
const CHUNK = 250;
const PAUSE_MS = 2;

/** What is left to do, for a progress line. */
export async function countToRekey(desk: Desk): Promise<number> {
  let count = 0;
  for (const { left } of placesOf(desk)) count += await left(desk.store.read.sealed);
  return count;
}

type Page = Parameters<Writes['sealed']['retag']>[2];
type Reseal = ReturnType<typeof resealing>;
type Place = ReturnType<typeof placesOf>[number];

/** Every place where something is under a key: how much of it is under another, and what changes one page of it. */
const placesOf = ({ store, keyring: { keyId } }: Desk) => [
  ...SEALED_COLUMNS.map((at) => ({
    table: at.table,
    column: at.column,
    left: (sealed: Reads['sealed']) => sealed.countOther(keyId, at),
    change: (reseal: Reseal, sealed: Writes['sealed'], page: Page) => reseal.column(sealed, at, page),
  })),
  ...store.guardedTables.map((table) => ({
    table,
    column: 'mac',
    left: (sealed: Reads['sealed']) => sealed.countOtherTags(keyId, table),
    change: (reseal: Reseal, sealed: Writes['sealed'], page: Page) => reseal.tags(sealed, table, page),
  })),
];

/** The operator may look away while it runs, and the code that began it grows old. */
const GOING_ON = { permission: 'store:manage', running: true } as const;
const IN_CHUNKS = { ...GOING_ON, sendLater: true } as const;

/** Refusals: cancelled (can be resumed), busy, store-corrupt (names what could not be opened; everything else was done). */
export async function rekeyStore(desk: Desk, signed: SignedOperator, rekeying: Rekeying): Promise<Rekeyed> {
  await askAuthority(desk, signed, CARE_FOR_KEY);
  const { from } = rekeying;
  const to = desk.keyring.keyId;
  await act(desk, signed, CARE_FOR_KEY, {
    entry: () => ({ kind: 'store.rekey-started', outcome: 'started', detail: { from, to } }),
    change: ({ write }) => keepVerifierKeys(desk, write, rekeying.verifierKeys),
  });
  const run = { ...rekeying, desk, signed };
  const reseal = resealing(desk);
  for (const place of placesOf(desk))
    if ((await place.left(desk.store.read.sealed)) > 0) await inChunks(run, place, reseal);
  await desk.store.sinkCursor.renew();
  throwIfAny(reseal.damaged);
  await finish(run, reseal.done);
  return reseal.done;
}

/** `last`: where to continue; undefined at the end. */
interface Chunk {
  readonly last: string | undefined;
  readonly count: number;
}

interface Run extends Rekeying {
  readonly desk: Desk;
  readonly signed: SignedOperator;
}

async function inChunks({ desk, signed, signal, onProgress }: Run, { table, column, change }: Place, reseal: Reseal) {
  for (let after: string | undefined = ''; after !== undefined; ) {
    if (signal.aborted) throw refusal('cancelled', 'rekey-stopped', {}, 'rekey-again');
    const from: string = after;
    const done = await act<'store:manage', Chunk>(desk, signed, IN_CHUNKS, {
      entry: ({ count }) => ({ kind: 'store.resealed', detail: { table, column, count } }),
      change: ({ write }) => change(reseal, write.sealed, { after: from, limit: CHUNK }),
    });
    after = done.last;
    onProgress(done.count);
    await pause(PAUSE_MS, signal);
  }
}

/** In one transaction: checks that nothing is left on the old key, and records the new one as the key of the store. */
async function finish({ desk, signed, from }: Run, done: Rekeyed): Promise<void> {
  const to = desk.keyring.keyId;
  const detail = { from, to, ...done };
  await act(desk, signed, GOING_ON, {
    entry: () => ({ kind: 'store.rekeyed', detail }),
    change: async ({ write }) => {
      for (const { table, column, left } of placesOf(desk))
        if ((await left(write.sealed)) > 0)
          throw refusal('busy', 'rekey-overtaken', { place: `${table}.${column}` }, 'rekey-again');
      await write.meta.put('key-id', to);
      // Whoever has the old key could read the key of the sums in an older copy.
      write.sums.renew();
    },
  });
}

/** Twenty examples are enough to show the damage. */
const KEPT = 20;

/** Opens values and seals them again, tags rows again, a page at a time, and keeps in words what it could not change. */
function resealing({ vault, keyring: { keyId } }: Desk) {
  const done = { sealed: 0, tagged: 0 };
  /** It is a set, because the same row can be met twice, for its value and for its tag. */
  const damaged = new Set<string>();
  const noteChanged = (table: string, ids: readonly string[]): void => {
    for (const id of ids) damaged.add(`The row ${id} of ${table} was changed by another hand.`);
  };
  const sealAgain = (at: SealedAt, value: SealedValue): { id: string; blob: string }[] => {
    const place = sealedPlace(at, value);
    try {
      const plaintext = vault.open(at.purpose, place, value.blob);
      return [{ id: value.id, blob: vault.seal(at.purpose, place, plaintext) }];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      damaged.add(error.message);
      return [];
    }
  };
  return {
    done,
    damaged,
    async column(sealed: Writes['sealed'], at: SealedAt, page: Page): Promise<Chunk> {
      const values = await sealed.otherThan(keyId, at, page);
      const again = values.flatMap((value) => sealAgain(at, value));
      const changed = await sealed.replace(at, again);
      noteChanged(at.table, changed);
      const count = again.length - changed.length;
      done.sealed += count;
      return { last: values.length < page.limit ? undefined : values.at(-1)?.id, count };
    },
    async tags(sealed: Writes['sealed'], table: string, page: Page): Promise<Chunk> {
      const { last, count, changed } = await sealed.retag(table, keyId, page);
      noteChanged(table, changed);
      done.tagged += count;
      return { last: count + changed.length < page.limit ? undefined : last, count };
    },
  };
}

function throwIfAny(damaged: ReadonlySet<string>): void {
  if (damaged.size === 0) return;
  throw refusal('store-corrupt', 'rekey-damaged', { values: damaged.size }, 'mend-and-rekey', {
    problems: [...damaged].slice(0, KEPT).map((message) => ({ message })),
  });
}
