/** Does the store use the newest key? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkStoreKey: StoreCheck = {
  subject: 'Key of the store',
  look: async (opened) => [inspectKeys(opened)],
};

function inspectKeys({ keyId, custody }: OpenedStore): Finding {
  const newest = custody.keyring.keyId;
  const subject = 'Key of the store';
  if (keyId === newest) return { subject, state: 'ok', text: `uses the newest key (${keyId})` };
  const text = `uses key ${keyId}; the change to key ${newest} is not finished`;
  return { subject, state: 'note', text, mend: 'countersign store rekey' };
}
