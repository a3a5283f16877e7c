/** Was the key of the store ever backed up? Whether the backup opens, a drill shows: it needs the passphrase, which nobody is asked for here. */
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
    const text = `none of the key ${keyId}: whoever loses that file loses every passphrase and factor`;
    return [{ subject, state: 'note', text, mend: 'countersign key backup FILE' }];
  }
  const text = `made ${iso(note.at)}; a drill shows that it opens: countersign key restore FILE --check`;
  return [{ subject, state: 'ok', text }];
}
