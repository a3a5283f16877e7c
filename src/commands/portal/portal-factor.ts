/** The second factor of a portal login: a code given with the command, or exit 5 and the next step, after a code was sent (B43). */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { AnswerKind } from '../../procedures/codes/methods.js';
import { answerFactor } from '../../procedures/factors/answer-factor.js';
import { type FactorChoice, factorChoices, guessKind } from '../../procedures/factors/factor-choices.js';
import { sendLoginCode } from '../../procedures/factors/send-login-code.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import type { Context } from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';
import { optionsOf } from './portal-given.js';

/** Continues a login that waits for a code. Refusals: factor-needed without one, not-signed-in, locked. */
export async function passFactor(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  { factor, code }: { readonly factor?: AnswerKind | undefined; readonly code?: string | undefined },
): Promise<PortalLogin> {
  if (code !== undefined) {
    return answerFactor(desk, login, { kind: factor ?? (await guessKind(desk, login, code)), code });
  }
  const choices = await factorChoices(desk, login);
  const kind = factor ?? onlyKind(choices);
  const sentTo = kind === undefined ? undefined : await sendLoginCode(desk, login, kind);
  const words = wordsOf(context);
  const command = `countersign portal login ${optionsOf(whoOf(login))}`;
  const next =
    kind === undefined
      ? words('portal.say-which', { command: `${command} --factor NAME` })
      : words('portal.give-with', { command: `${command} --code CODE` });
  throw new Refusal('factor-needed', words('portal.code-needed', { to: sentTo }), {
    hint: choices.length === 0 ? words('portal.no-contact') : next,
    problems: choices.map((choice) => ({ message: `${choice.kind}: ${nameOf(choice, words)}` })),
    also: { login: { state: 'factor-needed', factors: choices, chosen: kind ?? null, codeSentTo: sentTo ?? null } },
  });
}

/** Backup codes are no method of their own beside another (B41). */
function onlyKind(choices: readonly FactorChoice[]): AnswerKind | undefined {
  const real = choices.filter(({ kind }) => kind !== 'backup');
  const [first, ...more] = real.length === 0 ? choices : real;
  return more.length === 0 ? first?.kind : undefined;
}

/** `E-mail to a…@example.com` */
const nameOf = ({ kind, to }: FactorChoice, words: Words): string =>
  to === undefined ? words.term('factorTitle', kind) : words('portal.method-to', { factorTitle: kind, to });
