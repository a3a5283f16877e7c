/** The owner changes the application password; the passphrase and its readable copy stay as they are (B10, B17). */
import type { Desk, TrustEnded } from '../../desk.js';
import { refusal } from '../../errors.js';
import { actAsOwner, askOwner } from './act-as-owner.js';
import { judgeApplicationPassword, prepareApplicationPassword } from './application-password.js';
import type { PortalLogin } from './customer-login.js';

export const CHANGING_PASSWORD = { lock: 'owner:fresh' } as const;

/**
 * Ends the user's other portal sessions and forgets all devices (B82). `viewKey` is from the check of the current password that was given with this
 * command; it is wrapped again under the next one. Refusals: not-signed-in, factor-needed, enrolment-needed, invalid-input.
 */
export async function changeApplicationPassword(
  desk: Desk,
  login: PortalLogin,
  { viewKey, next }: { viewKey: Uint8Array; next: string },
): Promise<TrustEnded> {
  await askOwner(desk, login, CHANGING_PASSWORD);
  const { user, session } = login;
  const before = await desk.store.read.secrets.applicationPassword(user.id);
  await judgeApplicationPassword(desk, user, login.account, next);
  const { verifier } = await prepareApplicationPassword(desk, user, next, viewKey);
  return actAsOwner(desk, login, CHANGING_PASSWORD, {
    entry: (ended) => ({ kind: 'application-password.changed', detail: { ...ended } }),
    change: async ({ write, now }) => {
      if ((await write.secrets.applicationPassword(user.id))?.verifier !== before?.verifier) {
        throw refusal('busy', 'password-overtaken', {}, 'sign-in-and-look');
      }
      await write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: now });
      return write.trust.end([user.id], { keepSession: session.sessionId });
    },
  });
}
