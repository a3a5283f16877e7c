/** A machine for commands in this process: not locked, unless the test names a config file that locks it; the person has uid 1. */
import type { Machine } from '../../src/main/machine.js';

export function testMachine(given: Partial<Machine> = {}): Machine {
  return {
    lock: { path: '/nowhere/countersign/config.toml', owner: 0 },
    uid: 1,
    parent: 1,
    processes: '/nowhere',
    home: () => '/nowhere',
    ...given,
  };
}
