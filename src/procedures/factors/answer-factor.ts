/**
 * The second step of a portal login: a generated code, a sent code, or a backup code in place of either (B31, B41,
 * B43). The attempt is counted first. What may count only once (a time step, a backup code, a sent code) is decided by
 * compare-and-set inside the write door, so if several bring the same code, only one gets in (T7).
 */
import type { Desk, FactorRow, Reads } from '../../desk.js';
import { refusal } from '../../errors.js';
import { readBackupCode } from '../../factors/backup-codes.js';
import type { ChallengedFactor, GeneratedFactor, SentFactor, Site } from '../../factors/factor.js';
import { factorKind, type Registered } from '../../factors/registry.js';
import { afterFactor } from '../../rules/mfa-login.js';
import type { Owner } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import type { AnswerKind } from '../codes/methods.js';
import { judgeSentCode } from '../codes/sent-codes.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { moveOn, openedEntry } from '../portal/open-session.js';
import { countOwnerAttempt } from '../portal/portal-attempts.js';
import { backupCodeContext, factorContext } from '../seal-contexts.js';
import { CHALLENGES, type InBrowser, type IsChallenge, keysOf, siteFor, takeChallenge } from './challenges.js';
import { ANSWERING, activeFactor } from './factor-choices.js';

/** Uses up, inside the door, what was checked outside it; false if another login was faster or the code was wrong, or why for the log. */
type Redeem = (inside: Inside) => Promise<boolean | string>;

interface Answer extends InBrowser {
  readonly kind: AnswerKind;
  /** As typed; of a passkey, what the browser says. */
  readonly code: string;
}

/** Refusals: not-signed-in (wrong, used or too old, in the same words), locked, factor-needed if the login is in another state, or needs a browser. */
export async function answerFactor(desk: Desk, login: PortalLogin, answer: Answer): Promise<PortalLogin> {
  const detail = { session: login.session.sessionId, factor: answer.kind };
  const started = { kind: 'portal.code-started', subject: `portal-code:${login.user.id}`, detail } as const;
  const site = siteFor(desk, answer.kind, answer);
  let isChallenge: IsChallenge = () => false;
  const right = await countOwnerAttempt(desk, login, { ...ANSWERING, sendLater: true }, started, async (acting) => {
    if (site !== null) isChallenge = await takeChallenge(acting, 'login');
  });
  const redeem = await check(desk, login, answer, { site, isChallenge });
  const result = await actAsOwner<'login', PortalLogin | { readonly why?: string }>(desk, login, ANSWERING, {
    entry: (moved) =>
      'session' in moved
        ? openedEntry(moved)
        : { kind: 'portal.code-refused', outcome: 'refused', detail: { ...detail, ...moved } },
    change: async (acting) => {
      const used = await redeem(acting);
      if (used !== true) return used === false ? {} : { why: used };
      await right(acting.write);
      const left = await userFactors(desk, acting.write.factors, login.user.id);
      const { backupCodesLeft, owesFactor: mustEnrolAfterLastBackup } = left;
      const factors = left.active.map(({ kind }) => kind);
      const state = afterFactor({ factors, backupCodesLeft, mustEnrolAfterLastBackup });
      return moveOn(acting, { state, method: `password+${answer.kind}` });
    },
  });
  if ('session' in result) return result;
  const facts = { failures: desk.policy.limits.throttle.lockFromFailure };
  throw refusal('not-signed-in', 'code-wrong', facts, 'retry-code');
}

export type Asked = { readonly site: Site | null; readonly isChallenge: IsChallenge };

async function check(desk: Desk, owner: PortalLogin, { kind, code }: Answer, asked: Asked): Promise<Redeem> {
  if (kind === 'backup') return checkBackupCode(desk, owner, code);
  const method = factorKind(kind);
  switch (method.family) {
    case 'generated':
      return checkGenerated(desk, owner, method, code);
    case 'sent':
      return checkSent(desk, owner, method, code);
    case 'challenged':
      return checkSigned(desk, owner, method, { ...asked, answer: code });
  }
}

/** By a key of this user's that is the one that signed. A counter that did not go forward is that of a copy. */
async function checkSigned(
  desk: Desk,
  owner: PortalLogin,
  kind: Registered<ChallengedFactor>,
  { site, ...asked }: Asked & { readonly answer: string },
): Promise<Redeem> {
  let why = 'other key';
  if (site === null) return async () => false;
  for (const { row, secret } of await keysOf(desk, owner, kind)) {
    const result = await kind.check({ ...asked, site, secret });
    if (!result.ok) {
      if (result.why !== 'other key') why = result.why;
      continue;
    }
    return async (inside) => {
      const now = (await inside.write.factors.ofUser(owner.user.id)).find(({ id }) => id === row.id);
      if (now?.state !== 'active') return false;
      const counts = result.counter > 0 || (now.last_step ?? 0) > 0;
      if (counts && !(await inside.write.factors.advanceStep(row.id, result.counter))) return 'counter went back';
      await inside.write.factors.deleteCodes(owner.user.id, [CHALLENGES]);
      return true;
    };
  }
  return async () => why;
}

async function checkSent(desk: Desk, owner: Owner, kind: Registered<SentFactor>, typed: string): Promise<Redeem> {
  const factor = await activeFactor(desk, owner, kind.id);
  const binding = { userId: owner.user.id, purpose: 'login', factorId: factor.id };
  return async (inside) => {
    if (!(await isActive(inside.write, owner, factor.id))) return false;
    return (await judgeSentCode(inside, kind, { binding, typed })) === 'accepted';
  };
}

/** A user may have several apps; the code may come from any of them. */
async function checkGenerated(desk: Desk, owner: Owner, kind: GeneratedFactor, code: string): Promise<Redeem> {
  const all = await desk.store.read.factors.ofUser(owner.user.id);
  const rows = all.filter((row) => row.kind === kind.id && row.state === 'active');
  for (const row of rows) {
    const step = await stepOf(desk, owner, { kind, row, code });
    if (step === null) continue;
    return async ({ write }) => (await isActive(write, owner, row.id)) && write.factors.advanceStep(row.id, step);
  }
  return async () => false;
}

/** The time step that this code belongs to, or null. It counts only once the stored step was moved to it. */
export async function stepOf(desk: Desk, owner: Owner, of: { kind: GeneratedFactor; row: FactorRow; code: string }) {
  const { kind, row, code } = of;
  const now = desk.clock.codeTime();
  if (now === null) return null;
  const secret = desk.vault.openText('seal/factor', factorContext(owner.user, row.id), row.secret ?? '');
  const { hmacSha1, equal } = desk.digests;
  const settings = desk.policy.limits.totp;
  const result = await kind.check({ secret, code, now, lastStep: row.last_step, settings, hmacSha1, equal });
  return result.ok ? result.step : null;
}

/** Hashes once for the slot that was named, and does the same work if there is no such slot. */
async function checkBackupCode(desk: Desk, { user }: Owner, code: string): Promise<Redeem> {
  const typed = readBackupCode(code);
  const rows = await desk.store.read.factors.backupCodes(user.id);
  const row = rows.find((candidate) => candidate.slot === typed?.slot && candidate.state === 'active');
  const place = backupCodeContext(user, row?.id ?? 'nobody');
  const sealed = row?.verifier ?? null;
  const { matches } = await desk.secrets.check('code', 'seal/backup-code', place, sealed, typed?.secret ?? '');
  if (!matches || row === undefined) return async () => false;
  return async ({ write }) => write.factors.useBackupCode(row.id, desk.now());
}

async function isActive({ factors }: Pick<Reads, 'factors'>, { user }: Owner, factorId: string): Promise<boolean> {
  return (await factors.ofUser(user.id)).some((row) => row.id === factorId && row.state === 'active');
}
