/**
 * The second step of a portal login: a generated code, one that was sent, or a backup code in place of any (B31, B41, B43).
 * The attempt is counted first; what may count only once (a time step, a backup code, a sent code) is decided by
 * compare-and-set inside the write door, so of several who bring the same code one gets in (T7).
 */
import type { Desk, FactorRow, LogState, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { readBackupCode } from '../../factors/backup-codes.js';
import type { GeneratedFactor, SentFactor } from '../../factors/factor.js';
import { factorKind, type Registered } from '../../factors/registry.js';
import { afterFactor } from '../../rules/mfa-login.js';
import type { AnswerKind } from '../codes/methods.js';
import { judgeSentCode } from '../codes/sent-codes.js';
import { userFactors } from '../codes/user-factors.js';
import { clearAttempt, type Subject, timeOf } from '../lock-outs.js';
import { currentLogin, ownerEntryBase, type PortalLogin, requireState } from '../portal/customer-login.js';
import { moveOn, openedEntry } from '../portal/open-session.js';
import { countPortalAttempt } from '../portal/portal-attempts.js';
import { backupCodeContext, factorContext } from '../seal-contexts.js';
import { activeFactor } from './factor-choices.js';

/** Redeems, inside the door, what was checked outside it; false where another was faster or it was wrong. */
type Redeem = (write: Writes, log: LogState) => Promise<boolean>;

/** Refusals: not-signed-in (wrong, used, too old: the same words), locked, factor-needed for another state. */
export async function answerFactor(
  desk: Desk,
  login: PortalLogin,
  answer: { readonly kind: AnswerKind; readonly code: string },
): Promise<PortalLogin> {
  requireState(login, ['factor-needed']);
  const { user } = login;
  const subject: Subject = `portal-code:${user.id}`;
  const detail = { session: login.session.sessionId, factor: answer.kind };
  const attempt = await countPortalAttempt(desk, subject, {
    ...ownerEntryBase(desk, user),
    kind: 'portal.code-started',
    detail,
  });
  const redeem = await check(desk, login, answer);
  const result = await desk.store.record<PortalLogin | null>(
    (moved) => ({
      ...ownerEntryBase(desk, user),
      ...(moved === null ? ({ kind: 'portal.code-refused', outcome: 'refused', detail } as const) : openedEntry(moved)),
    }),
    async (write, log) => {
      const current = await currentLogin(desk, write, log, login);
      requireState(current, ['factor-needed']);
      if (!(await redeem(write, log))) return null;
      await clearAttempt(desk, write, log, subject, attempt);
      const left = await userFactors(desk, write.factors, user.id);
      const state = afterFactor({
        factors: left.active.map((row) => row.kind),
        backupCodesLeft: left.backupCodesLeft,
        mustEnrolAfterLastBackup: left.owesFactor,
      });
      return moveOn(desk, write, log, current, { state, method: `password+${answer.kind}` });
    },
  );
  if (result === null) throw wrongCode();
  return result;
}

const wrongCode = (): Refusal =>
  new Refusal('not-signed-in', 'the code is wrong, used or too old', {
    hint: 'Try again with a new code; after five failures codes are locked for a while.',
  });

async function check(
  desk: Desk,
  login: PortalLogin,
  { kind, code }: { kind: AnswerKind; code: string },
): Promise<Redeem> {
  if (kind === 'backup') return checkBackupCode(desk, login, code);
  const method = factorKind(kind);
  switch (method.family) {
    case 'generated':
      return checkGenerated(desk, login, method, code);
    case 'sent':
      return checkSent(desk, login, method, code);
  }
}

async function checkSent(desk: Desk, login: PortalLogin, kind: Registered<SentFactor>, code: string): Promise<Redeem> {
  const factor = await activeFactor(desk, login, kind.id);
  const binding = { userId: login.user.id, purpose: 'login', factorId: factor.id };
  return async (write, log) => {
    if (!(await stillActive(write, login, factor.id))) return false;
    return (await judgeSentCode(desk, write, log, kind, { binding, typed: code })) === 'accepted';
  };
}

/** A user may have several apps; the code is one of any of them. */
async function checkGenerated(
  desk: Desk,
  login: PortalLogin,
  kind: Registered<GeneratedFactor>,
  code: string,
): Promise<Redeem> {
  const rows = (await desk.store.read.factors.ofUser(login.user.id)).filter(
    (row) => row.kind === kind.id && row.state === 'active',
  );
  for (const row of rows) {
    const step = await stepOf(desk, login, { kind, row, code });
    if (step === null) continue;
    return async (write, log) =>
      !timeOf(desk, log).behind && (await stillActive(write, login, row.id)) && write.factors.advanceStep(row.id, step);
  }
  return async () => false;
}

/** The time step whose code this is, or null. It counts only once the stored step was moved to it. */
export async function stepOf(
  desk: Desk,
  { user }: PortalLogin,
  { kind, row, code }: { readonly kind: GeneratedFactor; readonly row: FactorRow; readonly code: string },
): Promise<number | null> {
  const result = await kind.check({
    secret: desk.vault.openText('seal/factor', factorContext(user, row.id), row.secret ?? ''),
    code,
    now: desk.now(),
    lastStep: row.last_step,
    settings: desk.policy.limits.totp,
    hmacSha1: desk.digests.hmacSha1,
    equal: desk.digests.equal,
  });
  return result.ok ? result.step : null;
}

/** One hash for the slot that was named; the same work where there is none. */
async function checkBackupCode(desk: Desk, { user }: PortalLogin, code: string): Promise<Redeem> {
  const typed = readBackupCode(code);
  const rows = await desk.store.read.factors.backupCodes(user.id);
  const row = rows.find((candidate) => candidate.slot === typed?.slot && candidate.state === 'active');
  const place = backupCodeContext(user, row?.id ?? 'nobody');
  const { matches } = await desk.secrets.check(
    'code',
    'seal/backup-code',
    place,
    row?.verifier ?? null,
    typed?.secret ?? '',
  );
  if (!matches || row === undefined) return async () => false;
  return async (write, log) => write.factors.useBackupCode(row.id, timeOf(desk, log).now);
}

async function stillActive(write: Writes, { user }: PortalLogin, factorId: string): Promise<boolean> {
  const rows = await write.factors.ofUser(user.id);
  return rows.some((row) => row.id === factorId && row.state === 'active');
}
