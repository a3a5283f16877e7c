/** Does the SQLite driver load? */
import type { Finding } from '../../house.js';
import { faultOf } from './check.js';

export async function checkSqlite(): Promise<readonly Finding[]> {
  try {
    const { sqliteVersion } = await import('../../store/engines/sqlite.js');
    return [{ subject: 'SQLite', state: 'ok', text: await sqliteVersion() }];
  } catch (error) {
    return [{ ...faultOf('SQLite', error), mend: 'npm ci' }];
  }
}
