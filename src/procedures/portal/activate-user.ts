/**
 * A user sets the application password with the code of an invitation; if a password is set already, this resets it. The desk
 * never sets or sees one. The code is checked before the password is asked for or judged, so that nobody without the code learns
 * anything. It is used up together with the new password.
 */
import type { Desk, LogState, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { User } from '../../rules/people.js';
import { isDeskCode } from '../codes/desk-code.js';
import { judgeRow } from '../codes/sent-codes.js';
import { clearAttempt, type Subject } from '../lock-outs.js';
import { provenBySignIn } from './act-as-owner.js';
import { judgeApplicationPassword, prepareApplicationPassword } from './application-password.js';
import { type Owner, openOwner } from './customer-login.js';
import { destroyOwnerCopy } from './owner-copy.js';
import { countPortalAttempt, findPortalPerson, type PortalPerson, personEntry } from './portal-attempts.js';

export interface Activation {
  readonly account: string;
  readonly login: string;
  /** As typed. */
  readonly code: string;
  /** Asked for only after the code was right. */
  readonly newPassword: () => Promise<string>;
}

export interface Activated extends Owner {
  /** There was a password before: this reset it. */
  readonly wasReset: boolean;
  /** True if the owner's readable copy of the passphrase was destroyed, because it could not outlive the old password (B17). */
  readonly ownerCopyDestroyed: boolean;
  readonly sessionsEnded: number;
  /** Remembered devices: a reset forgets all of them, because a stolen one would let the thief past the second factor. */
  readonly devicesForgotten: number;
}

/** Refusals: not-signed-in (unknown login and wrong code, in the same words), locked, invalid-input (the password). */
export async function activateUser(desk: Desk, activation: Activation): Promise<Activated> {
  const person = await findPortalPerson(desk, activation.account, activation.login);
  const subject: Subject = `activate:${person.key}`;
  const base = personEntry(desk, person);
  const attempt = await countPortalAttempt(desk, subject, { ...base, kind: 'portal.activation-started' });
  const { account, user } = await requireInvited(desk, person, activation.code);
  const verifier = await newVerifier(desk, { account, user }, activation).catch(async (error: unknown) => {
    // The code was right, so a password that is refused is no wrong guess.
    const entry = { ...base, kind: 'portal.activation-judged', outcome: 'refused', reason: 'password' } as const;
    await desk.store.record(entry, (write, log) => clearAttempt(desk, write, log, subject, attempt));
    throw error;
  });
  const done = await desk.store.record<Activated>(
    (result) => ({ ...base, by: provenBySignIn(base.by), ...activatedEntry(result) }),
    async (write, log) => {
      // The user was disabled, or invited again, while the password was being asked for.
      if ((await openOwner(write, user.id)) === undefined) throw wrongCode();
      if ((await judgeInvitation(desk, write, log, user, activation.code)) !== 'accepted') throw wrongCode();
      await clearAttempt(desk, write, log, subject, attempt);
      const before = await write.secrets.applicationPassword(user.id);
      await write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: desk.now() });
      const ownerCopyDestroyed = await destroyOwnerCopy(write, user.id);
      const sessionsEnded = await write.portalSessions.deleteOfUser(user.id);
      const devicesForgotten = await write.factors.deleteDevices(user.id);
      return { account, user, wasReset: before !== undefined, ownerCopyDestroyed, sessionsEnded, devicesForgotten };
    },
  );
  if (done.wasReset) await desk.store.forgetDeleted();
  await desk.sendQueued();
  return done;
}

async function newVerifier(desk: Desk, { account, user }: Owner, { newPassword }: Activation): Promise<string> {
  const password = await newPassword();
  await judgeApplicationPassword(desk, user, account, password);
  return (await prepareApplicationPassword(desk, user, password)).verifier;
}

function activatedEntry({ wasReset, ownerCopyDestroyed, sessionsEnded, devicesForgotten }: Activated) {
  const kind = wasReset ? 'portal.password-reset' : 'portal.activated';
  return { kind, outcome: 'done', detail: { ownerCopyDestroyed, sessionsEnded, devicesForgotten } } as const;
}

/** Checks the code without using it up: the password may still be refused, and then the invitation must stay valid. */
async function requireInvited(desk: Desk, person: PortalPerson, code: string): Promise<Owner> {
  const { account, user } = person;
  const entry = { ...personEntry(desk, person), kind: 'portal.activation-judged' } as const;
  const accepted = await desk.store.record<boolean>(
    (right) => (right ? { ...entry, by: provenBySignIn(entry.by), outcome: 'done' } : { ...entry, outcome: 'refused' }),
    async (write, log) => {
      if (user === null || (await openOwner(write, user.id)) === undefined) return false;
      const outcome = await judgeInvitation(desk, write, log, user, code);
      if (outcome !== 'accepted') return false;
      const row = await write.factors.newestCode(user.id, 'activate');
      if (row !== undefined) await write.factors.updateCode(row.id, { used_at: null });
      return true;
    },
  );
  if (!accepted || account === null || user === null) throw wrongCode();
  return { account, user };
}

async function judgeInvitation(desk: Desk, write: Writes, log: LogState, user: User, typed: string) {
  const row = await write.factors.newestCode(user.id, 'activate');
  if (row === undefined) return 'none';
  const binding = { userId: user.id, purpose: 'activate', factorId: null };
  const digestOfGiven = isDeskCode(desk, user, 'activate', row, typed) ? row.digest : null;
  return judgeRow({ desk, write, log }, row, { binding, digestOfGiven });
}

const wrongCode = (): Refusal => refusal('not-signed-in', 'activation-wrong', {}, 'desk-invites');
