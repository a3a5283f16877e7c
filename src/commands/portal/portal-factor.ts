/** Asks for a second factor at a portal login: which method, then the code. A script gets exit 5 and the next step instead. */
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import { type AnswerKind, questionOf } from '../../procedures/codes/methods.js';
import { answerFactor } from '../../procedures/factors/answer-factor.js';
import { type FactorChoice, factorChoices, guessKind } from '../../procedures/factors/factor-choices.js';
import { sendLoginCode } from '../../procedures/factors/send-login-code.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import type { Context } from '../command.js';
import { optionsOf } from './portal-given.js';

export interface FactorGiven {
  readonly factor?: AnswerKind | undefined;
  readonly code?: string | undefined;
}

/** A mistyped code need not end the login; the lock-out still counts each try. */
const ASKED_AT_MOST = 3;

/** Continues a login that waits for a code. Refusals: factor-needed if nobody can be asked, not-signed-in, locked. */
export async function passFactor(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  given: FactorGiven,
): Promise<PortalLogin> {
  if (given.code !== undefined) {
    const kind = given.factor ?? (await guessKind(desk, login, given.code));
    return answerFactor(desk, login, { kind, code: given.code });
  }
  const choices = await factorChoices(desk, login);
  const kind = given.factor ?? (await chooseKind(context, choices));
  if (kind === undefined) throw factorNeeded(login, choices, undefined);
  const sentTo = await sendLoginCode(desk, login, kind);
  if (!context.ask.possible) throw factorNeeded(login, choices, { kind, sentTo });
  if (sentTo !== undefined) context.notice(`A code was sent to ${sentTo}.`);
  return askCodes(context, (code) => answerFactor(desk, login, { kind, code }), questionOf(kind));
}

/** Asks again after a wrong code. */
export async function askCodes<T>(context: Context, answer: (code: string) => Promise<T>, message: string): Promise<T> {
  const prompts = await context.ask.prompts('--code');
  for (let asked = 1; ; asked += 1) {
    try {
      return await answer(await prompts.line({ message }));
    } catch (error) {
      if (!isRefusal(error) || error.code !== 'not-signed-in' || asked >= ASKED_AT_MOST) throw error;
      const { worded } = await import('../wording/worded.js');
      context.notice(`countersign: ${worded(error, 'customer', context.house.now()).message}`);
    }
  }
}

/** The only method, or the one the person chooses; undefined if nobody can choose. */
async function chooseKind(context: Context, choices: readonly FactorChoice[]): Promise<AnswerKind | undefined> {
  const [first, ...more] = choices;
  if (first === undefined || (more.length > 0 && !context.ask.possible)) {
    const real = choices.filter((choice) => choice.kind !== 'backup');
    return real.length === 1 ? real[0]?.kind : undefined;
  }
  if (more.length === 0) return first.kind;
  const prompts = await context.ask.prompts('--factor');
  return prompts.choose({
    message: 'Sign in with',
    choices: choices.map(({ kind, title, to }) => ({
      name: to === undefined ? title : `${title} to ${to}`,
      value: kind,
    })),
  });
}

function factorNeeded(
  login: PortalLogin,
  choices: readonly FactorChoice[],
  chosen: { readonly kind: AnswerKind; readonly sentTo: string | undefined } | undefined,
): Refusal {
  const sent = chosen?.sentTo === undefined ? '' : `; one was sent to ${chosen.sentTo}`;
  return new Refusal('factor-needed', `a code is needed to sign in${sent}`, {
    hint: nextStep(optionsOf(whoOf(login)), choices, chosen !== undefined),
    problems: choices.map(({ kind, title, to }) => ({
      message: `${kind}: ${title}${to === undefined ? '' : ` to ${to}`}`,
    })),
    also: {
      login: {
        state: 'factor-needed',
        factors: choices,
        chosen: chosen?.kind ?? null,
        codeSentTo: chosen?.sentTo ?? null,
      },
    },
  });
}

function nextStep(who: string, choices: readonly FactorChoice[], chosen: boolean): string {
  if (choices.length === 0) return 'None of your methods has a contact on file any more. Call your support desk.';
  return chosen
    ? `Give it with: countersign portal login ${who} --code CODE`
    : `Say which: countersign portal login ${who} --factor NAME`;
}
