/**
 * Codes that are sent to a contact on file, with their rows. They are issued and judged inside the write door, so that parallel
 * guesses cannot share one try (B43, factors/one-time-code). The store has a keyed digest; only the message has the code.
 */
import type { Desk, OneTimeCodeRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { SentFactor } from '../../factors/factor.js';
import {
  type CodeBinding,
  type CodeLimits,
  type CodeOutcome,
  type CodeState,
  digestedParts,
  issueCode,
  judgeCode,
} from '../../factors/one-time-code.js';
import { codeMessageOf } from '../../factors/registry.js';
import { hours, seconds } from '../../rules/duration.js';
import { iso } from '../../rules/moment.js';
import type { Owner } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { prepareMessage } from '../messages/queue-message.js';

export type NewCode = ReturnType<typeof newSentCode>;

/** Draws a code and composes its message; nothing is stored yet. */
export function newSentCode(
  desk: Desk,
  kind: SentFactor,
  { account, user }: Owner,
  about: {
    readonly purpose: 'login' | 'factor' | 'set-up' | 'contact-old' | 'contact-new';
    /** Of a code that is not for signing in: read out on the set-up call (B85), or good for another contact. */
    readonly template?: string;
    readonly factorId: string | null;
    /** From `contactOnFile`. */
    readonly to: string;
  },
) {
  const { digits, minutes } = desk.policy.limits.code;
  const code = kind.newCode((below) => desk.chance.int(below), digits);
  const binding: CodeBinding = { userId: user.id, purpose: about.purpose, factorId: about.factorId };
  const values = { login: user.login, code, minutes: String(minutes) };
  const id = desk.newId('inv');
  const message = prepareMessage(desk, {
    code: id,
    template: about.template ?? codeMessageOf(kind),
    to: about.to,
    account,
    user,
    // A text of one SMS has no room for names.
    values: kind.contact === 'phone' ? values : { ...values, name: user.name, account: account.name },
  });
  return { id, binding, digest: digestOf(desk, binding, code), message };
}

/**
 * True if the code sent a moment ago has arrived and can still be used. Then no other is sent: it would only give a guesser two
 * codes to hit, and a stranger could make somebody's phone ring at will.
 */
export async function sentJustNow(desk: Desk, kind: SentFactor, binding: CodeBinding): Promise<boolean> {
  const { resendSeconds, tries } = desk.policy.limits.code;
  const { factors, outbox } = desk.store.read;
  const code = await factors.newestCode(binding.userId, binding.purpose, binding.factorId ?? undefined);
  if (code === undefined || code.used_at !== null || code.tries >= tries) return false;
  if (desk.now() >= code.created_at + seconds(resendSeconds)) return false;
  return (await outbox.newestAbout(binding.userId, codeMessageOf(kind)))?.state === 'delivered';
}

const digestOf = (desk: Desk, binding: CodeBinding, code: string): string =>
  desk.digests.mac('mac/code', ...digestedParts(binding, code));

/**
 * Stores the code and queues its message; the tries of the code before it go on counting. Refusal `locked` while those are used
 * up, or after too many codes that nobody used: somebody has the password and not the phone, or only wants it to ring.
 */
export async function storeSentCode(inside: Inside, code: NewCode): Promise<void> {
  const { desk, write } = inside;
  const { binding, digest } = code;
  const now = desk.now();
  await requireWanted(inside, binding.userId, binding.purpose, now);
  const before = await write.factors.newestCode(binding.userId, binding.purpose, binding.factorId ?? undefined);
  const limits = desk.policy.limits.code;
  const issued = issueCode(before === undefined ? null : toState(before), { ...binding, digest, now, limits });
  if (issued.outcome === 'exhausted') {
    const until = issued.retryAt;
    throw refusal('locked', 'codes-guessed', { until }, 'wait-or-other-method', { also: { lockedUntil: iso(until) } });
  }
  const { state } = issued;
  await write.factors.insertCode({
    id: code.id,
    user_id: binding.userId,
    purpose: binding.purpose,
    factor_id: binding.factorId,
    digest,
    tries: state.tries,
    created_at: now,
    expires_at: state.expiresAt,
    used_at: null,
  });
  await write.outbox.insert([code.message]);
}

/** A code that waits in the outbox is no use to someone who is signing in, so they are told. Refusal `delivery-failed`. */
export async function requireSent(desk: Desk, messageId: string): Promise<void> {
  const { outbox } = desk.store.read;
  let row = await outbox.byId(messageId);
  // Not tried yet: the store was busy, or another login of this process is about to send it.
  if (row?.state === 'queued' && row.attempts === 0) {
    await deliverOutbox(desk, [messageId]);
    row = await outbox.byId(messageId);
  }
  const beingSent = row?.state === 'queued' && row.attempts > 0 && row.last_error === null;
  if (row?.state === 'delivered' || beingSent) return;
  throw refusal('delivery-failed', 'code-not-sent', {}, 'other-method-or-later');
}

/** Refusal `locked` while too many codes of this purpose were sent within an hour and not used. */
export async function requireWanted({ desk, write }: Inside, userId: string, purpose: string, now: number) {
  const unused = await write.factors.unusedCodesSince(userId, purpose, now - hours(1));
  const [oldest] = unused;
  if (oldest === undefined || unused.length < desk.policy.limits.code.unusedPerHour) return;
  const until = oldest.created_at + hours(1);
  throw refusal('locked', 'codes-unused', { until }, 'wait-or-other-method', { also: { lockedUntil: iso(until) } });
}

/** Judges what was typed against the newest code of this purpose and factor, and stores what follows from it. `keep`: as of `judgeRow`. */
export async function judgeSentCode(
  inside: Inside,
  kind: SentFactor,
  { typed, ...asked }: Pick<Judging, 'binding' | 'keep'> & { readonly typed: string },
): Promise<CodeOutcome | 'none'> {
  const { desk, write } = inside;
  const code = kind.readCode(typed, desk.policy.limits.code.digits);
  const { binding } = asked;
  const row = await write.factors.newestCode(binding.userId, binding.purpose, binding.factorId ?? undefined);
  if (row === undefined) return 'none';
  return judgeRow(inside, row, { ...asked, digestOfGiven: code === null ? null : digestOf(desk, binding, code) });
}

interface Judging {
  readonly binding: CodeBinding;
  readonly digestOfGiven: string | null;
  /** The policy's for short codes if left out. */
  readonly limits?: CodeLimits;
  /** A right code is not used up yet: it can be given again. */
  readonly keep?: boolean;
}

/** Judges one row, and stores the `used_at` and `tries` that follow from it. */
export async function judgeRow({ desk, write }: Inside, row: OneTimeCodeRow, asked: Judging): Promise<CodeOutcome> {
  const { outcome, state } = judgeCode(toState(row), {
    ...asked.binding,
    digestOfGiven: asked.digestOfGiven,
    now: desk.now(),
    limits: asked.limits ?? desk.policy.limits.code,
    equal: desk.digests.equal,
  });
  const kept = asked.keep === true && outcome === 'accepted';
  await write.factors.updateCode(row.id, { tries: state.tries, used_at: kept ? null : state.usedAt });
  return outcome;
}

const toState = (row: OneTimeCodeRow): CodeState => ({
  userId: row.user_id,
  purpose: row.purpose,
  factorId: row.factor_id,
  digest: row.digest,
  expiresAt: row.expires_at,
  tries: row.tries,
  usedAt: row.used_at,
});
