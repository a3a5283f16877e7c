/**
 * The whole product from its sources, in a process of its own whose clock the test moves: `Date.now` of that process reads an offset from
 * a file. Everything else (store, terminal, timers) is as built. For what happens after half an hour, without waiting for it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildScript, childScript } from './child-script.js';
import { repositoryRoot } from './test-desk.js';

export interface MovedClock {
  /** Arguments of node that come before those of countersign. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Moves the clock of all its processes, ms. */
  set(offset: number): void;
  remove(): void;
}

export async function movedClock(folder: string): Promise<MovedClock> {
  const offsets = join(folder, 'clock-offset');
  writeFileSync(offsets, '0');
  const made: ChildScript = await childScript(`
    import { readFileSync } from 'node:fs';
    const real = Date.now;
    const offset = () => Number(readFileSync(${JSON.stringify(offsets)}, 'utf8')) || 0;
    Date.now = () => real() + offset();
    import('./src/main.ts').then(async ({ main }) => {
      process.exitCode = await main({ argv: process.argv.slice(2), root: ${JSON.stringify(repositoryRoot)} });
      process.exit();
    });
  `);
  return {
    script: made.file,
    env: { NODE_PATH: made.packages },
    set: (offset) => writeFileSync(offsets, String(offset)),
    remove: () => made.remove(),
  };
}
