/** Reads the secrets of a command by prompt or from one line of standard input; never from arguments or the environment (B11). */
import { Refusal } from '../errors.js';
import type { Context } from './command.js';

/** An existing secret, asked once. `option` is what a script gives instead. */
export async function askSecret(
  context: Context,
  fromStdin: boolean,
  option: string,
  message: string,
): Promise<string> {
  if (fromStdin) return context.files.readSecretLine(option);
  const prompts = await context.ask.prompts(option);
  return prompts.secret({ message });
}

/** A new secret, asked twice on a terminal: a typing mistake would lock its owner out. */
export async function askNewSecret(
  context: Context,
  fromStdin: boolean,
  option: string,
  message: string,
): Promise<string> {
  if (fromStdin) return context.files.readSecretLine(option);
  const prompts = await context.ask.prompts(option);
  const first = await prompts.secret({ message });
  const second = await prompts.secret({ message: 'Once more' });
  if (first !== second)
    throw new Refusal('invalid-input', 'you typed two different values', { hint: 'Nothing was changed. Start again.' });
  return first;
}

/** A one-time code, from an option or a prompt. */
export async function askCode(context: Context, given: string | undefined, message: string): Promise<string> {
  if (given !== undefined) return given;
  return (await context.ask.prompts('--code')).line({ message });
}
