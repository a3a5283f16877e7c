/** What is known of the current call, and the parts that every screen has: title, clock, card of the caller, notes. */
import type { Desk, SignedOperator } from '../../desk.js';
import type { SoundingAlarm } from '../../procedures/calls/alarms.js';
import type { CallerAlerts } from '../../procedures/calls/caller-alerts.js';
import { beginCall, type CallNews, type LiveCall, noteOnCall } from '../../procedures/calls/live-calls.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import type { Approval } from '../../procedures/resets/decide-approval.js';
import type { ResetOutcome } from '../../procedures/resets/reset-factors.js';
import { customerRule } from '../../rules/customer-roles.js';
import { languageOf } from '../../rules/language.js';
import { type Permission, permits } from '../../rules/operator-roles.js';
import type { Account, CustomerRole, User } from '../../rules/people.js';
import type { Action } from '../../rules/policy.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { LiveChoice, LiveKey } from '../../terminal/live-contract.js';
import type { LiveScreen } from '../../terminal/live-screen.js';
import { HIDDEN, likePhrase } from '../../terminal/printable.js';
import type { Block, View } from '../../terminal/render.js';
import { shownToken } from '../ask.js';
import type { Context } from '../command.js';
import { block, two } from '../wording/results.js';
import { alarmLine, type ScreenKey, sayBlocks, type Words } from '../wording/words.js';
import type { Alphabet } from './spelled.js';
import { alertBlocks } from './verdict-view.js';

export type Care = 'set-up' | 'unlock' | 'resend' | 'undo';
export type Stage =
  | 'find'
  | 'who'
  | 'resume'
  | 'general'
  | 'request'
  | 'phrase'
  | 'verdict'
  | 'reset'
  | 'waiting'
  | 'requests'
  | 'hand-over'
  | Care
  | 'end'
  | 'left';

/** The next steps that the operator's role may take. Each step checks this again. */
export async function askNext(
  session: LiveSession,
  view: () => View,
  steps: readonly LiveChoice<Stage>[],
  overtaken?: () => Stage | undefined,
): Promise<Stage | undefined> {
  const { screen, words } = session;
  const allowed = steps.filter(({ value }) => value !== 'reset' || may(session, 'mfa:reset-with-grant'));
  const choices = [...allowed, ...careSteps(session)];
  return screen.choose<Stage>({ view, message: words('call.next'), choices, overtaken });
}

/** Shows something until a key leads back. */
export const tell = ({ screen, words }: LiveSession, view: () => View, back: ScreenKey) =>
  screen.choose({ view, message: words('call.go-on'), choices: [{ name: words(back), value: true }] });

const may = ({ desk, signed }: LiveSession, permission: Permission): boolean =>
  permits(desk.policy, signed.operator.role, permission);

/** What this caller or the last reset needs besides, with the same key on every screen (console-care.ts). */
export function careSteps(session: LiveSession): readonly LiveChoice<Stage>[] {
  const { account, alerts, call, caller, desk, done, verdict, words } = session;
  if (call?.state !== 'open' || account === null || caller === null || typeof caller === 'string') return [];
  const step = (value: Care, key: string, needs: Permission, applies: boolean | undefined) =>
    applies && may(session, needs) ? [{ name: words(`care.${value}`), value, key }] : [];
  const first = customerRule(desk.policy, account.edition, caller.role)?.firstPassphraseByDesk;
  const locked = alerts?.disabled || alerts?.lockedUntil != null || verdict?.tries?.lock !== undefined;
  // A code would use up the grant of a reset that waits.
  const granted = verdict?.grant != null && verdict.action.id === MFA_RESET && session.reset === null;
  const reset = done?.outcome === 'reset';
  return [
    ...step('set-up', 'p', 'passphrase:setup', first && verdict?.reason === 'no-passphrase'),
    ...step('unlock', 'l', 'user:unlock', locked),
    ...step('resend', 's', 'mfa:reset-with-grant', granted),
    ...step('resend', 's', 'mfa:reset-bulk', reset && done.enrolmentCode !== 'not-needed'),
    ...step('undo', 'u', 'job:undo', reset && !done.final),
  ];
}

export interface AskedReset {
  readonly target: User;
  readonly reason: string;
  readonly ticket: string | undefined;
}

export interface LiveSession {
  readonly context: Context;
  readonly desk: Desk;
  readonly screen: LiveScreen;
  /** Lines shown by F1. */
  readonly notes: readonly string[];
  signed: SignedOperator;
  /** Id of a call to resume first. */
  resuming: string | undefined;
  /** The number that is calling, to look for first. */
  from: string | undefined;
  /** The spelling alphabet of the config. */
  readonly spelling: Alphabet | undefined;
  /** In the language of the operator. */
  readonly words: Words;
  /** Null until the call has begun. */
  call: LiveCall | null;
  account: Account | null;
  /** Who is calling: a user, or the name given by somebody who is not on the list. */
  caller: User | string | null;
  action: Action | null;
  alerts: CallerAlerts | null;
  /** Ids of those whom this call has opened; each is in the log once (B83). */
  viewed: readonly string[];
  verdict: Verdict | null;
  /** The spelling alphabet chosen on this call. */
  alphabet: Alphabet | null;
  /** A reset that waits for a second operator, to be tried again unchanged. */
  reset: AskedReset | null;
  /** The last reset of this call, until another request begins. */
  done: ResetOutcome | null;
  /** Given before the call has begun. */
  ticket: string | null;
  /** The request for approval that it waits for. */
  request: string | null;
  /** Alarms that are on (B95). */
  sounding: readonly SoundingAlarm[];
  /** What waits for this operator to decide. */
  requests: readonly Approval[];
}

/** Of a call that has not begun. It is assigned after each call, so that nothing of it stays in memory. */
export const NOTHING_KNOWN = {
  call: null,
  account: null,
  caller: null,
  action: null,
  alerts: null,
  viewed: [],
  verdict: null,
  alphabet: null,
  reset: null,
  done: null,
  ticket: null,
  request: null,
} as const;

/** The console stays open for hours, so session, role and operator are checked again before each stage (B70, B71). */
export async function stillSignedIn(context: Context, desk: Desk): Promise<SignedOperator> {
  return authenticateOperator(desk, { ...(await shownToken(context)), access: 'verify', command: 'console' });
}

/** Saves what is known of the call; the first news begins it. */
export async function note(session: LiveSession, news: CallNews): Promise<LiveCall> {
  const { desk, signed, call, ticket } = session;
  session.call =
    call === null ? await beginCall(desk, signed, { ticket, ...news }) : await noteOnCall(desk, signed, call.id, news);
  return session.call;
}

/** The head of a screen: call id, operator and time since the call began. */
export function titleOf(session: LiveSession, text: string): View {
  const { call, signed, desk } = session;
  const { name } = signed.operator;
  if (call === null) return [block.title(text, name), block.blank];
  return [block.title(`${call.id} · ${text}`, `${name}  ${elapsed(desk.now() - call.openedAt)}`), block.blank];
}

/** `00:41`, `1:02:03`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  return `${hours === 0 ? '' : `${hours}:`}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** In the language of the caller, else of the company, else of the desk. */
export const heardWords = ({ words, account, caller, desk }: LiveSession): Words =>
  words.in(languageOf(account, typeof caller === 'string' ? null : caller, desk.language));

export const aloud = (session: LiveSession, key: ScreenKey): readonly Block[] =>
  sayBlocks(session.words, heardWords(session), key);

export const roleName = ({ words }: LiveSession, role: CustomerRole): string => words(`call.role-${role}`);

export function callerName({ caller, words }: LiveSession): string {
  if (caller === null) return '';
  return typeof caller === 'string' ? words('call.not-listed', { name: spoken(caller) }) : caller.name;
}

/** A name as the caller said it, unless it may be a phrase that was typed into the wrong box (B11). */
export const spoken = (text: string): string => (likePhrase(text) ? HIDDEN : text);

/** The known ones of company, caller and request, and the alerts to read before the phrase is asked (B76). */
export function card(session: LiveSession, more: readonly (readonly [string, string])[] = []): Block[] {
  const { account, caller, action, alerts, words } = session;
  const edition = account?.edition === 'classic' ? 'Classic' : 'X Series';
  const role =
    caller === null || typeof caller === 'string' ? '' : `, ${caller.login}, ${roleName(session, caller.role)}`;
  const rows = [
    [words('call.account'), account && `${account.name} (${account.number}), ${edition}`],
    [words('call.caller'), caller && `${callerName(session)}${role}`],
    [words('call.request'), action && words.term('actionTitle', action.title)],
    ...more,
  ] as const;
  const warnings = alerts === null ? [] : alertBlocks(alerts, words);
  return [...alarmLines(session), ...warnings, block.fields(...rows)];
}

/** On every screen, with what to do (B95). */
export const alarmLines = ({ sounding, words }: Pick<LiveSession, 'sounding' | 'words'>): Block[] => {
  const lines = sounding.map((one) => words('alerts.alarm-on', { alarm: alarmLine(one, words) }));
  return lines.length === 0 ? [] : [block.alerts(...lines, words('alerts.alarm-advice'))];
};

export const keyOf =
  ({ words }: LiveSession) =>
  <T>(value: T, keys: readonly string[], about: ScreenKey): LiveKey<T> => ({ keys, about: words(about), value });

export const endKey = (session: LiveSession): LiveKey<'end'> =>
  keyOf(session)('end', ['ctrl-e', 'f10'], 'call.key-end');

/** The ticket of the call, or of the one that begins next. */
export const ticketOf = ({ call, ticket }: LiveSession): string | null => (call === null ? ticket : call.ticket);
