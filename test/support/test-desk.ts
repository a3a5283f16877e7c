/**
 * A real desk for tests: a real store on either engine in a separate place, real keys, cheap hashing, and a clock that the test
 * moves. Suites name the engine in their titles: `describe.each(engines)('… on %s', (engine) => …)`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import type { ConfigFile, Settings } from '../../src/config.js';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { establishDesk } from '../../src/opening/open-desk.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { copyTemplate, dataFolder, START, settingsIn } from './desk-template.js';
import { createDatabase } from './postgres.js';
import { signedOperator } from './signed-operator.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of a server that may make databases, or '' if there is none. */
    postgresUrl: string;
    /** Folder and store of the desk that test desks are copies of, by engine. */
    deskTemplates: Readonly<Partial<Record<EngineName, { readonly folder: string; readonly store: string }>>>;
    /** Folder of the shipped policy with argon2 at the lowest costs. */
    floorPolicy: string;
  }
}

export type EngineName = 'sqlite' | 'postgres';

/** Both engines, or SQLite only if no PostgreSQL could be started (each suite then counts a skip). */
export const engines: readonly EngineName[] = inject('postgresUrl') === '' ? ['sqlite'] : ['sqlite', 'postgres'];

/** Small but real argon2id: about a millisecond. */
export const CHEAP = { person: { m: 64, t: 1, p: 1 }, code: { m: 32, t: 1, p: 1 } } as const;

export { dataFolder, START };

export interface TestDeskOptions {
  readonly hashing?: 'real' | 'cheap';
  /** `real`: leaps ahead are refused, as on a real machine (B87). */
  readonly clock?: 'as-given' | 'real';
  readonly start?: number;
  /** Store id and master key of its own, not those of all test desks. */
  readonly ownKey?: boolean;
  /** Address of a PostgreSQL server of its own. */
  readonly server?: string;
  /** Of the config file. */
  readonly file?: ConfigFile;
}

export interface TestClock {
  now(): number;
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

export interface TestDesk {
  readonly desk: Desk;
  readonly clock: TestClock;
  readonly folder: string;
  readonly settings: Settings;
  /** A signed-in operator of the role, made in the store at the first call. */
  operator(role: OperatorRole): Promise<SignedOperator>;
  close(): Promise<void>;
}

export const repositoryRoot = resolve(import.meta.dirname, '../..');

export function testClock(start = START): TestClock {
  let time = start;
  return {
    now: () => time,
    advance: (milliseconds) => {
      time += milliseconds;
    },
    set: (milliseconds) => {
      time = milliseconds;
    },
  };
}

/** Of a place where nothing is yet. */
export async function testSettings(
  engine: EngineName,
  folder: string,
  server: string = inject('postgresUrl'),
): Promise<Settings> {
  return settingsIn(folder, engine === 'postgres' ? await createDatabase(server) : join(folder, 'desk.db'));
}

async function copiedSettings(engine: EngineName, folder: string): Promise<Settings | undefined> {
  const template = inject('deskTemplates')[engine];
  if (template === undefined) return undefined;
  const server = engine === 'postgres' ? inject('postgresUrl') : undefined;
  return settingsIn(folder, await copyTemplate(template.store, template.folder, folder, server));
}

export async function testDesk(engine: EngineName = 'sqlite', options: TestDeskOptions = {}): Promise<TestDesk> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  const clock = testClock(options.start);
  const copied = (options.server ?? options.ownKey) ? undefined : await copiedSettings(engine, folder);
  const bare = copied ?? (await testSettings(engine, folder, options.server));
  const settings = { ...bare, file: { ...bare.file, ...options.file } };
  const hashing = options.hashing === 'real' ? {} : { hashing: CHEAP };
  const { desk } = await establishDesk(
    openCustody({ settings, dataFolder, now: clock.now, clockAsGiven: options.clock !== 'real', ...hashing }),
  );
  const signed = new Map<OperatorRole, Promise<SignedOperator>>();
  return {
    desk,
    clock,
    folder,
    settings,
    operator: (role) => {
      const made = signed.get(role) ?? signedOperator(desk, role, `${role}-of-test`);
      signed.set(role, made);
      return made;
    },
    close: async () => {
      await desk.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
