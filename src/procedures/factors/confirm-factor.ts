/**
 * Setting up a second factor, second half: a first code proves that the app or contact works (B33, B34, B40, B57). One
 * transaction makes the factor active, removes the one it replaces with all that it vouched for (B82), finishes the login that
 * waited for it, and ends the user's other half-done logins.
 */
import type { Desk, FactorRow, TrustEnded, Writes } from '../../desk.js';
import { refusal, type Worded } from '../../errors.js';
import { factorKind } from '../../factors/registry.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { tidy } from '../../rules/directory-fields.js';
import type { Owner } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { settleReset } from '../codes/enrolment-code.js';
import type { MethodId } from '../codes/methods.js';
import { judgeSentCode } from '../codes/sent-codes.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { NOTHING_ENDED, type PortalLogin } from '../portal/customer-login.js';
import { moveOn, openedEntry } from '../portal/open-session.js';
import { countOwnerAttempt } from '../portal/portal-attempts.js';
import { inPortal, ownNotice } from '../portal/portal-notices.js';
import { factorContext } from '../seal-contexts.js';
import { type Asked, stepOf } from './answer-factor.js';
import { CHALLENGES, type InBrowser, type IsChallenge, keysOf, siteFor, takeChallenge } from './challenges.js';
import { ENROLLING, factorToReplace, pendingOf, requireCodeStillGood } from './enrol-factor.js';

export interface ConfirmRequest extends InBrowser {
  readonly kind: MethodId;
  /** As typed; of a passkey, what the browser says. */
  readonly code: string;
  /** Id of the factor that this one replaces (B40); it is removed in the same transaction. */
  readonly replaces: string | undefined;
  /** Of a passkey: how its owner tells it from others. */
  readonly label?: string;
}

export type EnrolledFactor = Awaited<ReturnType<typeof confirmEnrolment>>;

const LONGEST_LABEL = 40;

/** `ended`: nothing, unless it replaces another one. */
type Confirmed = { readonly login: PortalLogin; readonly ended: TrustEnded };

/** True if the code belongs to the half-done enrolment; run inside the door. */
type Prove = (inside: Inside) => Promise<boolean>;

/** Refusals: invalid-input (no half-done enrolment), not-signed-in (wrong code), locked, not-found (`replaces`). */
export async function confirmEnrolment(desk: Desk, login: PortalLogin, request: ConfirmRequest) {
  await askOwner(desk, login, ENROLLING);
  const [pending] = await pendingOf(desk.store.read, login, request.kind);
  if (pending === undefined) throw refusal('invalid-input', 'set-up-not-begun', { kind: request.kind }, 'begin-set-up');
  const detail = { factor: pending.id, kind: request.kind };
  const started = { kind: 'factor.code-started', subject: `portal-code:${login.user.id}`, detail } as const;
  const site = siteFor(desk, request.kind, request);
  let isChallenge: IsChallenge = () => false;
  const right = await countOwnerAttempt(desk, login, { ...ENROLLING, sendLater: true }, started, async (acting) => {
    if (site !== null) isChallenge = await takeChallenge(acting, pending.id);
  });
  const prove = await proofOf(desk, login, pending, { ...request, site, isChallenge });
  const said = { who: inPortal(login), change: await changeInWords(desk, login, request) };
  const notices = ownNotice(desk, login, 'factor-changed', said);
  const enrolled = await actAsOwner<'owner:methods', Confirmed | null>(desk, login, ENROLLING, {
    entry: (done, by) => {
      if (done === null) return { kind: 'factor.refused', outcome: 'refused', detail };
      const added: ActEntry = { kind: 'factor.added', detail: { ...detail, ...done.ended } };
      return by.login.session.state === 'done' ? added : [added, openedEntry(done.login)];
    },
    change: async (acting) => {
      const { write, by } = acting;
      await requireCodeStillGood(acting);
      if (!(await isPending(write, by.login, pending)) || !(await prove(acting))) return null;
      await right(write);
      const ended = await activate(acting, pending, request.replaces);
      await write.outbox.insert(notices);
      return { login: by.login.session.state === 'done' ? by.login : await finishLogin(acting), ended };
    },
  });
  if (enrolled === null)
    throw refusal('not-signed-in', 'first-code-wrong', { kind: request.kind }, 'next-code-or-begin');
  const { id: kind, title } = factorKind(request.kind);
  return { id: pending.id, kind, title, ...enrolled };
}

async function changeInWords(desk: Desk, owner: Owner, { kind, replaces }: ConfirmRequest): Promise<Worded> {
  const made: Worded = ['factorTitle', kind];
  if (replaces === undefined) return ['mail', 'set-up', made];
  const old = await factorToReplace(desk.store.read, owner, replaces);
  return ['mail', 'set-up-instead', made, ['factorTitle', old.kind]];
}

async function proofOf(
  desk: Desk,
  owner: PortalLogin,
  pending: FactorRow,
  { code, site, isChallenge, label = '' }: Asked & Omit<ConfirmRequest, 'site'>,
): Promise<Prove> {
  const kind = factorKind(pending.kind);
  switch (kind.family) {
    case 'generated': {
      const step = await stepOf(desk, owner, { kind, row: pending, code });
      return async ({ write }) => step !== null && (await write.factors.advanceStep(pending.id, step));
    }
    case 'sent': {
      const binding = { userId: owner.user.id, purpose: 'factor', factorId: pending.id };
      return async (inside) => (await judgeSentCode(inside, kind, { binding, typed: code })) === 'accepted';
    }
    case 'challenged': {
      const known = (await keysOf(desk, owner, kind)).map(({ secret }) => secret);
      const made = site && (await kind.register({ isChallenge, answer: code, site, known }));
      if (made?.ok !== true) return async () => false;
      const secret = desk.vault.seal('seal/factor', factorContext(owner.user, pending.id), made.secret);
      return async ({ write }) => {
        const name = [...tidy(label).replace(/\p{C}/gu, '')].slice(0, LONGEST_LABEL).join('') || kind.title;
        await write.factors.update(pending.id, { secret, last_step: made.counter, label: name });
        await write.factors.deleteCodes(owner.user.id, [CHALLENGES]);
        return true;
      };
    }
  }
}

/** Still there, and begun after the newest reset: what an earlier one proved no longer counts (B52, B57). */
async function isPending(write: Writes, owner: Owner, pending: FactorRow): Promise<boolean> {
  const rows = await pendingOf(write, owner, pending.kind);
  const code = await write.factors.newestCode(owner.user.id, 'enrol');
  const { resetAt } = await write.factors.barOf(owner.user.id);
  const since = Math.max(code?.created_at ?? 0, resetAt ?? 0);
  return rows.some((row) => row.id === pending.id && since <= (row.confirmed_at ?? 0));
}

async function activate(acting: ActingOwner<'owner:methods'>, pending: FactorRow, replaces: string | undefined) {
  const { desk, write, now, by } = acting;
  const { login } = by;
  const { user, session } = login;
  if (replaces !== undefined) await write.factors.delete((await factorToReplace(write, login, replaces)).id);
  await settleReset(desk, write, user, now);
  await write.factors.update(pending.id, { state: 'active', confirmed_at: now });
  await write.users.update(user.id, { enrolled_at: now });
  await write.factors.deleteCodes(user.id, ['enrol']);
  return replaces === undefined ? NOTHING_ENDED : write.trust.end([user.id], { keepSession: session.sessionId });
}

/** Finishes the login that enrolled (B34); other logins that waited for an enrolment must begin again. */
async function finishLogin(acting: ActingOwner<'owner:methods'>): Promise<PortalLogin> {
  const { write, by } = acting;
  const { user, session } = by.login;
  for (const row of await write.portalSessions.ofUser(user.id)) {
    if (row.id !== session.sessionId && row.state !== 'done') await write.portalSessions.delete(row.id);
  }
  return moveOn(acting, { state: 'done', method: 'password+enrolment' });
}
