/**
 * What commands ask a person. Secrets come by prompt or from one line of standard input, never from arguments or the environment (B11); an
 * answer that was not given as an option is asked for, and without a terminal one error names them all.
 */

import * as z from 'zod';
import { isRefusal, Refusal, refusal } from '../errors.js';
import type { SignIn } from '../procedures/operators/sign-in-operator.js';
import { waitForApproval } from '../procedures/resets/approvals.js';
import type { Context, Given } from './command.js';
import { type ScreenKey, wordsOf } from './wording/words.js';

const MOST_BYTES = 4096;

/** Before a command makes a secret that it shows only once. Refusal `usage`. */
export function requireShown({ options: { quiet, json } }: Pick<Context, 'options'>): void {
  if (quiet && !json) throw refusal('usage', 'quiet-hides', {}, 'no-quiet');
}

/** An existing secret, asked once. `option` is what a script gives instead. */
export async function askSecret(context: Context, fromStdin: boolean, option: string, message: string) {
  if (fromStdin) return context.files.readSecretLine(option);
  const prompts = await context.ask.prompts(option);
  return prompts.secret({ message });
}

/** Secrets on lines of their own, for commands that need two; with `least` 1 the second may be left out. */
export async function readSecretLines(context: Context, option: string, what: string, least = 2) {
  const text = (await context.files.readText('-', 16 * MOST_BYTES, option)).replace(/\r?\n$|\r$/, '');
  const lines = text.split(/\r?\n|\r/);
  const isText = Buffer.byteLength(text) <= MOST_BYTES && !text.includes('\ufffd');
  const fits = isText && lines.length >= least && lines.length <= 2;
  if (fits && lines.slice(0, least).every((line) => line !== '')) return lines;
  const command = `printf '%s\\n' … | countersign … ${option}`;
  throw refusal('invalid-input', 'stdin-shape', { option, what, command }, 'stdin-example');
}

/** A new secret, asked twice on a terminal: a typing mistake would lock its owner out. */
export async function askNewSecret(context: Context, fromStdin: boolean, option: string, message: string) {
  const first = await askSecret(context, fromStdin, option, message);
  if (fromStdin) return first;
  const words = wordsOf(context);
  if (first !== (await askSecret(context, false, option, words('ask.once-more'))))
    throw new Refusal('invalid-input', words('ask.different'), { hint: words('ask.different-next') });
  return first;
}

export async function askLine(context: Context, given: string | undefined, option: string, message: string) {
  return given ?? (await context.ask.prompts(option)).line({ message });
}

export const askCode = (context: Context, given: string | undefined, message: string) =>
  askLine(context, given, '--code', message);

export const askReason = (context: Context, given?: string) =>
  askLine(context, given, '--reason', wordsOf(context)('approval.reason'));

interface MissingQuestion<Name extends string> {
  readonly name: Name;
  /** What a script gives instead: `--number`, `<login>`. */
  readonly option: string;
  readonly message: string;
  readonly choices?: readonly (string | { readonly name: string; readonly value: string })[];
}

/** All answers, given or asked. Refusal `missing-option` naming every missing one. */
export async function askMissing<Name extends string>(
  context: Context,
  given: Readonly<Partial<Record<Name, string | undefined>>>,
  questions: readonly MissingQuestion<Name>[],
): Promise<Readonly<Record<Name, string>>> {
  const missing = questions.filter(({ name }) => given[name] === undefined);
  if (missing.length > 0 && !context.ask.possible) {
    const options = missing.map(({ option }) => option);
    throw refusal('missing-option', 'options-missing', { options }, 'give-on-line');
  }
  const answers: Partial<Record<Name, string>> = {};
  for (const question of questions) answers[question.name] = given[question.name] ?? (await askOne(context, question));
  return answers as Record<Name, string>;
}

/** The yes of a person, or `--yes`. Refusal: cancelled. */
export async function askYes(context: Context, message: string): Promise<void> {
  if (context.options.yes || (await (await context.ask.prompts('--yes')).confirm({ message }))) return;
  throw new Refusal('cancelled', wordsOf(context)('directory.unchanged'));
}

/** The reason, given or asked for, and a yes: disabling ends what is live at once. Refusals: missing-option without a terminal, cancelled. */
export async function askDisable(context: Context, what: string, given: string | undefined): Promise<string> {
  const reason = given ?? (context.ask.possible ? await askReason(context) : '');
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'disable' });
  if (context.ask.possible) await askYes(context, wordsOf(context)('directory.ask-disable', { what }));
  return reason;
}

async function askOne(context: Context, { option, message, choices }: MissingQuestion<string>): Promise<string> {
  const prompts = await context.ask.prompts(option);
  if (choices === undefined) return prompts.line({ message });
  const offered = choices.map((choice) => (typeof choice === 'string' ? { name: choice, value: choice } : choice));
  return prompts.choose({ message, choices: offered });
}

/** A second operator, who approves in person beside the one who asks: by options or prompts. */
export const approverInput = () => ({ approver: z.string().min(1).optional() });

export const APPROVER_OPTIONS = ['--approver <name>', '--approver-password-stdin', '--code <code>'] as const;

export type GivenApprover = Given<(typeof APPROVER_OPTIONS)[number], ReturnType<typeof approverInput>>;

/** Undefined if nobody was named, and nobody can be asked or the answer was empty. */
export async function askSecondOperator(
  context: Context,
  given: GivenApprover,
  message = wordsOf(context)('sign.second'),
  /** The password, where the command has read it already. */
  read?: string,
): Promise<SignIn | undefined> {
  const ask = async () => (await context.ask.prompts('--approver')).line({ message });
  const name = given.approver ?? (context.ask.possible ? await ask() : '');
  if (name === '') return undefined;
  const fromStdin = given.approverPasswordStdin;
  const words = wordsOf(context);
  const asked = () => askSecret(context, fromStdin, '--approver-password-stdin', words('sign.password-of', { name }));
  const password = read ?? (await asked());
  return { name, password, code: () => askCode(context, given.code, words('sign.code-of', { name })) };
}

/** The same where it cannot be done alone: `what`. Refusal approval-needed. */
export async function needSecondOperator(context: Context, given: GivenApprover, what: ScreenKey, read?: string) {
  const signIn = await askSecondOperator(context, given, undefined, read);
  if (signIn !== undefined) return signIn;
  const facts = { what: wordsOf(context)(what) };
  throw refusal('approval-needed', 'second-operator-needed', facts, 'approver-signs-in');
}

/** What shows who runs this command: the token of a script, or of the session. */
export async function shownToken({ settings, sessions }: Context) {
  const { token } = await settings();
  if (token !== undefined) return { token, via: 'token' } as const;
  return { token: await sessions.read('operator', 'desk'), via: 'session' } as const;
}

/** With `wait`, an attempt that needs a second operator's yes waits until that is decided, and is made again. */
export async function untilApproved<T>(context: Context, wait: boolean, attempt: () => Promise<T>): Promise<T> {
  return attempt().catch(async (error: unknown) => {
    const also = isRefusal(error) && error.code === 'approval-needed' ? error.also : {};
    const { id } = (also['approval'] ?? {}) as { readonly id?: string };
    if (!wait || id === undefined) throw error;
    context.notice(wordsOf(context)('approval.wait', { id }));
    await waitForApproval(await context.desk(), id, context.signal);
    return attempt();
  });
}
