import { readFileSync, statfsSync } from 'node:fs';
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

// Time-outs are for a machine with two busy cores: hashing and terminals are slow there, and a stuck test still ends.
export default defineConfig({
  plugins: [sessions],
  test: {
    include: ['test/**/*.test.ts', 'test/sessions/*.session'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // By default one core is kept free, which is half of a small machine; what waits for processes and disks leaves room anyway.
    maxWorkers: Math.max(2, availableParallelism()),
    // Only where a shared machine may hold one up: a slow second must not turn a build red. A real fault fails each time.
    retry: process.env['CI'] === undefined ? 0 : 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
});
