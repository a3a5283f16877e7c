/**
 * Signing in, and giving a fresh code, at the place where they are missed: a command on a terminal asks and goes on, instead of ending
 * with "sign in first". Scripts are never asked.
 */
import { isRefusal, type Refusal } from '../../errors.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { refreshCode, signInOperator } from '../../procedures/operators/sign-in-operator.js';
import type { Context } from '../command.js';
import { worded } from '../wording/worded.js';
import { wordsOf } from '../wording/words.js';

const TRIES = 3;

/** Asks for name, password and code, and keeps the session. The last refusal is thrown. */
export async function signInHere(context: Context, why: Refusal): Promise<void> {
  say(context, why);
  const prompts = await context.ask.prompts('--operator');
  const words = wordsOf(context);
  const name = await prompts.line({ message: words('sign.operator'), default: context.house.userName });
  await trying(context, async () => {
    const password = await prompts.secret({ message: words('sign.password-of', { name }) });
    const code = () => prompts.line({ message: words('sign.app-code') });
    const { token } = await signInOperator(await context.desk(), { name, password, code });
    await context.sessions.write('operator', 'desk', token);
  });
}

/** Asks for a code of the authenticator app, for the session that is open. */
export async function giveCodeHere(context: Context, why: Refusal): Promise<void> {
  say(context, why);
  const prompts = await context.ask.prompts('--code');
  const desk = await context.desk();
  const token = await context.sessions.read('operator', 'desk');
  const message = wordsOf(context)('sign.app-code');
  await trying(context, async () => {
    const signed = await authenticateOperator(desk, { token, via: 'session', access: 'signed-in', command: 'login' });
    await refreshCode(desk, signed, await prompts.line({ message }));
  });
}

const say = (context: Context, why: Refusal): void =>
  context.notice(`countersign: ${worded(why, 'desk', wordsOf(context)).message}`);

/** A mistyped answer is asked for again; locked out is locked out. */
async function trying(context: Context, attempt: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRefusal(error) || error.because?.reason !== 'sign-in-wrong' || tried >= TRIES) throw error;
      say(context, error);
    }
  }
}
