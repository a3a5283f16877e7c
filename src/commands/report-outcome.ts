/** Prints a result or an error, in words or as JSON, and answers the exit status. */
import type { GlobalOptions } from '../config.js';
import { exitOf, isRefusal, Refusal } from '../errors.js';
import { printableJson } from '../terminal/printable.js';
import { PROBLEMS_SHOWN, renderError, renderView } from '../terminal/render.js';
import type { Result, World } from './command.js';
import type { Reader } from './wording/worded.js';
import type { Words } from './wording/words.js';

export async function reportResult(world: Pick<World, 'stdout' | 'style'>, options: GlobalOptions, result: Result) {
  if (result.raw !== undefined && !options.json) await world.stdout.write(result.raw);
  else if (options.json) {
    if (result.streamed !== true) await world.stdout.write(`${printableJson(result.document)}\n`);
  } else if (!options.quiet) {
    await world.stdout.write(renderView(result.view, world.style('stdout', options)));
  }
  return result.exit ?? 0;
}

/** The one map from error to exit status. Anything that is not a Refusal is a bug: exit 1 with a reference. */
export async function reportError(world: World, options: GlobalOptions, error: unknown, reader: Reader) {
  const refused = isRefusal(error) ? error : ofTheSystem(error);
  // Loaded only when somebody was refused.
  const [{ worded }, { wordsOf }] = [await import('./wording/worded.js'), await import('./wording/words.js')];
  await world.speak(options);
  const words = wordsOf(world);
  const shown = refused === undefined ? bug(world) : worded(refused, reader, words);
  const inText = () => world.stderr.write(renderError(inLanguage(shown, words), world.style('stderr', options)));
  // Where standard output takes nothing, a person may still read why.
  if (options.json) await world.stdout.write(`${printableJson(errorDocument(shown))}\n`).catch(inText);
  else await inText();
  if (options.verbose) await world.stderr.write(`${stackOf(error)}\n`);
  return refused === undefined ? 1 : exitOf(refused.code);
}

/** A call of the system that failed (a full disk, a folder that is not ours) where nothing worded it nearer to its place. */
export function ofTheSystem(error: unknown): Refusal | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  const place = 'path' in error ? ` of ${String(error.path)}` : '';
  return new Refusal('config', `the system refused ${String(error.syscall)}${place} (${String(error.code)})`, {
    hint: 'Check space and permissions there. Look whether it was done before you repeat it.',
    cause: error,
  });
}

/** For a person: what stands in the code in English too. JSON has it as it is. */
const inLanguage = ({ message, hint, problems }: Refusal, { known }: Words) => ({
  message: known(message),
  hint: hint === undefined ? undefined : known(hint),
  problems: problems.map((one, at) => (at < PROBLEMS_SHOWN ? { ...one, message: known(one.message) } : one)),
});

const bug = (world: World): Refusal =>
  new Refusal('internal', `something went wrong inside countersign (reference ${world.reference()})`, {
    hint: 'Look whether it was done before you repeat it. Then run it with --verbose and send the output to your administrator.',
  });

export function errorDocument({ code, message, hint, problems, also }: Refusal): unknown {
  return { error: { code, message, hint, ...(problems.length === 0 ? {} : { problems }) }, ...also };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
