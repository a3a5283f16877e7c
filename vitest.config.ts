import { defineConfig } from 'vitest/config';

// Time-outs are for a machine with two busy cores: hashing and terminals are slow there, and a stuck test still ends.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // Only where a shared machine may hold one up: a slow second must not turn a build red. A real fault fails each time.
    retry: process.env['CI'] === undefined ? 0 : 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
});
