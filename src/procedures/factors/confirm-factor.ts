/**
 * Setting up a second factor, second half: a first code proves that app or contact work (B33, B34, B40, B57). It makes the
 * factor count, takes away the one it replaces, finishes the login that waited for it, and ends the user's other half-done
 * logins, all in one transaction.
 */
import type { Desk, FactorRow, LogState, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { factorKind } from '../../factors/registry.js';
import type { User } from '../../rules/people.js';
import { settleReset } from '../codes/enrolment-gate.js';
import type { MethodId } from '../codes/methods.js';
import { judgeSentCode } from '../codes/sent-codes.js';
import { userFactors } from '../codes/user-factors.js';
import { clearAttempt, type Subject, timeOf } from '../lock-outs.js';
import { ownerEntryBase, type PortalLogin } from '../portal/customer-login.js';
import { moveOn, openedEntry } from '../portal/open-session.js';
import { countPortalAttempt } from '../portal/portal-attempts.js';
import { ownNotice, queueNotices } from '../portal/portal-notices.js';
import { stepOf } from './answer-factor.js';
import { factorToReplace, pendingOf, requireEnrolling } from './enrol-factor.js';

export interface ConfirmRequest {
  readonly kind: MethodId;
  readonly code: string;
  /** Id of the factor that this one takes the place of (B40); it goes in the same transaction. */
  readonly replaces: string | undefined;
}

export interface EnrolledFactor {
  readonly id: string;
  readonly kind: MethodId;
  readonly title: string;
  readonly login: PortalLogin;
}

/** Whether the code belongs to the half-done enrolment; run inside the door. */
type Prove = (write: Writes, log: LogState) => Promise<boolean>;

/** Refusals: invalid-input (nothing half done), not-signed-in (wrong code), locked, not-found (`replaces`). */
export async function confirmEnrolment(
  desk: Desk,
  login: PortalLogin,
  request: ConfirmRequest,
): Promise<EnrolledFactor> {
  const { user } = login;
  const [pending] = await pendingOf(desk.store.read, login, request.kind);
  if (pending === undefined) throw nothingBegun(request.kind);
  const subject: Subject = `portal-code:${user.id}`;
  const detail = { factor: pending.id, kind: request.kind };
  const attempt = await countPortalAttempt(desk, subject, {
    ...ownerEntryBase(desk, user),
    kind: 'factor.code-started',
    detail,
  });
  const prove = await proofOf(desk, login, pending, request.code);
  const notices = ownNotice(desk, login, 'factor-changed', { change: await changeInWords(desk, login, request) });
  const enrolled = await desk.store.record<PortalLogin | null>(
    (result) => [
      {
        ...ownerEntryBase(desk, user),
        kind: result === null ? 'factor.refused' : 'factor.added',
        outcome: result === null ? 'refused' : 'done',
        detail,
      },
      ...(result === null || login.session.state === 'done'
        ? []
        : [{ ...ownerEntryBase(desk, user), ...openedEntry(result) }]),
    ],
    async (write, log) => {
      const current = await requireEnrolling(desk, write, log, login);
      if (!(await isPending(write, login, pending)) || !(await prove(write, log))) return null;
      await clearAttempt(desk, write, log, subject, attempt);
      await activate(desk, write, log, login, pending, request.replaces);
      await queueNotices(write, notices);
      return current.session.state === 'done' ? current : finishLogin(desk, write, log, current);
    },
  );
  if (enrolled === null) throw wrongFirstCode(request.kind);
  await desk.sendQueued();
  const { id: kind, title } = factorKind(request.kind);
  return { id: pending.id, kind, title, login: enrolled };
}

async function changeInWords(desk: Desk, login: PortalLogin, { kind, replaces }: ConfirmRequest): Promise<string> {
  const done = `${factorKind(kind).title} was set up`;
  if (replaces === undefined) return done;
  const old = await factorToReplace(desk.store.read, login, replaces);
  return `${done} in place of ${factorKind(old.kind).title}`;
}

async function proofOf(desk: Desk, login: PortalLogin, pending: FactorRow, code: string): Promise<Prove> {
  const kind = factorKind(pending.kind);
  switch (kind.family) {
    case 'generated': {
      const step = await stepOf(desk, login, { kind, row: pending, code });
      return async (write, log) =>
        step !== null && !timeOf(desk, log).behind && (await write.factors.advanceStep(pending.id, step));
    }
    case 'sent': {
      const binding = { userId: login.user.id, purpose: 'factor', factorId: pending.id };
      return async (write, log) =>
        (await judgeSentCode(desk, write, log, kind, { binding, typed: code })) === 'accepted';
    }
  }
}

/** Still there, and begun after the newest reset: an enrolment begun before it proved nothing that still counts (B52, B57). */
async function isPending(write: Writes, login: PortalLogin, pending: FactorRow): Promise<boolean> {
  const rows = await pendingOf(write, login, pending.kind);
  const code = await write.factors.newestCode(login.user.id, 'enrol');
  return rows.some((row) => row.id === pending.id) && (code === undefined || code.created_at <= pending.created_at);
}

async function activate(
  desk: Desk,
  write: Writes,
  log: LogState,
  login: PortalLogin,
  pending: FactorRow,
  replaces: string | undefined,
): Promise<void> {
  const { user } = login;
  const { active } = await userFactors(desk, write.factors, user.id);
  if (active.length === 0) await requireNoneAdded(write, user);
  if (replaces !== undefined) await write.factors.delete((await factorToReplace(write, login, replaces)).id);
  const at = timeOf(desk, log).now;
  await settleReset(write, user.id, at);
  await write.factors.update(pending.id, { state: 'active', confirmed_at: at });
  await write.factors.deleteCodes(user.id, ['enrol']);
}

/**
 * Who has no method left can only have removed them or been reset. Where the newest of what the log says is that one was added, it was
 * taken out of the store by another hand, and the password alone does not put another in its place. Refusal `store-corrupt`.
 */
async function requireNoneAdded(write: Writes, user: User): Promise<void> {
  const newest = async (kind: string) =>
    (await write.audit.newest({ kind, user: user.id, outcome: 'done' }, 1))[0]?.seq ?? -1;
  const added = await newest('factor.added');
  if (added < 0) return;
  const ended = [await newest('factor.removed'), await newest('mfa.reset'), await newest('mfa.reset-undone')];
  if (Math.max(...ended) > added) return;
  throw new Refusal(
    'store-corrupt',
    `the sign-in methods of ${user.id} are gone from the store; entry ${added} added one`,
    {
      hint: 'Nothing was set up. Tell your support desk; they keep the store as it is.',
    },
  );
}

/** The enrolling login is finished by it (B34); others that waited for an enrolment must begin again. */
async function finishLogin(desk: Desk, write: Writes, log: LogState, login: PortalLogin): Promise<PortalLogin> {
  for (const row of await write.portalSessions.ofUser(login.user.id)) {
    if (row.id !== login.session.sessionId && row.state !== 'done') await write.portalSessions.delete(row.id);
  }
  return moveOn(desk, write, log, login, { state: 'done', method: 'password+enrolment' });
}

const nothingBegun = (kind: string): Refusal =>
  new Refusal('invalid-input', 'there is no half-done set-up that this code could confirm', {
    hint: `Begin with: countersign portal mfa add ${kind}`,
  });

const wrongFirstCode = (kind: string): Refusal =>
  new Refusal('not-signed-in', 'the code is wrong, used or too old; the method is not set up yet', {
    hint: `Try the next code, or begin again with: countersign portal mfa add ${kind}`,
  });
