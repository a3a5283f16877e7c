/** Reads the secrets of a command by prompt or from one line of standard input; never from arguments or the environment (B11). */
import { Refusal, refusal } from '../errors.js';
import type { Context } from './command.js';
import { wordsOf } from './wording/words.js';

const MOST_BYTES = 4096;

/** An existing secret, asked once. `option` is what a script gives instead. */
export async function askSecret(context: Context, fromStdin: boolean, option: string, message: string) {
  if (fromStdin) return context.files.readSecretLine(option);
  const prompts = await context.ask.prompts(option);
  return prompts.secret({ message });
}

/** Secrets on lines of their own, for commands that need more than one; `least` to `most` lines. */
export async function readSecretLines(
  context: Context,
  option: string,
  { least, most, what }: { readonly least: number; readonly most: number; readonly what: string },
): Promise<readonly string[]> {
  const text = (await context.files.readText('-', 16 * MOST_BYTES)).replace(/\r?\n$|\r$/, '');
  const lines = text.split(/\r?\n|\r/);
  const isText = Buffer.byteLength(text) <= MOST_BYTES && !text.includes('\ufffd');
  const fits = isText && lines.length >= least && lines.length <= most;
  if (fits && lines.slice(0, least).every((line) => line !== '')) return lines;
  const command = `printf '%s\\n' … | countersign … ${option}`;
  throw refusal('invalid-input', 'stdin-shape', { option, what, command }, 'stdin-example');
}

/** A new secret, asked twice on a terminal: a typing mistake would lock its owner out. */
export async function askNewSecret(context: Context, fromStdin: boolean, option: string, message: string) {
  if (fromStdin) return context.files.readSecretLine(option);
  const words = wordsOf(context);
  const prompts = await context.ask.prompts(option);
  const first = await prompts.secret({ message });
  const second = await prompts.secret({ message: words('ask.once-more') });
  if (first !== second)
    throw new Refusal('invalid-input', words('ask.different'), { hint: words('ask.different-next') });
  return first;
}

/** What an option gives, or a prompt. */
export async function askLine(context: Context, given: string | undefined, option: string, message: string) {
  return given ?? (await context.ask.prompts(option)).line({ message });
}

/** A one-time code. */
export const askCode = (context: Context, given: string | undefined, message: string) =>
  askLine(context, given, '--code', message);

/** Why it is done. */
export const askReason = (context: Context, given?: string) =>
  askLine(context, given, '--reason', wordsOf(context)('approval.reason'));
