/**
 * A user sets the application password with the code of an invitation; if a password is set already, this resets it. The desk
 * never sets or sees one. The code is checked before the password is asked for or judged, so that nobody without the code learns
 * anything. It is used up together with the new password.
 */
import type { Desk, TrustEnded } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Owner, User } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { type DeskCodeJudgement, judgeDeskCode } from '../codes/desk-code.js';
import { applicationPasswordContext, ownerCopyContext } from '../seal-contexts.js';
import { provenBySignIn } from './act-as-owner.js';
import { judgeApplicationPassword, prepareApplicationPassword } from './application-password.js';
import { openOwner } from './customer-login.js';
import { copyKeyOf, destroyOwnerCopy, moveOwnerCopy } from './owner-copy.js';
import { findPortalPerson, type PortalPerson, personEntry } from './portal-attempts.js';

export interface Activation {
  readonly account: string;
  readonly login: string;
  /** As typed. */
  readonly code: string;
  /** Asked for only after the code was right. */
  readonly newPassword: () => Promise<string>;
}

interface Activated extends Owner, TrustEnded {
  /** There was a password before: this reset it. */
  readonly wasReset: boolean;
  /** True if the owner's readable copy of the passphrase was destroyed, because it could not outlive the old password (B17). */
  readonly ownerCopyDestroyed: boolean;
}

/** Refusals: not-signed-in (unknown login and wrong code, in the same words), invalid-input (the password). */
export async function activateUser(desk: Desk, activation: Activation): Promise<Activated> {
  const person = await findPortalPerson(desk, activation.account, activation.login);
  const base = personEntry(desk, person);
  const { account, user } = await requireInvited(desk, person, activation.code);
  const verifier = await newVerifier(desk, { account, user }, activation).catch(async (error: unknown) => {
    const entry = { ...base, kind: 'portal.activation-judged', outcome: 'refused', reason: 'password' } as const;
    await desk.store.record(entry, async () => undefined);
    throw error;
  });
  const done = await desk.store.record<Activated>(
    ({ wasReset, ownerCopyDestroyed, sessionsEnded, devicesForgotten }) => ({
      ...base,
      by: provenBySignIn(base.by),
      kind: wasReset ? 'portal.password-reset' : 'portal.activated',
      outcome: 'done',
      detail: { ownerCopyDestroyed, sessionsEnded, devicesForgotten },
    }),
    async (write, log) => {
      // The user was disabled, or invited again, while the password was being asked for.
      if ((await openOwner(write, user.id)) === undefined) throw wrongCode();
      if ((await judgeInvitation({ desk, write, log }, user, activation.code))?.accepted !== true) throw wrongCode();
      const before = await write.secrets.applicationPassword(user.id);
      await write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: desk.now() });
      const [passwordPlace, place] = [applicationPasswordContext(user), ownerCopyContext(user)];
      const ownerCopyDestroyed =
        before === undefined
          ? await moveOwnerCopy(desk, write, user, copyKeyOf(desk, activation.code).viewKey, (phrase) =>
              desk.ownerView.sealCopy(passwordPlace, verifier, place, phrase),
            )
          : await destroyOwnerCopy(write, user.id);
      // A reset forgets all remembered devices: a stolen one would let the thief past the second factor.
      const ended = await write.trust.end([user.id]);
      return { account, user, wasReset: before !== undefined, ownerCopyDestroyed, ...ended };
    },
  );
  await desk.store.forgetDeleted();
  await desk.sendQueued();
  return done;
}

async function newVerifier(desk: Desk, { account, user }: Owner, { newPassword }: Activation): Promise<string> {
  const password = await newPassword();
  await judgeApplicationPassword(desk, user, account, password);
  return (await prepareApplicationPassword(desk, user, password)).verifier;
}

/** Checks the code without using it up: the password may still be refused, and then the invitation must stay valid. */
async function requireInvited(desk: Desk, person: PortalPerson, code: string): Promise<Owner> {
  const { account, user } = person;
  const entry = { ...personEntry(desk, person), kind: 'portal.activation-judged' } as const;
  const judged = await desk.store.record<DeskCodeJudgement | null>(
    (result) =>
      result?.accepted === true
        ? { ...entry, by: provenBySignIn(entry.by), outcome: 'done' }
        : { ...entry, outcome: 'refused', detail: { ...entry.detail, ...(result && { wrong: result.wrong }) } },
    async (write, log) => {
      if (user === null || (await openOwner(write, user.id)) === undefined) return null;
      return judgeInvitation({ desk, write, log }, user, code, true);
    },
  );
  if (judged?.accepted !== true || account === null || user === null) throw wrongCode();
  return { account, user };
}

async function judgeInvitation(inside: Inside, user: User, typed: string, keep = false) {
  const row = await inside.write.factors.newestCode(user.id, 'activate');
  return row === undefined ? null : judgeDeskCode(inside, { user, purpose: 'activate', typed }, row, keep);
}

const wrongCode = (): Refusal => refusal('not-signed-in', 'activation-wrong', {}, 'desk-invites');
