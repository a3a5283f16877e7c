/** Does the desk have an active admin? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkAdmins: StoreCheck = {
  subject: 'Admins',
  look: inspectAdmins,
};

async function inspectAdmins({ store }: OpenedStore): Promise<readonly Finding[]> {
  const admins = (await store.read.operators.all()).filter((row) => row.role === 'admin' && row.disabled_at === null);
  if (admins.length > 0) return [{ subject: 'Admins', state: 'ok', text: admins.map((row) => row.name).join(', ') }];
  const mend = 'restore a backup that has an admin: countersign store restore FILE';
  return [{ subject: 'Admins', state: 'wrong', text: 'the desk has no active admin', mend }];
}
