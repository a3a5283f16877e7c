/** Answers that were not given as options: a person is asked for each in turn; without a terminal one error names them all. */
import { Refusal, refusal } from '../errors.js';
import { askReason } from './ask-secret.js';
import type { Context } from './command.js';
import { wordsOf } from './wording/words.js';

export interface MissingQuestion<Name extends string> {
  readonly name: Name;
  /** What a script gives instead: `--number`, `<login>`. */
  readonly option: string;
  readonly message: string;
  readonly choices?: readonly string[];
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
  const answers = new Map<string, string>();
  for (const question of missing) answers.set(question.name, await askOne(context, question));
  return Object.fromEntries(questions.map(({ name }) => [name, given[name] ?? answers.get(name) ?? ''])) as Record<
    Name,
    string
  >;
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
  return prompts.choose({ message, choices: choices.map((choice) => ({ name: choice, value: choice })) });
}
