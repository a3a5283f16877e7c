/**
 * A verdict in words: what to read aloud, and apart from it what only the operator may know. The neutral line is one and the same
 * for every reason that concerns the phrase, so that a caller learns nothing from it (B73).
 */

import { exitOf, isRefusal, Refusal } from '../../errors.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import { guidanceFor } from '../../rules/guidance.js';
import { iso } from '../../rules/moment.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { View } from '../../terminal/render.js';
import type { Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import { block } from '../wording/blocks.js';
import { localClock, localMinute, waitFrom } from '../wording/times.js';

const NEUTRAL = "I'm sorry, I can't complete this request on this call.";
/** The first mismatch of a call, whoever the caller is (E11, B73). */
const ONCE_MORE = 'I did not get that. Please say it once more, or spell it.';

/** The sentence to read to the caller. */
export function sayOf(verdict: Verdict): string {
  if (verdict.outcome === 'verified')
    return `Thank you, ${firstName(verdict.caller?.name ?? '')}. You are verified for this request.`;
  return verdict.again ? ONCE_MORE : NEUTRAL;
}

const firstName = (name: string): string => name.trim().split(/\s+/u)[0] ?? name;

export function guidanceOf(verdict: Verdict): readonly string[] {
  return verdict.reason === null ? [] : guidanceFor(verdict.reason, verdict.account.edition);
}

/** What scripts read, stable: a refusal adds the operator's reason and note, the guidance and the count of wrong answers. */
export function verdictDocument(verdict: Verdict, now: number) {
  const { account, caller, tries } = verdict;
  return {
    id: verdict.id,
    outcome: verdict.outcome,
    ...(verdict.reason === null ? {} : { reason: verdict.reason }),
    ...(verdict.reason === 'held' ? { heldUntil: iso(verdict.caller?.powerHeldUntil ?? null) } : {}),
    account: { id: account.id, number: account.number, name: account.name, edition: account.edition },
    caller: caller === null ? null : { id: caller.id, login: caller.login, name: caller.name, role: caller.role },
    action: verdict.action.id,
    ...(verdict.ticket === undefined ? {} : { ticket: verdict.ticket }),
    ...(verdict.grant === null ? {} : { grant: { id: verdict.grant.id, expiresAt: iso(verdict.grant.expiresAt) } }),
    say: sayOf(verdict),
    ...(verdict.reason === null ? {} : { note: operatorNote(verdict, now), guidance: guidanceOf(verdict) }),
    ...(verdict.again ? { again: true } : {}),
    ...(tries === null
      ? {}
      : { tries: { wrong: tries.wrong, lockAt: tries.lockAt, locked: tries.lock !== undefined } }),
  };
}

export function verdictView(verdict: Verdict, now: number): View {
  if (verdict.grant === null) return refusedView(verdict, now);
  const until = localClock(verdict.grant.expiresAt);
  const reset = verdict.action.id === MFA_RESET;
  return [
    block.title(`${verdict.caller?.name ?? ''} · ${verdict.account.name} (${verdict.account.number})`, verdict.id),
    block.verdict('VERIFIED'),
    block.say(sayOf(verdict)),
    block.fields(
      ['For', `${verdict.action.title} (${verdict.action.id})`],
      ['Grant', `${verdict.grant.id} until ${until}`],
    ),
    ...(reset ? [block.next(`countersign mfa reset ${verdict.account.number}/LOGIN --grant ${verdict.grant.id}`)] : []),
  ];
}

/** For the operator alone: why, and how many wrong answers there were (E11, E12). */
function operatorNote(verdict: Verdict, now: number): string {
  const { tries, caller, account } = verdict;
  if (tries === null) return whyNot(verdict);
  const { wrong, lockAt, lock } = tries;
  const count = wrong > lockAt ? `${wrong} wrong answers` : `${wrong} of ${lockAt} wrong answers`;
  if (lock === undefined) return `${whyNot(verdict)} ${count}.`;
  const wait = lock.kind === 'locked' ? `the next try is possible ${waitFrom(now)(lock.until)}` : 'until a lead acts';
  const lift = `A lead can end it: countersign user unlock ${account.number}/${caller?.login} --reason TEXT`;
  return `${whyNot(verdict)} ${count}: locked, ${wait}.${caller === null ? '' : ` ${lift}`}`;
}

/** A refusal for want of a passphrase means something else in each role (B12, B13, B15). */
function whyNot({ reason, caller, said, account }: Verdict): string {
  const role = caller?.role ?? null;
  if (reason === 'held')
    return `The phrase is right, but the role of the caller is new and waits until ${localMinute(caller?.powerHeldUntil ?? 0)}. The company's admins were told of it.`;
  if (reason === 'not-privileged')
    return 'The phrase is right, but neither role nor privileges of the caller cover this request.';
  if (reason === 'forgot')
    return 'The caller does not know the phrase. Nothing was compared. You can neither reveal nor set one here.';
  if (caller === null) return `There is no login "${said}" in ${account.number}.`;
  if (reason !== 'no-passphrase')
    return caller.disabledAt === null && account.disabledAt === null
      ? 'The phrase is wrong.'
      : 'The login or its company is switched off: no phrase verifies it.';
  if (role === 'secondary-admin')
    return "The caller has no passphrase. A secondary admin sets their own in the portal; the primary admin's does not verify them.";
  if (role === 'user') return 'The caller has no passphrase. A plain user cannot make protected requests.';
  return 'The caller has no passphrase yet. Nothing was compared.';
}

function refusedView(verdict: Verdict, now: number): View {
  const { again } = verdict;
  return [
    block.title(
      `${verdict.caller?.name ?? 'Caller'} · ${verdict.account.name} (${verdict.account.number})`,
      verdict.id,
    ),
    block.verdict(again ? 'ONCE MORE' : 'REFUSED', again ? 'warn' : 'bad'),
    block.say(sayOf(verdict)),
    block.private(operatorNote(verdict, now)),
    block.lines(...(again ? [] : ['What the caller can do, to read aloud:', ...numbered(verdict)])),
  ];
}

/** For a caller of a company that is not on the list. */
export const refusedUnknown = (): View => [
  block.verdict('REFUSED', 'bad'),
  block.say(NEUTRAL),
  block.private('No company or caller like this is on the list, so nobody could be verified.'),
];

const numbered = (verdict: Verdict) => guidanceOf(verdict).map((line, index) => `  ${index + 1}. ${line}`);

const MESSAGES = {
  'not-verified': 'the caller is not verified',
  'no-passphrase': 'the caller is not verified: there is no passphrase yet',
  forgot: 'the caller is not verified: the passphrase is forgotten',
  'not-privileged': 'the caller may not request this',
  held: 'the caller may not request this yet: the role is new',
} as const;

/** A verdict as the answer of a command; a negative one is exit 3 with the error document and the verification beside it. */
export function resultOf(verdict: Verdict, now: number, mayReset = true): Result {
  const verification = verdictDocument(verdict, now);
  // The reset is the next step only for a role that may take it.
  const view = verdictView(verdict, now).filter(({ kind }) => mayReset || kind !== 'next');
  if (verdict.reason === null) return { view, document: { verification } };
  const code = verdict.reason === 'not-privileged' || verdict.reason === 'held' ? 'not-privileged' : 'not-verified';
  const refusal = new Refusal(code, MESSAGES[verdict.reason], {
    hint: verdict.again ? `Say: "${ONCE_MORE}"` : guidanceOf(verdict).join(' '),
    also: { verification },
  });
  return { view, document: errorDocument(refusal), exit: exitOf(code) };
}

/** A caller who is locked hears the same neutral line as any other who is refused. */
export async function withNeutralLine(error: unknown, now: number): Promise<unknown> {
  if (!isRefusal(error) || error.code !== 'locked') return error;
  const { worded } = await import('../wording/worded.js');
  const { message, hint, also } = worded(error, 'desk', now);
  return new Refusal('locked', message, {
    hint: `Say: "${NEUTRAL}" ${hint ?? ''}`.trim(),
    also: { ...also, say: NEUTRAL },
  });
}
