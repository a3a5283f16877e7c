/** What a call needs besides: the first passphrase (B13), an unlock (B76), the code of a reset again (B89), a reset taken back (B61). */
import { Refusal } from '../../errors.js';
import { unlockCaller } from '../../procedures/directory/unlock-caller.js';
import { type SetUp, sendSetUpCode, setUpPassphrase } from '../../procedures/passphrases/set-up-passphrase.js';
import { resendCode } from '../../procedures/resets/resend-code.js';
import { UNDOING, undoResets } from '../../procedures/resets/undo-reset.js';
import { matchForm } from '../../rules/spoken-form.js';
import type { View } from '../../terminal/render.js';
import { undoneOf, undoView } from '../resets/job-view.js';
import { resentResult } from '../resets/mfa-resend.js';
import { block } from '../wording/results.js';
import type { ScreenKey } from '../wording/words.js';
import { showDone } from './console-request.js';
import { askTarget, giveFreshCode } from './console-reset.js';
import { aloud, type Care, card, heardWords, type LiveSession, titleOf } from './console-session.js';
import { wordsIn } from './spelled.js';

/** `noted`: a term for the note of the call, if anything was done. */
type Cared = { readonly noted?: string | undefined; readonly shown: View } | undefined;

/** Shows what was done, then goes on with the call. */
const careStage = (care: Care, does: (session: LiveSession, owner: SetUp) => Promise<Cared>) => {
  return async (session: LiveSession) => {
    const { account, caller, verdict } = session;
    if (account === null || caller === null || typeof caller === 'string') return 'request';
    const done = await does(session, { account, user: caller });
    if (done === undefined) return verdict === null ? 'request' : 'verdict';
    const view = () => [...titleOf(session, session.words(`care.${care}`)), ...done.shown];
    return showDone(session, done.noted === undefined ? null : { outcome: done.noted }, view);
  };
};

const askReason = (session: LiveSession, care: Care): Promise<string | undefined> => {
  const view = () => [...titleOf(session, session.words(`care.${care}`)), ...card(session)];
  return session.screen.line({ view, message: session.words('reset.reason'), prose: true });
};

async function unlock(session: LiveSession, owner: SetUp): Promise<Cared> {
  const reason = await askReason(session, 'unlock');
  if (reason === undefined) return undefined;
  await unlockCaller(session.desk, session.signed, owner, reason);
  Object.assign(session, { verdict: null, alerts: null });
  return { noted: 'unlocked', shown: [block.verdict(session.words('care.unlocked'))] };
}

/** For whom this call has reset; under a fresh grant for anybody whom it covers. */
async function resend(session: LiveSession, { account }: SetUp): Promise<Cared> {
  const { desk, done, signed, verdict, words } = session;
  const user = done?.target ?? (await askTarget(session));
  if (user === undefined) return undefined;
  const resent = await resendCode(desk, signed, { account, user }, verdict?.grant?.id);
  const sent = resent.outcome === 'sent';
  // A grant is used up by a code.
  if (sent) session.verdict = null;
  // Sent is what a server took.
  const noted = sent ? (resent.state === 'delivered' ? 'resent' : 'resent-waits') : undefined;
  return { noted, shown: resentResult([resent], words, heardWords(session)).view };
}

async function undo(session: LiveSession): Promise<Cared> {
  const { desk, done, words } = session;
  if (done === null || !(await giveFreshCode(session, UNDOING))) return undefined;
  const reason = await askReason(session, 'undo');
  if (reason === undefined) return undefined;
  const outcomes = await undoResets(desk, session.signed, { id: done.id, line: undefined, reason });
  session.done = null;
  return { noted: 'undone', shown: undoView(undoneOf(outcomes), words) };
}

/** Enter sends the code to the address on file; whoever reads it out says the phrase twice, because it is typed blind (B85). */
async function setUp(session: LiveSession, owner: SetUp): Promise<Cared> {
  const { desk, screen, signed, words } = session;
  const view = (...below: View) => [...titleOf(session, words('care.set-up')), ...card(session), ...below];
  const hear = async (say: ScreenKey): Promise<string> => {
    const asked = { view: () => view(...aloud(session, say)), message: words('phrase.phrase') };
    const heard = await screen.phrase({ ...asked, counted: (line) => wordsIn(line, words), keys: [] });
    if (heard !== undefined && 'text' in heard && heard.text !== '') return heard.text;
    throw new Refusal('invalid-input', words('care.no-phrase'), { hint: words('ask.different-next') });
  };
  const phrase = async (): Promise<string> => {
    const first = await hear('aloud.choose-phrase');
    if (matchForm(first) === matchForm(await hear('aloud.phrase-again'))) return first;
    throw new Refusal('invalid-input', words('ask.different'), { hint: words('ask.different-next') });
  };
  for (let sent: View = []; ; ) {
    const code = await screen.line({ view: () => view(...sent), message: words('care.code') });
    if (code === undefined) return undefined;
    if (code !== '') {
      await setUpPassphrase(desk, signed, owner, { code, phrase });
      session.verdict = null;
      return { noted: 'set-up', shown: [block.verdict(words('care.is-set')), ...aloud(session, 'aloud.set-up')] };
    }
    const { sentTo: to, state } = await sendSetUpCode(desk, signed, owner);
    const where = words(state === 'delivered' ? 'care.code-sent' : 'care.code-waits', { to });
    sent = [...aloud(session, 'aloud.read-code'), block.lines(where)];
  }
}

export const CARE_STAGES = {
  'set-up': careStage('set-up', setUp),
  unlock: careStage('unlock', unlock),
  resend: careStage('resend', resend),
  undo: careStage('undo', undo),
};
