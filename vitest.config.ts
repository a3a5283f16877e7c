import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

const root = import.meta.dirname;

/**
 * Test desks live in memory where the machine has room for them: each commit waits for the disk otherwise, and a thousand desks are made. What
 * is about disks (a full one, failing calls, lost flushes) brings its own.
 */
function memoryFolder(): string | undefined {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === '/dev/shm');
    const { bavail, bsize } = statfsSync('/dev/shm');
    return mount !== undefined && !mount.includes('noexec') && bavail * bsize > 4e9 ? '/dev/shm' : undefined;
  } catch {
    return undefined;
  }
}

const memory = memoryFolder();
if (memory !== undefined) process.env['TMPDIR'] ??= memory;

/** Makes a test file of each `*.session` (test/sessions/README.md), so that vitest runs them side by side as it runs any other. */
const sessions: Plugin = {
  name: 'sessions',
  enforce: 'pre',
  transform: (source, id) => {
    const [file = ''] = id.split('?');
    if (!file.endsWith('.session')) return undefined;
    const suite = JSON.stringify(path.join(root, 'test/support/session-suite.ts'));
    const name = JSON.stringify(path.relative(root, file));
    return `import { sessionSuite } from ${suite};\nsessionSuite(${name}, ${JSON.stringify(source)});\n`;
  },
};

/** Every test file, from the root. */
const files = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file.split(path.sep).join('/')}`)
  .filter((file) => /\.(test\.ts|session)$/.test(file))
  .sort();

const inSome = (file: string, places: readonly string[]): boolean => places.some((place) => file.startsWith(place));
const isOfTheRepository = (file: string): boolean => /^test\/[^/]+$/.test(file);
/** Has a long form (test/support/long.ts). */
const isLong = (file: string): boolean =>
  file.endsWith('.ts') && readFileSync(path.join(root, file), 'utf8').includes('support/long.js');

/** What a developer runs at each save: no terminal, no other process, no PostgreSQL (test/support/global-setup.ts). */
const QUICK = ['rules', 'crypto', 'factors', 'delivery', 'opening', 'procedures', 'store/queries', 'store/guard'].map(
  (folder) => `test/${folder}/`,
);
/** Beside those, and slow: it builds the program, and tries every command. */
const SLOW = ['test/factors/throw-away-factor.test.ts', 'test/bad-input.test.ts'];

/** `npm test` has no mode; `test:quick` and `test:long` name theirs. */
const belongsTo: Readonly<Record<string, (file: string) => boolean>> = {
  quick: (file) => (inSome(file, QUICK) || isOfTheRepository(file)) && !inSome(file, SLOW),
  long: isLong,
};

/** Files that change their own process (its folder, its environment) or end others. */
const APART = [
  'test/commands/everywhere',
  'test/connectors/command',
  'test/factors/throw-away',
  'test/faults/interrupted-reset',
  'test/main/',
];
const isApart = (file: string): boolean => inSome(file, APART) || isOfTheRepository(file);

// Time-outs are for a machine with two busy cores: hashing and terminals are slow there, and a stuck test still ends.
const ofEach = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

export default defineConfig(({ mode }) => {
  const chosen = files.filter(belongsTo[mode] ?? (() => true));
  return {
    test: {
      globalSetup: ['test/support/global-setup.ts'],
      provide: { form: mode as 'test' | 'quick' | 'long' },
      teardownTimeout: 30_000,
      // One more than there are cores: a third of the files waits for processes, clocks and disks.
      maxWorkers: Math.max(2, availableParallelism()) + 1,
      coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
      projects: [
        { test: { ...ofEach, name: 'apart', include: chosen.filter(isApart) } },
        {
          plugins: [sessions],
          // The program keeps nothing outside its desks, so its files may share a process: loading it for each took a third of their time.
          test: { ...ofEach, name: 'together', isolate: false, include: chosen.filter((file) => !isApart(file)) },
        },
      ],
    },
  };
});
