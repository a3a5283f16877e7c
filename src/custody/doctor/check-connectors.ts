/** Are the settings of the connectors valid? Calls nobody: `connector check` does. */
import { openConnectors } from '../../connectors/registry.js';
import type { SetupCheck } from './check.js';

const nobody = (): never => {
  throw new TypeError('nothing is called here');
};

export const checkConnectors: SetupCheck = {
  subject: 'Connectors',
  look: async ({ settings: { file } }) => {
    const names = Object.keys(file.connectors ?? {});
    const effects = {
      fetch: nobody,
      resolveHost: nobody,
      readFile: nobody,
      runCommand: nobody,
      pause: nobody,
      now: nobody,
    };
    const connectors = openConnectors(file.connectors, effects);
    for (const name of names) await connectors.settings(name);
    return names.length === 0 ? [] : [{ subject: 'Connectors', state: 'ok', text: names.join(', ') }];
  },
};
