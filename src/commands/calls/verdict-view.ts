/**
 * A verdict in words: what to read aloud, and apart from it what only the operator may know. The neutral line is one and the same
 * for every reason that concerns the phrase, so that a caller learns nothing from it (B73).
 */

import { exitOf, isRefusal, Refusal } from '../../errors.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import { type GuidanceReason, guidanceFor } from '../../rules/guidance.js';
import { iso } from '../../rules/moment.js';
import type { User } from '../../rules/people.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { View } from '../../terminal/render.js';
import type { Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import { localClock, localMinute } from '../wording/times.js';

const NEUTRAL = "I'm sorry, I can't complete this request on this call.";

/** The sentence to read to the caller. */
export function sayOf(verdict: Verdict): string {
  if (verdict.outcome === 'verified')
    return `Thank you, ${firstName(verdict.caller?.name ?? '')}. You are verified for this request.`;
  return NEUTRAL;
}

const firstName = (name: string): string => name.trim().split(/\s+/u)[0] ?? name;

export function guidanceOf(verdict: Verdict): readonly string[] {
  return verdict.reason === null ? [] : guidanceFor(verdict.reason, verdict.account.edition);
}

/** What scripts read, stable: a refusal adds the operator's reason and the guidance. */
export function verdictDocument(verdict: Verdict) {
  const { account, caller } = verdict;
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
    ...(verdict.reason === null ? {} : { guidance: guidanceOf(verdict) }),
  };
}

export function verdictView(verdict: Verdict): View {
  if (verdict.grant === null) return refusedView(verdict);
  const until = localClock(verdict.grant.expiresAt);
  const reset = verdict.action.id === MFA_RESET;
  return [
    {
      kind: 'title',
      text: `${verdict.caller?.name ?? ''} · ${verdict.account.name} (${verdict.account.number})`,
      aside: verdict.id,
    },
    { kind: 'verdict', verdict: 'VERIFIED', tone: 'good' },
    { kind: 'say', text: sayOf(verdict) },
    {
      kind: 'fields',
      rows: [
        ['For', `${verdict.action.title} (${verdict.action.id})`],
        ['Grant', `${verdict.grant.id} until ${until}`],
      ],
    },
    ...(reset
      ? [
          {
            kind: 'next',
            lines: [`countersign mfa reset ${verdict.account.number}/LOGIN --grant ${verdict.grant.id}`],
          } as const,
        ]
      : []),
  ];
}

/** For the operator alone: what a refusal for want of a passphrase means in this role (B12, B13, B15). */
function operatorNote(reason: GuidanceReason, caller: User | null): string {
  const role = caller?.role ?? null;
  if (reason === 'held')
    return `The phrase is right, but the role of the caller is new and waits until ${localMinute(caller?.powerHeldUntil ?? 0)}. The company's admins were told of it.`;
  if (reason === 'not-privileged')
    return 'The phrase is right, but neither role nor privileges of the caller cover this request.';
  if (reason === 'forgot')
    return 'The caller does not know the phrase. Nothing was compared. You can neither reveal nor set one here.';
  if (reason !== 'no-passphrase') return 'The phrase is wrong, or no such caller exists.';
  if (role === 'secondary-admin')
    return "The caller has no passphrase. A secondary admin sets their own in the portal; the primary admin's does not verify them.";
  if (role === 'user') return 'The caller has no passphrase. A plain user cannot make protected requests.';
  return 'The caller has no passphrase yet. Nothing was compared.';
}

function refusedView(verdict: Verdict): View {
  return [
    {
      kind: 'title',
      text: `${verdict.caller?.name ?? 'Caller'} · ${verdict.account.name} (${verdict.account.number})`,
      aside: verdict.id,
    },
    { kind: 'verdict', verdict: 'REFUSED', tone: 'bad' },
    { kind: 'say', text: sayOf(verdict) },
    { kind: 'private', text: operatorNote(verdict.reason ?? 'not-verified', verdict.caller) },
    {
      kind: 'lines',
      lines: [
        'What the caller can do, to read aloud:',
        ...guidanceOf(verdict).map((line, index) => `  ${index + 1}. ${line}`),
      ],
    },
  ];
}

/** For a caller of a company that is not on the list. */
export const refusedUnknown = (): View => [
  { kind: 'verdict', verdict: 'REFUSED', tone: 'bad' },
  { kind: 'say', text: NEUTRAL },
  { kind: 'private', text: 'No company or caller like this is on the list, so nobody could be verified.' },
];

const MESSAGES = {
  'not-verified': 'the caller is not verified',
  'no-passphrase': 'the caller is not verified: there is no passphrase yet',
  forgot: 'the caller is not verified: the passphrase is forgotten',
  'not-privileged': 'the caller may not request this',
  held: 'the caller may not request this yet: the role is new',
} as const;

/** A verdict as the answer of a command; a negative one is exit 3 with the error document and the verification beside it. */
export function resultOf(verdict: Verdict, mayReset = true): Result {
  const verification = verdictDocument(verdict);
  // The reset is the next step only for a role that may take it.
  const view = verdictView(verdict).filter(({ kind }) => mayReset || kind !== 'next');
  if (verdict.reason === null) return { view, document: { verification } };
  const code = verdict.reason === 'not-privileged' || verdict.reason === 'held' ? 'not-privileged' : 'not-verified';
  const refusal = new Refusal(code, MESSAGES[verdict.reason], {
    hint: guidanceOf(verdict).join(' '),
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
