/** What an admin sees and does about the store as a whole: facts, and a copy. Restoring is in custody (restore-store.ts). */
import type { Desk, SignedOperator } from '../../desk.js';
import { days } from '../../rules/duration.js';
import { act, askAuthority } from '../authorise.js';
import { logState } from '../log/log-checkpoint.js';

export interface StoreInfo {
  readonly id: string | null;
  readonly engine: string;
  readonly place: string;
  readonly schema: string;
  readonly bytes: number;
  readonly keyId: string;
  readonly createdAt: number | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly log: { readonly size: number; readonly root: Uint8Array; readonly latestAt: number };
}

export async function storeInfo(desk: Desk): Promise<StoreInfo> {
  const { read } = desk.store;
  const createdAt = await read.meta.get('created-at');
  return {
    id: (await read.meta.get('store-id')) ?? null,
    engine: desk.store.engine,
    place: desk.store.place,
    schema: desk.store.schema,
    bytes: await desk.store.bytes(),
    keyId: desk.keyring.keyId,
    createdAt: createdAt === undefined ? null : Number(createdAt),
    counts: await read.meta.counts(),
    log: await logState(read.audit, desk.notary),
  };
}

/** Whoever waits so long between two guesses may learn that there is no such login. */
const STRANGERS_KEPT_DAYS = 90;

/** The door for copying the store, and replacing it by a copy. A script may: it makes the backup of each night. */
export const CARE_FOR_STORE = { permission: 'store:manage', fresh: true } as const;

/** The door for copying or changing the key: with it a stolen token could take everything, so it needs a person (B80). */
export const CARE_FOR_KEY = { ...CARE_FOR_STORE, inPerson: true } as const;

/**
 * Copies the whole store into a new file (0600) while others use it. The entry is written first, so that the copy contains it;
 * the copy never contains the key. Counts of wrong guesses at logins that there are not end with it, once they are old. Refusal `usage` on PostgreSQL, which has tools of its own.
 */
export async function backUpStore(desk: Desk, signed: SignedOperator, file: string): Promise<{ logSize: number }> {
  await askAuthority(desk, signed, CARE_FOR_STORE);
  if (desk.store.engine === 'sqlite') {
    await act(desk, signed, CARE_FOR_STORE, {
      entry: (forgotten: number) => ({ kind: 'store.backed-up', outcome: 'started', detail: { file, forgotten } }),
      change: ({ write, now }) => write.throttles.deleteStrangers(now - days(STRANGERS_KEPT_DAYS)),
    });
  }
  const { size } = await logState(desk.store.read.audit, desk.notary);
  await desk.store.backup(file);
  return { logSize: size };
}
