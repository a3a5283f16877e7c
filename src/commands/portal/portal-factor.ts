/** Asks for a second factor at a portal login: which method, then the code. A script gets exit 5 and the next step instead. */
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import type { AnswerKind } from '../../procedures/codes/methods.js';
import { answerFactor } from '../../procedures/factors/answer-factor.js';
import { type FactorChoice, factorChoices, guessKind } from '../../procedures/factors/factor-choices.js';
import { sendLoginCode } from '../../procedures/factors/send-login-code.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import type { Context } from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';
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
  const words = wordsOf(context);
  const choices = await factorChoices(desk, login);
  const kind = given.factor ?? (await chooseKind(context, choices));
  if (kind === undefined) throw factorNeeded(context, login, choices, undefined);
  const sentTo = await sendLoginCode(desk, login, kind);
  if (!context.ask.possible) throw factorNeeded(context, login, choices, { kind, sentTo });
  if (sentTo !== undefined) context.notice(words('portal.code-sent', { to: sentTo }));
  return askCodes(context, (code) => answerFactor(desk, login, { kind, code }), words('portal.question', { kind }));
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
      context.notice(`countersign: ${worded(error, 'customer', wordsOf(context)).message}`);
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
  const words = wordsOf(context);
  const prompts = await context.ask.prompts('--factor');
  return prompts.choose({
    message: words('portal.sign-in-with'),
    choices: choices.map((choice) => ({ name: nameOf(choice, words), value: choice.kind })),
  });
}

/** `E-mail to a…@example.com` */
const nameOf = ({ kind, to }: FactorChoice, words: Words): string =>
  to === undefined ? words.term('factorTitle', kind) : words('portal.method-to', { factorTitle: kind, to });

function factorNeeded(
  context: Context,
  login: PortalLogin,
  choices: readonly FactorChoice[],
  chosen: { readonly kind: AnswerKind; readonly sentTo: string | undefined } | undefined,
): Refusal {
  const words = wordsOf(context);
  const command = `countersign portal login ${optionsOf(whoOf(login))}`;
  const next =
    chosen === undefined
      ? words('portal.say-which', { command: `${command} --factor NAME` })
      : words('portal.give-with', { command: `${command} --code CODE` });
  return new Refusal('factor-needed', words('portal.code-needed', { to: chosen?.sentTo }), {
    hint: choices.length === 0 ? words('portal.no-contact') : next,
    problems: choices.map((choice) => ({ message: `${choice.kind}: ${nameOf(choice, words)}` })),
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
