/** The only list of connectors, and the settings that choose among them: `[connectors.NAME]`. A new kind is one file and one line here. */
import type { ConnectorEffects, Connectors } from './connector.js';

/** `tables`: what stands under `connectors` in the config file. Reads neither disk nor network. */
export function openConnectors(_tables: unknown, _effects: ConnectorEffects): Omit<Connectors, 'names'> {
  throw new TypeError('not built yet');
}
