/** The start of a call: find the caller by anything they say, or note a general question. */
import { callerAlerts } from '../../procedures/calls/caller-alerts.js';
import { answerGeneralQuestion } from '../../procedures/calls/live-calls.js';
import { openCall } from '../../procedures/calls/open-call.js';
import {
  accountsAsTyped,
  namesPerson,
  searchAccounts,
  searchUsers,
  usersAsTyped,
} from '../../procedures/directory/search-directory.js';
import { noteList } from '../../procedures/directory/see-people.js';
import { PAGES_IN_A_CALL, ROWS_IN_A_CALL } from '../../rules/directory-fields.js';
import { isExact } from '../../rules/directory-keys.js';
import type { Account } from '../../rules/people.js';
import type { LiveChoice } from '../../terminal/live-contract.js';
import { block } from '../wording/results.js';
import { decides, leaves, requestLines } from './console-lock.js';
import { goingOn, otherSteps, stageOfCall } from './console-request.js';
import {
  aloud,
  askNext,
  card,
  endKey,
  keyOf,
  type LiveSession,
  note,
  roleName,
  type Stage,
  spoken,
  titleOf,
} from './console-session.js';

const endStep = ({ words }: LiveSession): LiveChoice<Stage> => ({ name: words('call.end'), value: 'end', key: '9' });

/** One more than the nine of a page, to know whether there are more. */
const MOST = 10;
/** The most that turning the pages shows. */
export const ALL = ROWS_IN_A_CALL * PAGES_IN_A_CALL;

/** `account` null: no such company; `caller`: a text for somebody who is not on its list. */
type Found = Pick<LiveSession, 'account' | 'caller'>;
type Pressed = 'general' | 'resume' | 'requests' | 'end';

const generalKey = (session: LiveSession) => keyOf(session)('general' as const, ['f3', 'ctrl-g'], 'call.key-general');

/** One box for name, number, phone and e-mail. Esc ends the call if one has begun; otherwise it asks whether to leave the console. */
export async function findStage(session: LiveSession): Promise<Stage> {
  const begun = session.call !== null;
  const { words } = session;
  const key = keyOf(session);
  const asked = decides(session) ? [key('requests' as const, ['f6', 'ctrl-p'], 'call.key-requests')] : [];
  const resume = key('resume' as const, ['f5', 'ctrl-o'], 'call.key-resume');
  const view = () => [
    ...titleOf(session, begun ? words('find.who-else') : session.desk.name),
    ...(begun ? [] : requestLines(session)),
    block.lines(words('find.box')),
    ...(begun || session.notes.length === 0 ? [] : [block.blank, block.lines(...session.notes)]),
  ];
  const answer = await session.screen.search<Found | Pressed>({
    view,
    message: words('find.find'),
    initial: session.from === '' ? undefined : session.from,
    look: (text, thoroughly) => lookEverywhere(session, text, thoroughly),
    most: ALL,
    keys: [generalKey(session), ...(begun ? [endKey(session)] : [resume, ...asked])],
  });
  session.from = undefined;
  if (answer === undefined) return begun ? 'end' : (await leaves(session)) ? 'left' : 'find';
  return typeof answer === 'string' ? answer : opened(session, answer);
}

/** What the text names exactly comes first, people before companies; then companies, then people. */
async function lookEverywhere(session: LiveSession, text: string, thoroughly: boolean) {
  if (text === '') return [];
  const { desk, words } = session;
  const accounts = thoroughly
    ? (await searchAccounts(desk, text, { limit: ALL })).found
    : await accountsAsTyped(desk, text, MOST);
  const companies = accounts.map((account) => ({
    exact: isExact(text, account.number, account.name),
    name: [words('find.company'), account.number, account.name, '', ''],
    value: { account, caller: null },
  }));
  const people = (await peopleOf(session, text, thoroughly)).map(({ user, account }) => ({
    exact: namesPerson(text, { user, account }),
    name: [user.name, account.number, account.name, user.login, roleName(session, user.role)],
    value: { account, caller: user },
  }));
  const all = [
    ...[...people, ...companies].filter(({ exact }) => exact),
    ...[...companies, ...people].filter(({ exact }) => !exact),
  ];
  if (all.length > 0 || !thoroughly) return all;
  return [{ name: words('find.nobody'), value: { account: null, caller: null }, beside: true }];
}

/** The account is known; asks which of its people is calling. */
export async function whoStage(session: LiveSession): Promise<Stage> {
  const { account } = session;
  if (account === null) return 'find';
  const answer = await session.screen.search<Found | Pressed>({
    view: () => [
      ...titleOf(session, account.name),
      ...card({ ...session, caller: null, action: null, alerts: null }),
      ...aloud(session, 'aloud.ask-name'),
    ],
    message: session.words('find.who'),
    look: (text, thoroughly) => lookInside(session, account, text, thoroughly),
    most: ALL,
    keys: [generalKey(session), endKey(session)],
  });
  if (answer === undefined) return 'find';
  return typeof answer === 'string' ? answer : opened(session, answer);
}

/** A caller who is not on the list is asked for a phrase all the same, and so does not learn who is on it (B73). */
async function lookInside(session: LiveSession, account: Account, text: string, thoroughly: boolean) {
  if (text === '') return [];
  const found = await peopleOf(session, text, thoroughly, account);
  return [
    ...found.map(({ user }) => ({
      name: [user.name, user.login, roleName(session, user.role)],
      value: { account, caller: user },
    })),
    { name: [session.words('find.not-listed'), spoken(text), ''], value: { account, caller: text }, beside: true },
  ];
}

/** People of one company or of all: by the beginning of words, or all that there are. A list of more than a page is in the log (B83). */
export async function peopleOf({ desk, signed }: LiveSession, text: string, thoroughly: boolean, account?: Account) {
  if (!thoroughly) return usersAsTyped(desk, text, MOST, account);
  const { found } = await searchUsers(desk, text, { limit: ALL }, account);
  if (found.length >= MOST)
    await noteList(desk, signed, { list: 'console', text, account }, { people: 0, shown: found.length });
  return found;
}

async function opened(session: LiveSession, { account, caller }: Found): Promise<Stage> {
  Object.assign(session, { action: null, verdict: null, alerts: null, done: null });
  const user = typeof caller === 'string' ? null : caller;
  await note(session, { account, caller: user, opens: user !== null && !session.viewed.includes(user.id) });
  if (user !== null) session.viewed = [...session.viewed, user.id];
  Object.assign(session, { account, caller });
  if (account === null) return noCompany(session);
  return caller === null ? 'who' : 'request';
}

/**
 * Nobody can be verified, but the caller hears the same question and the same answers as anyone, and so does not learn who is a customer (B73).
 * What they say is compared with nothing, and dropped.
 */
async function noCompany(session: LiveSession): Promise<Stage> {
  const { sounding, signed, words } = session;
  const ours = sounding.some(({ scope, name }) => scope === 'desk' || name === signed.operator.name);
  const title = () => titleOf(session, words('find.not-listed-title'));
  const view = () => [...title(), ...aloud(session, 'aloud.ask-phrase')];
  const another: LiveChoice<Stage> = { name: words('call.look-for-another'), value: 'find' };
  const hear: LiveChoice<Stage> = { name: words('reset.hear-again'), value: 'phrase' };
  for (let again = !ours; ; again = false) {
    if ((await session.screen.phrase({ view, message: words('find.phrase'), keys: [] })) === undefined) return 'find';
    await note(session, { outcome: 'not-found' });
    const refused = () => [
      ...title(),
      again ? block.verdict(words('verdict.once-more'), 'warn') : block.verdict(words('verdict.refused'), 'bad'),
      ...aloud(session, again ? 'aloud.once-more' : 'aloud.neutral'),
      block.private(words('verdict.unknown')),
    ];
    const answer = await askNext(session, refused, [again ? hear : another, endStep(session)]);
    if (answer !== 'phrase') return answer ?? 'find';
  }
}

/** Looks up this caller's earlier failures with any operator, and recent changes (B76). */
export async function lookForAlerts(session: LiveSession): Promise<void> {
  const { desk, account, caller } = session;
  const [action] = desk.policy.actions;
  if (account === null || caller === null || action === undefined) return;
  const who = typeof caller === 'string' ? caller : caller.id;
  const call = await openCall(desk, { account: account.id, caller: who, action: action.id });
  session.alerts = await callerAlerts(desk, call, 0, session.signed.operator.id);
}

/** Anything that is not protected takes one key, and is logged (B06). */
export async function generalStage(session: LiveSession): Promise<Stage> {
  if (session.call === null && session.ticket !== null) await note(session, {});
  await answerGeneralQuestion(session.desk, session.signed, session.call?.id ?? null);
  const { words } = session;
  const view = () => [
    ...titleOf(session, words('find.general')),
    block.verdict(words('find.no-verification')),
    block.lines(words('find.answer-generally')),
  ];
  const back = stageOfCall(session);
  const outside = [
    { name: words('call.go-on'), value: back },
    { ...endStep(session), value: back },
  ];
  const inside = session.caller === null ? goingOn(session, back) : otherSteps(session);
  return (await askNext(session, view, session.call === null ? outside : inside)) ?? back;
}
