/**
 * Enrolling with more than the password: the one-time enrolment code of a reset (B57), or of a login that used up its
 * last backup code (B42). The desk sends the first kind; the portal sends the second by itself, at the next login.
 *
 * The factor that is enrolled with a code uses it up; typing the code does not. Until then it can be given again, so a
 * broken connection or a closed window costs nobody their account. Wrong codes are counted, and five end it.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { isDeskCode } from '../codes/desk-code.js';
import { prepareEnrolmentCode } from '../codes/enrolment-code.js';
import { judgeRow } from '../codes/sent-codes.js';
import { type UserFactors, userFactors } from '../codes/user-factors.js';
import { clearAttempt, type Subject } from '../lock-outs.js';
import { type ActingOwner, actAsOwner, askOwner, ownerEntry } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { moveOn } from '../portal/open-session.js';
import { countOwnerAttempt } from '../portal/portal-attempts.js';

/** `waiting`: one is in the mailbox. `sent`: one was sent just now. `ask-desk`: only the desk can send one. */
export type OwedCode = 'not-needed' | 'waiting' | 'sent' | 'ask-desk';

const OWING = { lock: 'login', states: ['done', 'enrolment-needed', 'enrolment-code-needed'] } as const;

/** Tells whether this user needs a code to enrol, and sends one if the portal owes it (B42). */
export async function sendOwedEnrolmentCode(desk: Desk, login: PortalLogin): Promise<OwedCode> {
  await askOwner(desk, login, OWING);
  const { user, account } = login;
  const factors = await userFactors(desk, desk.store.read.factors, user.id);
  if (!factors.enrolmentCodeNeeded) return 'not-needed';
  if (isUsable(desk, factors, desk.now())) return 'waiting';
  if (!factors.owesFactor) return 'ask-desk';
  const prepared = await prepareEnrolmentCode(desk, account, user);
  if (prepared === null) return 'ask-desk';
  const sent = await actAsOwner<'login', boolean>(desk, login, OWING, {
    entry: (done, by) => ({
      ...ownerEntry(desk, by),
      kind: 'portal.enrolment-code-sent',
      outcome: 'done',
      detail: { sent: done },
    }),
    change: async ({ write, now }) => {
      if (isUsable(desk, await userFactors(desk, write.factors, user.id), now)) return false;
      await write.factors.insertCode(prepared.row);
      await write.outbox.insert([prepared.message.row]);
      return true;
    },
  });
  return sent ? 'sent' : 'waiting';
}

function isUsable(desk: Desk, { enrolmentCode }: UserFactors, now: number): boolean {
  return (
    enrolmentCode !== undefined && now < enrolmentCode.expires_at && enrolmentCode.tries < desk.policy.limits.code.tries
  );
}

/**
 * Checks a typed enrolment code. A login that waits for it moves on to the enrolment. Refusals: not-signed-in (wrong or
 * too old, in the same words), locked.
 */
export async function submitEnrolmentCode(desk: Desk, login: PortalLogin, typed: string): Promise<PortalLogin> {
  const subject: Subject = `enrol:${login.user.id}`;
  const started = { kind: 'portal.enrolment-code-started', subject } as const;
  const attempt = await countOwnerAttempt(desk, login, { ...OWING, sendLater: true }, started);
  const moved = await actAsOwner<'login', PortalLogin | null>(desk, login, OWING, {
    entry: (result, by) => ({
      ...ownerEntry(desk, by),
      kind: result === null ? 'portal.enrolment-code-refused' : 'portal.enrolment-code-accepted',
      outcome: result === null ? 'refused' : 'done',
    }),
    change: async (acting) => {
      const { write, log, by } = acting;
      if (!(await isRight(acting, typed))) return null;
      await clearAttempt(desk, write, log, subject, attempt);
      if (by.login.session.state !== 'enrolment-code-needed') return by.login;
      return moveOn(acting, { state: 'enrolment-needed', method: 'password' });
    },
  });
  if (moved !== null) return moved;
  throw refusal('not-signed-in', 'enrolment-code-wrong', {}, 'enrolment-code-in-mail');
}

async function isRight(acting: ActingOwner<'login'>, typed: string): Promise<boolean> {
  const { desk, write, by } = acting;
  const { user } = by.login;
  const { enrolmentCode: row } = await userFactors(desk, write.factors, user.id);
  if (row === undefined) return false;
  const binding = { userId: user.id, purpose: 'enrol', factorId: null };
  const digestOfGiven = isDeskCode(desk, user, 'enrol', row, typed) ? row.digest : null;
  const outcome = await judgeRow(acting, row, { binding, digestOfGiven });
  // Accepted, but not used up: see the header.
  if (outcome === 'accepted') await write.factors.updateCode(row.id, { used_at: null });
  return outcome === 'accepted';
}
