/**
 * The one reset of a person at another system (B93): find, read, gate, remove, read back, end sessions. It may be killed at any point
 * and begun again: it reads before it writes, and claims only what it read.
 */
import type { Connector, GatePolicy, Person, ResetOutcome, ResetSteps } from './connector.js';

/** Never rejects for what happens in the world; only for a bug, or if `before` or `gated` rejects. */
export async function resetPerson(
  _connector: Connector,
  _policy: GatePolicy,
  _person: Person,
  _steps: ResetSteps = {},
): Promise<ResetOutcome> {
  throw new TypeError('not built yet');
}
