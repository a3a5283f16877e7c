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

/** Test files that have a long form (test/support/long.ts). */
const longFiles = (): string[] =>
  readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`)
    .filter((file) => readFileSync(path.join(root, file), 'utf8').includes('support/long.js'));

/** What a developer runs at each save: no terminal, no other process, no PostgreSQL (test/support/global-setup.ts). */
const QUICK = ['rules', 'crypto', 'factors', 'delivery', 'opening', 'procedures', 'store/queries', 'store/guard'];
/** Beside those, and slow: it builds the program, and tries every command. */
const SLOW = ['test/factors/throw-away-factor.test.ts', 'test/bad-input.test.ts'];

/** `npm test` has no mode; `test:quick` and `test:long` name theirs. */
const filesOf: Readonly<Record<string, () => string[]>> = {
  quick: () => [...QUICK.map((folder) => `test/${folder}/**/*.test.ts`), 'test/*.test.ts'],
  long: longFiles,
};

// Time-outs are for a machine with two busy cores: hashing and terminals are slow there, and a stuck test still ends.
export default defineConfig(({ mode }) => ({
  plugins: [sessions],
  test: {
    include: filesOf[mode]?.() ?? ['test/**/*.test.ts', 'test/sessions/*.session'],
    exclude: mode === 'quick' ? SLOW : [],
    globalSetup: ['test/support/global-setup.ts'],
    provide: { form: mode as 'test' | 'quick' | 'long' },
    pool: 'forks',
    // By default one core is kept free, which is half of a small machine; what waits for processes and disks leaves room anyway.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
}));
