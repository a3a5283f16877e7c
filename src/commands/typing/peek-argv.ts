/**
 * What was typed: a first look at argv before commander (which word, and the options that an early error must respect), then the checks of
 * what commander has split, before the command runs. Bad input ends here, exit 2.
 */
import type * as z from 'zod';
import type { GlobalOptions } from '../../config.js';
import { Refusal, refusal } from '../../errors.js';
import { nearest } from '../../rules/nearest.js';
import { CATALOGUE } from '../catalogue.js';
import type { Command, PathUse } from '../command.js';
import { longFlag, memberOf } from './flag-names.js';

/** The global options needed to report an error that happens before parsing ends. */
export function peekOptions(argv: readonly string[]): GlobalOptions {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  return optionsBy((name) => before.some((word) => word.split('=', 1)[0] === `--${name}`));
}

/** `given`: whether such a flag stands on the line. */
export const optionsBy = (given: (name: string) => boolean): GlobalOptions => ({
  json: given('json'),
  quiet: given('quiet'),
  verbose: given('verbose'),
  plain: given('plain'),
  yes: given('yes'),
  color: !given('no-color'),
  input: !given('no-input'),
});

export const asksForHelp = (argv: readonly string[]): boolean =>
  argv.some((word) => ['-h', '--help', '--version'].includes(word));

/** The value of an unknown option may be a secret: `--passphrase=…`, `-p…`. It is already visible in the process list; do not repeat it in the error. */
const withoutValue = (message: string): string =>
  message.replace(/(unknown option '(?:--[^=']*|-[^-']))[\s\S]*'/, "$1'");

/** commander also suggests words that share only a few letters; what is not near is no help. */
const nearOnly = (message: string): string =>
  message.replace(/ \(Did you mean (?:one of )?(.+)\?\)$/, (_all, names: string) => {
    const [, dashes = '', typed = ''] = /'(-*)(.*)'/.exec(message) ?? [];
    const known = names.split(', ').map((name) => name.slice(dashes.length));
    const near = nearest(typed, known);
    return near === undefined ? '' : ` (Did you mean ${dashes}${near}?)`;
  });

export function usageRefusal(error: { readonly code: string; readonly message: string }, typed: readonly string[]) {
  const see = CATALOGUE.some(({ word }) => word === typed[0]) ? `countersign help ${typed[0]}` : 'countersign --help';
  const missing = error.code === 'commander.optionMissingArgument' || error.code === 'commander.missingArgument';
  const message = nearOnly(
    withoutValue(error.message)
      .replace(/('.{200})[^']+'/g, "$1…'")
      .replace(/^error: /, '')
      .replace(/\n/g, ' '),
  );
  if (error.code === 'commander.help') {
    const wanted = typed.filter((one) => one !== 'help').join(' ');
    if (typed.includes('help')) return refusal('usage', 'command-unknown', { wanted, command: see }, 'see');
    return new Refusal('usage', 'a command is missing', { hint: `See: ${see}` });
  }
  const advice = /--(passphrase|password|token|secret)\b/.test(message) && /unknown option/.test(message);
  return new Refusal(missing ? 'missing-option' : 'usage', message, {
    hint: advice
      ? 'Do not put a secret on the command line. Type it when asked, or use the --…-stdin option.'
      : `See: ${see}`,
  });
}

/**
 * Checks the paths that were typed before a command does anything: `-` at most once in each direction, and nothing else in locked mode (T17).
 * Refusals: config (a path in locked mode), usage (two for one stream, or the output beside --json).
 */
export async function checkPaths(
  spec: Command,
  raw: Readonly<Record<string, unknown>>,
  { lockedBy, json }: { readonly lockedBy: () => Promise<string | undefined>; readonly json: boolean },
): Promise<void> {
  const paths = typedPaths(spec, raw);
  if (paths.length === 0) return;
  const locked = await lockedBy();
  for (const path of paths) {
    if (path.value === '-' && path.use !== 'here') continue;
    if (locked !== undefined) throw refusedPath(path, locked);
    if (path.value === '-') throw new Refusal('usage', `${path.name} needs a path; it cannot be -`);
  }
  const streams = paths.filter(({ value }) => value === '-');
  const secrets = (spec.options ?? [])
    .map(({ flags }) => flags)
    .filter((flag) => /-stdin$/.test(flag) && raw[memberOf(flag)]);
  const reading = [...streams.filter(({ use }) => use === 'reads').map(({ name }) => name), ...secrets];
  const writing = streams.filter(({ use }) => use === 'writes').map(({ name }) => name);
  if (reading.length > 1 && streams.some(({ use }) => use === 'reads'))
    throw new Refusal('usage', `only one of ${reading.join(' and ')} can read standard input`);
  if (writing.length > 1) throw new Refusal('usage', `only one of ${writing.join(' and ')} can use standard output`);
  if (writing.length > 0 && json)
    throw new Refusal('usage', `${writing[0]} - and --json cannot both use standard output`, {
      hint: `Leave out --json, or name a file for ${writing[0]}.`,
    });
}

function typedPaths(spec: Command, raw: Readonly<Record<string, unknown>>) {
  const places = [
    ...(spec.options ?? []).map(({ flags, path }) => ({ name: longFlag(flags), path })),
    ...(spec.arguments ?? []),
  ];
  return places.flatMap(({ name, path }) => {
    const value = raw[memberOf(name)];
    if (path === undefined || typeof value !== 'string' || value === '' || /^https?:/i.test(value)) return [];
    return [{ name, use: path, value }];
  });
}

function refusedPath({ name, use }: { readonly name: string; readonly use: PathUse }, lockedBy: string): Refusal {
  const hint =
    use === 'here'
      ? 'This works only where the settings are not locked.'
      : `Use - in its place: your shell opens the file, ${use === 'reads' ? '< FILE' : '> FILE'}.`;
  const what = `${name} is refused: the settings of this machine are locked (${lockedBy}), so nobody names its files`;
  return new Refusal('config', what, { hint });
}

/** What a person typed, checked by the schema of the command. Refusals name options as they are typed. */
export function checkInput(spec: Command, raw: Readonly<Record<string, unknown>>): unknown {
  // First, because a message of the schema may repeat what was typed.
  requireShort(spec, raw);
  // Used once in a process: compiling the schema first would take longer than checking by it.
  const parsed = spec.input().safeParse(raw, { jitless: true, error: inWords });
  if (parsed.success) return parsed.data;
  // A number that is far too large breaks two rules; the narrower comes last.
  const faults = new Map(parsed.error.issues.map(({ path: [name], message }) => [String(name ?? ''), message]));
  const command = `countersign help ${spec.path}`;
  const options = [...faults.keys()].filter((name) => raw[name] === undefined).map((name) => flagOf(spec, name));
  if (options.length > 0) throw refusal('missing-option', 'options-missing', { options, command }, 'see');
  const wrong = [...faults].map(([name, message]) => ({ message: `${flagOf(spec, name)}: ${message}` }));
  throw refusal('invalid-input', 'input-wrong', { faults: wrong, command }, 'see');
}

/** What the schema library would say in words of its own. */
const inWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return 'must be a whole number';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code !== 'too_small') return undefined;
  return issue.origin === 'number' ? `must be at least ${issue.minimum}` : 'must not be empty';
};

/** The log never shrinks, so what is written into it has bounds; longer arguments of any kind are mistakes, such as a whole file. */
const MOST: Readonly<Record<string, number>> = { reason: 1_000, ticket: 200 };
const MOST_OTHERWISE = 4_096;

function requireShort(spec: Command, raw: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(raw)) {
    const most = MOST[name] ?? MOST_OTHERWISE;
    if ([value].flat().every((text) => typeof text !== 'string' || text.length <= most)) continue;
    throw refusal('invalid-input', 'too-long', { option: flagOf(spec, name), most }, 'shorten');
  }
}

/** The name a person typed or should have typed for a member of the input. */
function flagOf({ options = [], arguments: wanted = [] }: Command, name: string): string {
  const option = options.find(({ flags }) => memberOf(flags) === name);
  if (option !== undefined) return longFlag(option.flags);
  return wanted.find((argument) => memberOf(argument.name) === name)?.name ?? name;
}
