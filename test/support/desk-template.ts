/**
 * A desk that is established once per run on each engine. Test desks are copies of it: its schema is a dozen migrations, and a thousand
 * desks are made. Copies share store id and master key.
 */
import { chmodSync, copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Settings } from '../../src/config.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { establishDesk } from '../../src/opening/open-desk.js';
import { createDatabase } from './postgres.js';

/** When the clock of test desks starts, ms. */
export const START = Date.UTC(2026, 10, 22, 9, 0, 0);

export const dataFolder = resolve(import.meta.dirname, '../../data');

export const settingsIn = (folder: string, store: string): Settings => ({
  store,
  engine: store.startsWith('postgres') ? 'postgres' : 'sqlite',
  key: { file: join(folder, 'master.key') },
  dataFolder: folder,
  folders: { data: folder, config: folder, state: folder },
  policyFolder: null,
  deskName: 'Test desk',
  file: {},
  token: undefined,
  person: { id: 'uid:1' },
});

/** Makes the desk in a folder of its own. Returns the address of its store. */
export async function makeTemplate(folder: string, server?: string): Promise<string> {
  const store = server === undefined ? join(folder, 'desk.db') : await createDatabase(server);
  const { desk } = await establishDesk(
    openCustody({ settings: settingsIn(folder, store), dataFolder, now: () => START, clockAsGiven: true }),
  );
  await desk.store.close();
  return store;
}

/** Copies store and key into a folder. Returns the address of the copied store. */
export async function copyTemplate(template: string, from: string, to: string, server?: string): Promise<string> {
  copyFileSync(join(from, 'master.key'), join(to, 'master.key'));
  chmodSync(join(to, 'master.key'), 0o600);
  if (server !== undefined) return createDatabase(server, template);
  const store = join(to, 'desk.db');
  copyFileSync(template, store);
  chmodSync(store, 0o600);
  return store;
}
