/** The start of a call: find the caller by anything they say, note a general question, or resume a dropped call. */
import type { Desk } from '../../desk.js';
import { callerAlerts } from '../../procedures/calls/caller-alerts.js';
import { answerGeneralQuestion, resumeCall } from '../../procedures/calls/live-calls.js';
import { openCall } from '../../procedures/calls/open-call.js';
import { sharedContacts } from '../../procedures/directory/find-account.js';
import { accountsAsTyped, usersAsTyped } from '../../procedures/directory/find-as-typed.js';
import { searchAccounts, searchUsers } from '../../procedures/directory/search-directory.js';
import type { Account, User } from '../../rules/people.js';
import type { LiveChoice, LiveKey } from '../../terminal/live-contract.js';
import type { Block, View } from '../../terminal/render.js';
import {
  askNext,
  card,
  END_KEY,
  type LiveSession,
  note,
  notesKey,
  roleName,
  type Stage,
  showNotes,
  titleOf,
} from './console-session.js';
import { decides, requestLines } from './console-watch.js';

/** One more than the nine that are shown, to know whether there are more. */
const MOST = 10;

type Found =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'user'; readonly account: Account; readonly user: User }
  | { readonly kind: 'nobody'; readonly text: string };
type Pressed = 'general' | 'resume' | 'requests' | 'end' | 'notes';

const GENERAL: LiveKey<'general'> = { keys: ['f3', 'ctrl-g'], about: 'general question', value: 'general' };
const RESUME: LiveKey<'resume'> = { keys: ['f5', 'ctrl-o'], about: 'resume a call', value: 'resume' };

const REQUESTS: LiveKey<'requests'> = { keys: ['f6', 'ctrl-p'], about: 'requests', value: 'requests' };

/** One box for name, number, phone and e-mail. Esc leaves the console, or ends the call if one has begun. */
export async function findStage(session: LiveSession): Promise<Stage> {
  const begun = session.call !== null;
  const view = (): View => [
    titleOf(session, begun ? 'Who else?' : session.desk.name),
    { kind: 'blank' },
    ...(begun ? [] : requestLines(session)),
    { kind: 'lines', lines: ['Account number, company, name, login, phone or e-mail of the caller.'] },
  ];
  const answer = await session.screen.search<Found | Pressed>({
    view,
    message: 'Find',
    look: (text, thoroughly) => lookEverywhere(session, text, thoroughly),
    meanwhile: begun ? [] : session.notes,
    keys: [...notesKey(session), GENERAL, ...(begun ? [END_KEY] : [RESUME, ...(decides(session) ? [REQUESTS] : [])])],
  });
  if (answer === undefined) return begun ? 'end' : 'left';
  if (answer === 'notes') return stay(session, 'find');
  if (typeof answer === 'string') return answer;
  return opened(session, answer);
}

async function stay(session: LiveSession, stage: Stage): Promise<Stage> {
  await showNotes(session);
  return stage;
}

async function lookEverywhere(
  { desk }: LiveSession,
  text: string,
  thoroughly: boolean,
): Promise<readonly LiveChoice<Found>[]> {
  if (text === '') return [];
  const accounts = thoroughly ? (await searchAccounts(desk, text, 4)).found : await accountsAsTyped(desk, text, 4);
  const users = thoroughly ? (await searchUsers(desk, text, MOST)).found : await usersAsTyped(desk, text, MOST);
  return [
    ...accounts.map((account) => ({
      name: ['(company)', account.number, account.name, '', ''],
      value: { kind: 'account', account } as const,
    })),
    ...users.map(({ user, account }) => ({
      name: [user.name, account.number, account.name, user.login, roleName(user.role)],
      value: { kind: 'user', account, user } as const,
    })),
  ].slice(0, MOST);
}

/** The account is known; asks which of its people is calling. */
export async function whoStage(session: LiveSession): Promise<Stage> {
  const { account } = session;
  if (account === null) return 'find';
  const answer = await session.screen.search<Found | Pressed>({
    view: () => [titleOf(session, account.name), { kind: 'blank' }, ...card({ ...session, ...NO_CALLER }), ASK_NAME],
    message: 'Who is calling',
    look: (text, thoroughly) => lookInside(session, account, text, thoroughly),
    keys: [...notesKey(session), GENERAL, END_KEY],
  });
  if (answer === undefined) return 'find';
  if (answer === 'notes') return stay(session, 'who');
  if (typeof answer === 'string') return answer;
  return opened(session, answer);
}

const NO_CALLER = { caller: null, action: null, alerts: null } as const;
const ASK_NAME: Block = { kind: 'say', text: 'Who am I speaking to, please?' };

/** A caller who is not on the list is asked for a phrase all the same, and so does not learn who is on it (B73). */
async function lookInside(
  { desk }: LiveSession,
  account: Account,
  text: string,
  thoroughly: boolean,
): Promise<readonly LiveChoice<Found>[]> {
  if (text === '') return [];
  const found = await peopleOf({ desk, account, text, most: MOST, thoroughly });
  return [
    ...found.map(({ user }) => ({
      name: [user.name, user.login, roleName(user.role)],
      value: { kind: 'user', account, user } as const,
    })),
    { name: ['not on the list', text, ''], value: { kind: 'nobody', text }, key: '0', beside: true },
  ];
}

interface Wanted {
  readonly desk: Desk;
  readonly account: Account;
  readonly text: string;
  readonly most: number;
  readonly thoroughly: boolean;
}

/** People of one company: by the beginning of words, or anywhere in the text. */
export async function peopleOf({ desk, account, text, most, thoroughly }: Wanted) {
  return thoroughly ? (await searchUsers(desk, text, most, account)).found : usersAsTyped(desk, text, most, account);
}

async function opened(session: LiveSession, found: Found): Promise<Stage> {
  Object.assign(session, { action: null, verdict: null, alerts: null });
  if (found.kind === 'account') {
    await note(session, { account: found.account, caller: null });
    Object.assign(session, { account: found.account, caller: null });
    return 'who';
  }
  const account = found.kind === 'user' ? found.account : session.account;
  const user = found.kind === 'user' ? found.user : null;
  await noteCaller(session, account, user);
  Object.assign(session, { account, caller: user ?? (found.kind === 'nobody' ? found.text : null) });
  await lookForAlerts(session);
  return 'request';
}

async function noteCaller(session: LiveSession, account: Account | null, caller: User | null): Promise<void> {
  await note(session, { account, caller, opens: caller !== null && !session.viewed.includes(caller.id) });
  if (caller !== null) session.viewed = [...session.viewed, caller.id];
}

/** Looks up this caller's earlier failures with any operator, and recent changes (B76). */
export async function lookForAlerts(session: LiveSession): Promise<void> {
  const { desk, account, caller } = session;
  const [action] = desk.policy.actions;
  if (account === null || caller === null || action === undefined) return;
  const who = typeof caller === 'string' ? caller : caller.id;
  const call = await openCall(desk, { account: account.id, caller: who, action: action.id });
  const shared = call.caller === null ? 0 : await sharedContacts(desk, call.caller);
  session.alerts = await callerAlerts(desk, call, shared);
}

/** Anything that is not protected takes one key, and is logged (B06). */
export async function generalStage(session: LiveSession): Promise<Stage> {
  await answerGeneralQuestion(session.desk, session.signed, session.call?.id ?? null);
  session.events.push('general question, no verification needed');
  const view = (): View => [
    titleOf(session, 'General question'),
    { kind: 'blank' },
    { kind: 'verdict', verdict: 'NO VERIFICATION NEEDED', tone: 'good' },
    {
      kind: 'lines',
      lines: ['Answer it without any account data: nothing about the company, its people or its bills.'],
    },
  ];
  const answer = await askNext(session, view, [
    { name: 'another request by the same caller', value: session.caller === null ? 'find' : 'request' },
    { name: 'end the call', value: session.call === null ? 'find' : 'end', key: '9' },
  ]);
  return answer ?? (session.caller === null ? 'find' : 'request');
}

/** Resumes a call by the id that was read aloud, or given with --call. */
export async function resumeStage(session: LiveSession): Promise<Stage> {
  const given = session.resuming;
  session.resuming = undefined;
  const text =
    given ??
    (await session.screen.line({
      view: () => [
        titleOf(session, 'Resume a call'),
        { kind: 'blank' },
        { kind: 'lines', lines: ['Its id, such as call_7kq2mp. The caller must be verified again.'] },
      ],
      message: 'Call',
    }));
  if (text === undefined || text === '') return 'find';
  const call = await resumeCall(session.desk, session.signed, text);
  Object.assign(session, { call, account: call.account, caller: call.caller, action: null, verdict: null });
  session.viewed = call.caller === null ? [] : [call.caller.id];
  session.events.push('resumed');
  if (call.account === null) return 'find';
  if (call.caller === null) return 'who';
  await lookForAlerts(session);
  return 'request';
}
