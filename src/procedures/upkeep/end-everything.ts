/** Ends what somebody was allowed for a time. After the store or the clock went back, nothing that had ended may live again. */
import type { Writes } from '../../desk.js';

/**
 * Sessions, remembered devices, start codes, grants, approvals and unused codes end; so do tokens that ran out before `seen`, the latest time
 * known before. Lock-outs stay. Times in ms.
 */
export async function endEverything(write: Writes, { now, seen }: { readonly now: number; readonly seen: number }) {
  await write.operators.endEverySession(now);
  await write.operators.revokeRunOut(seen, now);
  await write.lifeCycle.endEveryStart(now);
  await write.trust.endEverything();
  await write.grants.revokeEvery(now);
  await write.approvals.endEvery(now);
  await write.factors.endEveryCode(now);
}
