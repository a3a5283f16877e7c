/** Runs every `*.session` file of this folder (see README.md) against the built command. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, inject, it } from 'vitest';
import { createDatabase } from '../support/postgres.js';
import { parseSession } from '../support/session-file.js';
import { runSession } from '../support/session-run.js';
import { repositoryRoot } from '../support/test-desk.js';

const folder = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };

/** `npm test` has built already; this is for a run of this file alone. */
beforeAll(() => {
  const built = spawnSync(process.execPath, [join(repositoryRoot, 'bin', 'ensure.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`countersign could not be built:\n${built.stderr}`);
}, 300_000);

describe.each(readdirSync(folder).filter((name) => name.endsWith('.session')))('session %s', (file) => {
  const name = join('test', 'sessions', file);
  const source = readFileSync(join(folder, file), 'utf8');

  for (const engine of parseSession(name, source).engines) {
    it.skipIf(engine === 'postgres' && inject('postgresUrl') === '')(
      `runs as written on ${engine}`,
      { timeout: 300_000 },
      async () => {
        const env: Record<string, string> =
          engine === 'postgres' ? { COUNTERSIGN_STORE: await createDatabase(inject('postgresUrl')) } : {};
        await runSession({
          name,
          source,
          executable: join(repositoryRoot, 'bin', 'countersign.js'),
          variables: { version },
          env,
        });
      },
    );
  }
});
