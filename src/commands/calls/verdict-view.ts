/**
 * A verdict in words: what to read aloud, and apart from it what only the operator may know. The neutral line is one and the same
 * for every reason that concerns the phrase, so that a caller learns nothing from it (B73). `heard` are the words of the caller's language.
 */
import { exitOf, isRefusal, Refusal } from '../../errors.js';
import type { CallerAlerts } from '../../procedures/calls/caller-alerts.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import { guidanceFor } from '../../rules/guidance.js';
import { iso } from '../../rules/moment.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import { agoFrom, block, localClock, moments, pick } from '../wording/results.js';
import { sayBlocks, type Words } from '../wording/words.js';

/** The sentence to read to the caller; the first mismatch of a call is asked once more, whoever the caller is (E11, B73). */
const sayKeyOf = ({ outcome, again }: Verdict) =>
  outcome === 'verified' ? 'aloud.verified' : again ? 'aloud.once-more' : 'aloud.neutral';

/** Nobody is thanked by a guessed part of the name: "Dr.", "van" (E36). */
export const sayOf = (verdict: Verdict, heard: Words): string =>
  heard(sayKeyOf(verdict), { name: verdict.caller?.name ?? '' });

const guidanceOf = ({ reason, account }: Verdict, heard: Words): readonly string[] =>
  reason === null ? [] : guidanceFor(reason, account.edition).map((key) => heard.term('path', key));

/** What scripts read, stable: a refusal adds the operator's reason and note, the guidance and the count of wrong answers. */
export function verdictDocument(verdict: Verdict, words: Words, heard: Words) {
  const { account, caller, tries } = verdict;
  return {
    id: verdict.id,
    outcome: verdict.outcome,
    ...(verdict.reason === null ? {} : { reason: verdict.reason }),
    ...(verdict.reason === 'held' ? { heldUntil: iso(verdict.caller?.powerHeldUntil ?? null) } : {}),
    account: pick(account, 'id', 'number', 'name', 'edition'),
    caller: caller && pick(caller, 'id', 'login', 'name', 'role'),
    action: verdict.action.id,
    ...(verdict.ticket === undefined ? {} : { ticket: verdict.ticket }),
    ...(verdict.grant === null ? {} : { grant: { id: verdict.grant.id, expiresAt: iso(verdict.grant.expiresAt) } }),
    say: sayOf(verdict, heard),
    ...(verdict.reason === null ? {} : { note: operatorNote(verdict, words), guidance: guidanceOf(verdict, heard) }),
    ...(verdict.again ? { again: true } : {}),
    ...(tries === null
      ? {}
      : { tries: { wrong: tries.wrong, lockAt: tries.lockAt, locked: tries.lock !== undefined } }),
  };
}

/** `unlockKey`: a key of the screen lifts the lock, so no command is named. */
export function verdictView(verdict: Verdict, words: Words, heard: Words, unlockKey = false) {
  const { grant, account, action, caller, again } = verdict;
  const name = caller?.name ?? words('verdict.caller');
  const title = block.title(`${name} · ${account.name} (${account.number})`, verdict.id);
  const say = sayBlocks(words, heard, sayKeyOf(verdict), { name });
  const numbered = guidanceOf(verdict, heard).map((line, index) => `  ${index + 1}. ${line}`);
  if (grant === null)
    return [
      title,
      again ? block.verdict(words('verdict.once-more'), 'warn') : block.verdict(words('verdict.refused'), 'bad'),
      ...say,
      block.private(operatorNote(verdict, words, unlockKey)),
      block.lines(...(again ? [] : [words('verdict.can-do'), ...numbered])),
    ];
  const until = words('verdict.until', { grant: grant.id, clock: localClock(grant.expiresAt) });
  return [
    title,
    block.verdict(words('verdict.verified')),
    ...say,
    block.fields(
      [words('verdict.for'), `${words.term('actionTitle', action.title)} (${action.id})`],
      [words('verdict.grant'), until],
    ),
    ...(action.id === MFA_RESET
      ? [block.next(`countersign mfa reset ${account.number}/LOGIN --grant ${grant.id}`)]
      : []),
  ];
}

/** For the operator alone: why, and how many wrong answers there were (E11, E12). */
function operatorNote(verdict: Verdict, words: Words, unlockKey = false): string {
  const { tries, caller, account } = verdict;
  const why = whyNot(verdict, words);
  if (tries === null) return why;
  const { wrong, lockAt, lock } = tries;
  const until = lock?.kind === 'locked' ? lock.until : null;
  const count = words('verdict.tries', { over: String(wrong > lockAt), wrong, lockAt, lock: lock?.kind, until });
  if (lock === undefined || caller === null || unlockKey) return `${why} ${count}`;
  return `${why} ${count} ${words('verdict.unlock', { who: `${account.number}/${caller.login}` })}`;
}

/** A refusal for want of a passphrase means something else in each role (B12, B13, B15). */
function whyNot({ reason, caller, said, account }: Verdict, words: Words): string {
  if (reason === 'held') return words('verdict.why-held', { until: caller?.powerHeldUntil ?? 0 });
  if (reason === 'not-privileged') return words('verdict.why-not-privileged');
  if (reason === 'forgot' && caller !== null) return words('verdict.why-forgot');
  if (caller === null) return words('verdict.why-no-login', { said, account: account.number });
  if (reason !== 'no-passphrase')
    return caller.disabledAt === null && account.disabledAt === null
      ? words('verdict.why-wrong')
      : words('verdict.why-switched-off');
  if (caller.role === 'secondary-admin') return words('verdict.why-no-passphrase-secondary-admin');
  return words(caller.role === 'user' ? 'verdict.why-no-passphrase-user' : 'verdict.why-no-passphrase');
}

/** A verdict as the answer of a command; a negative one is exit 3 with the error document and the verification beside it. */
export function resultOf(verdict: Verdict, words: Words, heard: Words, mayReset = true): Result {
  const verification = verdictDocument(verdict, words, heard);
  // The reset is the next step only for a role that may take it.
  const view = verdictView(verdict, words, heard).filter(({ kind }) => mayReset || kind !== 'next');
  if (verdict.reason === null) return { view, document: { verification } };
  const code = verdict.reason === 'not-privileged' || verdict.reason === 'held' ? 'not-privileged' : 'not-verified';
  const refusal = new Refusal(code, words(`verdict.message-${verdict.reason}`), {
    hint: verdict.again ? words('verdict.say', { text: sayOf(verdict, heard) }) : guidanceOf(verdict, heard).join(' '),
    also: { verification },
  });
  return { view, document: errorDocument(refusal), exit: exitOf(code) };
}

/** A caller who is locked hears the same neutral line as any other who is refused. */
export async function withNeutralLine(error: unknown, words: Words, heard: Words): Promise<unknown> {
  if (!isRefusal(error) || error.code !== 'locked') return error;
  const { worded } = await import('../wording/worded.js');
  const { message, hint, also } = worded(error, 'desk', words);
  const say = heard('aloud.neutral');
  return new Refusal('locked', message, {
    hint: `${words('verdict.say', { text: say })} ${hint ?? ''}`.trim(),
    also: { ...also, say },
  });
}

export function alertLines(alerts: CallerAlerts, words: Words): readonly string[] {
  const { failures, failedOperators: operators, lookBackDays: days, lockedUntil: until } = alerts;
  const ago = (at: number | null) => agoFrom(words.now(), words.language)(at ?? 0) ?? words('alerts.just-now');
  const since = (key: 'alerts.passphrase-changed' | 'alerts.contact-changed' | 'alerts.reset', at: number | null) =>
    at === null ? [] : [words(key, { ago: ago(at) })];
  return [
    ...(failures > 0 ? [words('alerts.failures', { failures, operators, days, ago: ago(alerts.lastFailureAt) })] : []),
    ...(alerts.disabled ? [words('alerts.disabled')] : []),
    ...(until === null ? [] : [words('alerts.locked', { until })]),
    ...since('alerts.passphrase-changed', alerts.passphraseChangedAt),
    ...since('alerts.contact-changed', alerts.contactChangedAt),
    ...since('alerts.reset', alerts.resetAt),
    ...alerts.alsoWith.map((name) => words('alerts.also-with', { name })),
  ];
}

/** What scripts read (A11). */
export const alertsDocument = (alerts: CallerAlerts) => ({
  ...alerts,
  ...moments(alerts, 'lastFailureAt', 'lockedUntil', 'passphraseChangedAt', 'contactChangedAt', 'resetAt'),
});

/** Alerts on a caller in words, for the top of the screen before the phrase is asked (B76). */
export function alertBlocks(alerts: CallerAlerts, words: Words) {
  const lines = alertLines(alerts, words);
  return lines.length === 0 ? [] : [block.alerts(...lines)];
}
