/** One row of the table role × procedure: what an exported procedure asks of the operator, and how to knock at it. */
import type { Desk, SignedOperator } from '../../../src/desk.js';
import type { Lock } from '../../../src/procedures/authorise.js';

export interface DoorRow {
  /** What it must ask for, said here once more and by hand. */
  readonly permission: Lock;
  /** A role that signs in with an app must have given a code within the last minutes. */
  readonly fresh?: true;
  /** Scripts' tokens are refused. */
  readonly inPerson?: true;
  /**
   * Calls the procedure, about nothing that exists: authority is asked for before anything is looked up, so a role that may gets another
   * answer, whatever it is.
   */
  readonly knock: (desk: Desk, signed: SignedOperator) => Promise<unknown>;
}

/** `wing/file.procedure` → its row. */
export type Doors = Readonly<Record<string, DoorRow>>;
