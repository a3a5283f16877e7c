/**
 * One `*.session` file as a separate test file: vitest.config.ts turns each into a call of this, so that sessions run side by
 * side.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, inject, it } from 'vitest';
import { requireBuilt } from './built-desk.js';
import { createDatabase } from './postgres.js';
import { parseSession } from './session-file.js';
import { runSession } from './session-run.js';
import { repositoryRoot } from './test-desk.js';

const executable = join(repositoryRoot, 'bin', 'countersign.js');
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };

/** `source` is the text of the file, `name` its path from the root. */
export function sessionSuite(name: string, source: string): void {
  beforeAll(requireBuilt, 300_000);
  const { engines, shippedPolicy } = parseSession(name, source);
  for (const [place, engine] of engines.entries()) {
    const inside = place === 0 ? 'unseen' : 'all';
    it.skipIf(engine === 'postgres' && inject('postgresUrl') === '')(
      `runs as written on ${engine}`,
      { timeout: 300_000 },
      async () => {
        const env: Record<string, string> =
          engine === 'postgres' ? { COUNTERSIGN_STORE: await createDatabase(inject('postgresUrl')) } : {};
        const policy = shippedPolicy ? {} : { policy: inject('floorPolicy') };
        await runSession({ name, source, executable, variables: { version }, env, inside, ...policy });
      },
    );
  }
}
