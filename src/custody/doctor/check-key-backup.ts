/** Was the key of the store ever backed up? Does not try the backup, because doctor does not ask for its passphrase. */
import type { Finding } from '../../house.js';
import { readKeyBackupNote } from '../../procedures/upkeep/note-key-backup.js';
import { iso } from '../../rules/moment.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkKeyBackup: StoreCheck = {
  subject: 'Backup of the key',
  look: inspectKeyBackup,
};

async function inspectKeyBackup({ store, keyId }: OpenedStore): Promise<readonly Finding[]> {
  const subject = 'Backup of the key';
  const note = readKeyBackupNote(await store.read.meta.get('key-backup'));
  if (note?.keyId !== keyId) {
    const text = `key ${keyId} has no backup: if you lose the key, you lose every passphrase and factor`;
    return [{ subject, state: 'note', text, mend: 'countersign key backup FILE' }];
  }
  const text = `made ${iso(note.at)}; test it with: countersign key restore FILE --check`;
  return [{ subject, state: 'ok', text }];
}
