/** The owner changes the application password; the passphrase and its readable copy stay as they are (B10, B17). */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { timeOf } from '../lock-outs.js';
import { tellEvents } from '../messages/queue-events.js';
import { judgeApplicationPassword, prepareApplicationPassword } from './application-password.js';
import { finishedLogin, type PortalLogin, portalActor } from './authenticate-user.js';
import { requireFreshProof } from './owner-proof.js';

export interface PasswordChange {
  /** From the check of the current password, given with this very command. It is wrapped again under the next one. */
  readonly viewKey: Uint8Array;
  readonly next: string;
}

/** Ends the user's other portal sessions. Refusals: not-signed-in, factor-needed, enrolment-needed, invalid-input. */
export async function changeApplicationPassword(
  desk: Desk,
  login: PortalLogin,
  { viewKey, next }: PasswordChange,
): Promise<{ readonly sessionsEnded: number }> {
  const at = desk.now();
  const { account, user, session } = login;
  requireFreshProof(desk, login, at);
  const before = await desk.store.read.secrets.applicationPassword(user.id);
  await judgeApplicationPassword(desk, user, next);
  const { verifier } = await prepareApplicationPassword(desk, user, next, viewKey);
  const entry = {
    kind: 'application-password.changed',
    outcome: 'done',
    at,
    by: portalActor(login.user),
    account: account.id,
    user: user.id,
  } as const;
  const done = await desk.store.record(entry, async (write, log) => {
    requireFreshProof(desk, await finishedLogin(desk, write, log, login), timeOf(desk, log).now);
    if ((await write.secrets.applicationPassword(user.id))?.verifier !== before?.verifier) {
      throw new Refusal('busy', 'the password is being changed elsewhere', { hint: 'Sign in again and look.' });
    }
    await write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: at });
    const others = (await write.portalSessions.ofUser(user.id)).filter((row) => row.id !== session.sessionId);
    for (const row of others) await write.portalSessions.delete(row.id);
    return { sessionsEnded: others.length };
  });
  await tellEvents(desk);
  return done;
}
