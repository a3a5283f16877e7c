import { join } from 'node:path';
import { inject } from 'vitest';
import { resolveSettings } from '../../src/config.js';
import type { Desk } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk } from '../../src/opening/open-desk.js';
import type { BuiltDesk } from '../support/built-desk.js';
import { dataFolder } from '../support/test-desk.js';

/** The desk of a built command, opened by the test itself; it closes its store. */
export function openBeside({ home, store, folders }: BuiltDesk): Promise<Desk> {
  const [data = '', config = '', state = ''] = ['data', 'config', 'state'].map((name) => join(home, name));
  const env = { HOME: home, XDG_DATA_HOME: data, XDG_CONFIG_HOME: config, XDG_STATE_HOME: state };
  const options = { store } as Parameters<typeof resolveSettings>[0];
  const settings = resolveSettings(options, env, { policy: inject('floorPolicy') }, folders.config);
  return openDesk(openCustody({ settings, dataFolder, now: () => Date.now() }));
}
