/** What a sign-in means for the operator's start code (B80): the first one is told to the operator, and any one ends a waiting recovery. */
import type { Desk, OperatorRow, Writes } from '../../desk.js';
import { tellOperator } from './operator-notices.js';

export async function noteFirstSignIn(desk: Desk, write: Writes, operator: OperatorRow, now: number): Promise<void> {
  const start = await write.lifeCycle.startOf(operator.id);
  if (start === undefined) return;
  // The operator has password and app after all: whoever asked for the recovery does not need it, or is somebody else.
  if (start.used_at === null) return write.lifeCycle.deleteStart(operator.id);
  if (start.signed_in_at !== null) return;
  await write.lifeCycle.updateStart(operator.id, { signed_in_at: now });
  await tellOperator(desk, write, operator, { kind: 'operator-signed-in', values: {}, now });
}
