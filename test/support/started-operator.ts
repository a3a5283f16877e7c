/** Operators who have started, as people do: added by an admin, then password and app set with the start code. Does not import vitest. */
import type { Desk, SignedOperator } from '../../src/desk.js';
import { addOperator } from '../../src/procedures/operators/make-operator.js';
import { proveStart, startOperator } from '../../src/procedures/operators/start-operator.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { fromBase32, referenceCode } from '../factors/reference.js';

export interface StartedPerson {
  readonly id: string;
  /** Seed of the authenticator app; empty if the role needs none. */
  readonly seed: Uint8Array;
}

interface Person {
  readonly name: string;
  readonly role: OperatorRole;
  readonly password: string;
  readonly email?: string;
}

/** The app is proved with the code of the step before, so that the code of this step is still free. */
export async function startedOperator(desk: Desk, by: SignedOperator, person: Person): Promise<StartedPerson> {
  const { name, role, password, email = null } = person;
  const { id, start } = await addOperator(desk, by, { name, role, email, starts: true });
  const code = start?.code ?? '';
  const { totp } = await startOperator(desk, { name, code, password: async () => password });
  if (totp === null) return { id, seed: new Uint8Array() };
  const seed = fromBase32(totp.secretBase32.replaceAll(' ', ''));
  await proveStart(desk, { name, code, totp: referenceCode(seed, desk.now() / 1000 - 30) });
  return { id, seed };
}

/** Runs a command and answers its JSON; anything but exit 0 is an error. */
type Must = (args: readonly string[], stdin?: string, env?: Readonly<Record<string, string>>) => Promise<unknown>;

/** The same by the command line. `admin` is the environment with a token; the operator starts without it. Answers the seed in base32. */
export async function startByCommand(
  must: Must,
  { name, role, password }: Person,
  admin: Readonly<Record<string, string>>,
): Promise<string> {
  const nobody = { ...admin, COUNTERSIGN_TOKEN: '' };
  const added = await must(['operator', 'add', name, '--role', role, '--json'], '', admin);
  const start = ['operator', 'start', name, '--code', (added as { startCode: string }).startCode];
  const begun = await must([...start, '--password-stdin', '--json'], password, nobody);
  const { totp } = begun as { totp?: { secretBase32: string } };
  if (totp === undefined) return '';
  await roomInStep();
  const first = referenceCode(fromBase32(totp.secretBase32), Date.now() / 1000 - 30);
  await must([...start, '--totp', first], '', nobody);
  return totp.secretBase32;
}

/** A code must still be valid when the command after it has come to check it: with less than `room` ms left of a step it waits for the next one. */
export async function roomInStep(room = 8_000): Promise<void> {
  const left = 30_000 - (Date.now() % 30_000);
  // A timer may end a moment early, in the old step.
  if (left < room) await new Promise((resolve) => setTimeout(resolve, left + 100));
}
