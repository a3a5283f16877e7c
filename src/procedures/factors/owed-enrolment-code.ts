/**
 * Enrolling with more than the password: the one-time enrolment code of a reset (B57), or of a login that used up its
 * last backup code (B42). The desk sends the first kind; the portal sends the second by itself, at the next login.
 *
 * The factor that is enrolled with a code uses it up; typing the code does not. Until then it can be given again, so a
 * broken connection or a closed window costs nobody their account.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { type DeskCodeJudgement, judgeDeskCode } from '../codes/desk-code.js';
import { prepareEnrolmentCode, replaceEnrolmentCode } from '../codes/enrolment-code.js';
import { type UserFactors, userFactors } from '../codes/user-factors.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { moveOn } from '../portal/open-session.js';
import { ownNotice } from '../portal/portal-notices.js';

/** `waiting`: one is in the mailbox. `sent`: one was sent just now. `ask-desk`: only the desk can send one. */
export type OwedCode = 'not-needed' | 'waiting' | 'sent' | 'ask-desk';

const OWING = { lock: 'login', states: ['done', 'enrolment-needed', 'enrolment-code-needed'] } as const;

/**
 * Tells whether this user needs a code to enrol. If there is none that can be used, or `again` says that it is lost, the portal sends one (B42,
 * B89), unless somebody objected to the reset. Refusal `locked` after too many.
 */
export async function sendOwedEnrolmentCode(desk: Desk, login: PortalLogin, again = false): Promise<OwedCode> {
  await askOwner(desk, login, OWING);
  const { user, account } = login;
  const factors = await userFactors(desk, desk.store.read.factors, user.id);
  if (!factors.enrolmentCodeNeeded) return 'not-needed';
  if (isUsable(factors, desk.now()) && !again) return 'waiting';
  const open = await desk.store.read.resets.openOfUser(user.id);
  if (open !== undefined && open.objected_at !== null) return 'ask-desk';
  const prepared = await prepareEnrolmentCode(desk, account, user);
  if (prepared === null) return 'ask-desk';
  const sent = await actAsOwner<'login', boolean>(desk, login, OWING, {
    entry: (done) => ({ kind: 'portal.enrolment-code-sent', detail: { sent: done } }),
    change: async (acting) => {
      const { write, now } = acting;
      const current = await userFactors(desk, write.factors, user.id);
      if (!current.enrolmentCodeNeeded || (!again && isUsable(current, now))) return false;
      if ((await write.resets.openOfUser(user.id))?.objected_at != null) return false;
      await replaceEnrolmentCode(acting, prepared);
      return true;
    },
  });
  return sent ? 'sent' : 'waiting';
}

const isUsable = ({ enrolmentCode }: UserFactors, now: number): boolean =>
  enrolmentCode !== undefined && now < enrolmentCode.expires_at;

/**
 * Checks a typed enrolment code. A login that waits for it moves on to the enrolment. Whoever types it has the password, so after a few
 * wrong ones the owner is told once, by mail. Refusal: not-signed-in (wrong or too old, in the same words).
 */
export async function submitEnrolmentCode(desk: Desk, login: PortalLogin, typed: string): Promise<PortalLogin> {
  await askOwner(desk, login, OWING);
  const notices = ownNotice(desk, login, 'enrolment-code-wrong', {});
  const { moved } = await actAsOwner(desk, login, OWING, {
    change: async (acting) => {
      const { by, write } = acting;
      const { accepted, wrong } = await judge(acting, typed);
      const told = !accepted && wrong === desk.policy.limits.code.tries;
      if (told) await write.outbox.insert(notices);
      let moved = accepted ? by.login : null;
      if (moved?.session.state === 'enrolment-code-needed')
        moved = await moveOn(acting, { state: 'enrolment-needed', method: 'password' });
      return { moved, wrong, told };
    },
    entry: ({ moved: further, ...detail }) =>
      further === null
        ? { kind: 'portal.enrolment-code-refused', outcome: 'refused', detail }
        : { kind: 'portal.enrolment-code-accepted', detail },
  });
  if (moved !== null) return moved;
  throw refusal('not-signed-in', 'enrolment-code-wrong', {}, 'enrolment-code-in-mail');
}

async function judge(acting: ActingOwner<'login'>, typed: string): Promise<DeskCodeJudgement> {
  const { desk, write, by } = acting;
  const { user } = by.login;
  const { enrolmentCode: row } = await userFactors(desk, write.factors, user.id);
  if (row === undefined) return { accepted: false, wrong: 0 };
  // Accepted, but not used up: see the header.
  return judgeDeskCode(acting, { user, purpose: 'enrol', typed }, row, true);
}
