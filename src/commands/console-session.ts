/** What is known of the call on the screen, and the parts that every screen has: title, clock, card of the caller, notes. */
import type { Desk, SignedOperator } from '../desk.js';
import type { CallerAlerts } from '../procedures/caller-alerts.js';
import { beginCall, type CallNews, type LiveCall, noteOnCall } from '../procedures/live-calls.js';
import type { Verdict } from '../procedures/verify-caller.js';
import type { Account, User } from '../rules/people.js';
import type { Action } from '../rules/policy.js';
import type { LiveKey, LiveScreen } from '../terminal/live-contract.js';
import type { Block, View } from '../terminal/render.js';
import { alertLines } from './alerts-view.js';
import type { Context } from './command.js';

export type Stage =
  | 'find'
  | 'who'
  | 'resume'
  | 'general'
  | 'request'
  | 'phrase'
  | 'verdict'
  | 'reset'
  | 'hand-over'
  | 'end'
  | 'left';

interface Given {
  readonly context: Context;
  readonly desk: Desk;
  readonly screen: LiveScreen;
  /** Lines shown with F1. */
  readonly notes: readonly string[];
  readonly signed: SignedOperator;
  /** Id of a call to resume first. */
  readonly resuming: string | undefined;
}

export interface LiveSession extends Omit<Given, 'signed' | 'resuming'> {
  signed: SignedOperator;
  resuming: string | undefined;
  /** Null until the first thing was opened. */
  call: LiveCall | null;
  account: Account | null;
  /** Who is calling: a user, or the words of somebody who is on no list. */
  caller: User | string | null;
  action: Action | null;
  alerts: CallerAlerts | null;
  verdict: Verdict | null;
  /** What came of each request, for the note. */
  events: string[];
}

export function beginSession(given: Given): LiveSession {
  return { ...given, ...NOTHING_KNOWN, events: [] };
}

const NOTHING_KNOWN = { call: null, account: null, caller: null, action: null, alerts: null, verdict: null } as const;

/** The call is over: nothing of it is left in memory either. */
export function forget(session: LiveSession): void {
  Object.assign(session, NOTHING_KNOWN, { events: [] });
}

/** Writes down what is known by now; the first news begins the call. */
export async function note(session: LiveSession, news: CallNews): Promise<LiveCall> {
  const { desk, signed, call } = session;
  session.call = call === null ? await beginCall(desk, signed, news) : await noteOnCall(desk, signed, call.id, news);
  return session.call;
}

/** Title with call id, operator and time since the call began. */
export function titleOf(session: LiveSession, text: string): Block {
  const { call, signed, desk } = session;
  const clock = call === null ? '' : `  ${elapsed(desk.now() - call.openedAt)}`;
  return {
    kind: 'title',
    text: call === null ? text : `${call.id} · ${text}`,
    aside: `${signed.operator.name}${clock}`,
  };
}

/** `00:41`, `1:02:03`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (count: number) => String(count).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours === 0 ? '' : `${hours}:`}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export const roleName = (role: string): string => role.replace('-', ' ');

export function callerName(caller: User | string | null): string {
  if (caller === null) return '';
  return typeof caller === 'string' ? `"${caller}" (not on the list)` : caller.name;
}

/** Company, caller, request: whatever is known, and what to know before the phrase is asked (B76). */
export function card(session: LiveSession): Block[] {
  const { account, caller, action, alerts, desk } = session;
  const rows: (readonly [string, string])[] = [];
  for (const line of alerts === null ? [] : alertLines(alerts, desk.now())) rows.push(['Alert', line]);
  if (account !== null) rows.push(['Account', `${account.name} (${account.number}), ${editionName(account.edition)}`]);
  if (caller !== null) {
    const role = typeof caller === 'string' ? '' : `, ${caller.login}, ${roleName(caller.role)}`;
    rows.push(['Caller', `${callerName(caller)}${role}`]);
  }
  if (action !== null) rows.push(['Request', action.title]);
  return rows.length === 0 ? [] : [{ kind: 'fields', rows }];
}

const editionName = (edition: string): string => (edition === 'classic' ? 'Classic' : 'X Series');

export const NOTES_KEY: LiveKey<'notes'> = { keys: ['f1'], about: 'notes', value: 'notes' };

/** The notes of F1, until a key. */
export async function showNotes(session: LiveSession): Promise<void> {
  const lines = session.notes.length === 0 ? ['There are no notes. Give some with --notes FILE.'] : session.notes;
  const view = (): View => [titleOf(session, 'Notes'), { kind: 'blank' }, { kind: 'lines', lines }];
  await session.screen.choose({
    view,
    message: 'Go on',
    choices: [{ name: 'back to the call', value: true, key: '1' }],
  });
}
