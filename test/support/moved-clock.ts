/**
 * The built program in processes whose clock the test moves: `Date.now` of those processes reads an offset from a file. Everything else (store,
 * terminal, timers) is as built. For what happens after half an hour, without waiting for it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireBuilt } from './built-desk.js';
import { repositoryRoot } from './test-desk.js';

export interface MovedClock {
  /** Argument of node that comes before those of countersign. */
  readonly script: string;
  /** Moves the clock of all its processes, ms. */
  set(offset: number): void;
}

/** Puts the script and the offset into this folder. */
export function movedClock(folder: string): MovedClock {
  requireBuilt();
  const offsets = join(folder, 'clock-offset');
  const script = join(folder, 'moved-clock.cjs');
  writeFileSync(offsets, '0');
  writeFileSync(
    script,
    `const { readFileSync } = require('node:fs');
    const real = Date.now;
    Date.now = () => real() + (Number(readFileSync(${JSON.stringify(offsets)}, 'utf8')) || 0);
    require(${JSON.stringify(join(repositoryRoot, 'bin', 'countersign.js'))});
    `,
  );
  return { script, set: (offset) => writeFileSync(offsets, String(offset)) };
}
