/** Records that a copy of the master key was made: the log says by whom, and `doctor` says how old the newest copy is. */
import type { Desk, SignedOperator } from '../../desk.js';
import { act } from '../authorise.js';
import { CARE_FOR_KEY } from './care-for-store.js';

export interface KeyBackupNote {
  readonly keyId: string;
  readonly at: number;
}

/** Call it before the copy leaves the desk: without an entry, no copy. */
export async function noteKeyBackup(desk: Desk, signed: SignedOperator, keyId: string): Promise<void> {
  const at = desk.now();
  const note: KeyBackupNote = { keyId, at };
  await act(desk, signed, CARE_FOR_KEY, {
    entry: () => ({ kind: 'key.backed-up', detail: { key: keyId } }),
    change: ({ write }) => write.meta.put('key-backup', JSON.stringify(note)),
  });
}

/** The newest copy that was made; undefined if there was none. */
export function readKeyBackupNote(text: string | undefined): KeyBackupNote | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as KeyBackupNote);
}
