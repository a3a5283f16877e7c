/** The admins of a company are looked up for each notice, also in one of 100,000 logins. */
import type { Db } from '../schema/directory.js';
import { createIndex } from './0001-desk.js';

export const up = (db: Db): Promise<void> => createIndex(db, 'users', ['account_id', 'role'], false);
