/**
 * From argv to exit status: the only user of commander, and the only catch. It loads the file of the word that was typed,
 * lets commander split argv, checks the input's shape and the operator's role, runs the command and prints its result.
 */
import { Command as Commander, CommanderError, Option } from 'commander';
import type { GlobalOptions } from '../config.js';
import { isRefusal, refusal } from '../errors.js';
import { CATALOGUE } from './catalogue.js';
import type { CatalogueEntry, Command, Context, Result, World } from './command.js';
import { reportError, reportResult } from './report-outcome.js';
import { firstWord, GLOBAL_OPTIONS, longFlag, memberOf, words } from './typing/flag-names.js';
import { topicNames, topicText } from './typing/help-topics.js';
import { asksForHelp, checkInput, checkPaths, optionsBy, peekOptions, usageRefusal } from './typing/peek-argv.js';

/** Runs one command line; answers the exit status. Never throws. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  const options = peekOptions(argv);
  try {
    const word = firstWord(argv);
    if (word === undefined && !asksForHelp(argv)) return await runBare(argv, world, options);
    return await finish(buildProgram(world, await loaded(word, argv), word), argv, options);
  } catch (error) {
    const refused = error instanceof CommanderError ? usageRefusal(error, words(argv)) : error;
    // At `portal` sit the customer's people.
    return await reportError(world, options, refused, firstWord(argv) === 'portal' ? 'customer' : 'desk');
  } finally {
    // The answer is given; nothing that follows may change it (T25).
    await world.close().catch(() => undefined);
  }
}

async function finish(built: ReturnType<typeof buildProgram>, argv: readonly string[], options: GlobalOptions) {
  const { world, program, finished } = built;
  let document: object | undefined;
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    // commander's way to say that it has told help or version. The exit status in it is what main begins with.
    if (!(error instanceof CommanderError) || finished.told === '') throw error;
    if (error.code === 'commander.version') document = { version: world.version };
  }
  const raw = finished.told;
  return raw === ''
    ? finished.exit
    : reportResult(world, options, { view: [], raw, document: document ?? { help: raw } });
}

/** `countersign` alone: the console on a terminal, otherwise help on stderr and exit 2. */
async function runBare(argv: readonly string[], world: World, options: GlobalOptions): Promise<number> {
  if (world.canAsk(options)) {
    return finish(buildProgram(world, await loaded('console', argv), 'console'), ['console', ...argv], options);
  }
  const { program } = buildProgram(world, [], undefined);
  if (options.json) throw refusal('usage', 'no-command', { command: 'countersign --help' }, 'see');
  await world.stderr.write(program.helpInformation());
  return 2;
}

async function loaded(word: string | undefined, argv: readonly string[]): Promise<readonly Command[]> {
  const wanted = word === 'help' ? words(argv)[1] : word;
  return CATALOGUE.find((entry) => entry.word === wanted)?.load() ?? [];
}

function buildProgram(world: World, commands: readonly Command[], word: string | undefined) {
  /** `told`: the help or version that was asked for. */
  const finished = { exit: 0, told: '' };
  const writeOut = (text: string) => {
    finished.told += text;
  };
  const program = new Commander('countersign');
  program
    .exitOverride()
    .description('Verify who is calling the support desk, and only then reset their multi-factor authentication.')
    .usage('[global options] <command> [arguments] [options]')
    .version(`countersign ${world.version}`, '--version', 'print the version')
    .helpOption('-h, --help', 'show help, also for one command')
    .configureHelp({ helpWidth: Math.min(world.stdout.columns, 100), minWidthToWrap: 20, sortSubcommands: false })
    // Given, because commander opens Node's streams to find them out.
    .configureOutput({ writeOut, writeErr: () => undefined, getOutHelpWidth: () => 80, getOutHasColors: () => false })
    .showSuggestionAfterError();
  for (const { flags, about } of GLOBAL_OPTIONS) program.addOption(new Option(flags, about));
  const topics = () => `\nMore to read: countersign help TOPIC\n  ${topicNames(world.topics).join(', ')}\n`;
  program.addHelpText('after', topics);
  addHelpCommand(program, world, writeOut);
  const run: Run = async (spec, leaf, typed) => {
    checkTogether(spec, typed);
    finished.exit = await runCommand(spec, leaf, world, program);
  };
  // Only help and a word that is none need the others.
  const typed = CATALOGUE.filter((entry) => entry.word === word);
  for (const entry of typed.length > 0 ? typed : CATALOGUE) addEntry(program, entry, commands, run);
  return { world, program, finished };
}

/** `typed`: its options and arguments that were typed, `--sso` and `--no-sso` each by its own name. */
type Run = (spec: Command, leaf: Commander, typed: ReadonlySet<string>) => Promise<void>;

function addEntry(program: Commander, entry: CatalogueEntry, commands: readonly Command[], run: Run): void {
  const top = program
    .command(entry.word)
    .summary(entry.summary)
    .description(sentence(entry.summary))
    .helpGroup(`${entry.group}:`);
  for (const spec of commands) {
    const [word, ...steps] = spec.path.split(' ');
    if (word !== entry.word) continue;
    let place = top;
    for (const step of steps)
      place = place.commands.find((child) => child.name() === step) ?? begin(place, step, entry);
    fill(place, spec, run);
  }
}

/** A word that only groups others gets its summary here; a command brings its own. */
function begin(place: Commander, step: string, { groups = {} }: CatalogueEntry): Commander {
  const summary = groups[step] ?? '';
  return place.command(step).summary(summary).description(sentence(summary));
}

const sentence = (summary: string): string => `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`;

function fill(leaf: Commander, spec: Command, run: Run): void {
  leaf.summary(spec.summary).description(sentence(spec.summary));
  const typed = new Set<string>();
  for (const argument of spec.arguments ?? []) leaf.argument(argument.name, argument.about);
  for (const option of spec.options ?? []) {
    const made = new Option(option.flags, option.about);
    if (option.many === true)
      made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    const once = made.required && !made.variadic && option.many !== true;
    leaf.addOption(made).on(`option:${made.name()}`, () => {
      // The other value would be passed over in silence.
      if (typed.size === typed.add(`--${made.name()}`).size && once)
        throw refusal('usage', 'option-twice', { option: `--${made.name()}` });
    });
  }
  leaf.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}\n`);
  leaf.action(async () => {
    for (const { name } of (spec.arguments ?? []).slice(0, leaf.args.length)) typed.add(name);
    await run(spec, leaf, typed);
  });
}

function addHelpCommand(program: Commander, world: World, writeOut: (text: string) => void): void {
  program.helpCommand(false);
  program
    .command('help [words...]', { hidden: true })
    .description('help for a command or a topic')
    .action((wanted: string[]) => {
      const topic = wanted.length === 1 ? topicText(world.topics, wanted[0] ?? '') : undefined;
      const command = program.commands.some((child) => child.name() === wanted[0]);
      if (topic !== undefined && !command) return writeOut(topic);
      let place = program;
      for (const step of wanted) {
        const next = place.commands.find((child) => child.name() === step);
        if (next === undefined)
          throw refusal(
            'usage',
            'command-unknown',
            { wanted: wanted.join(' ').slice(0, 200), command: 'countersign --help' },
            'see',
          );
        place = next;
      }
      place.outputHelp();
      // `help console` is about the command and about its keys.
      if (topic !== undefined) writeOut(`\n${topic}`);
    });
}

/** Refusal `usage` where one of the options would be ignored without a word. */
function checkTogether({ apart = [], beside = [] }: Command, typed: ReadonlySet<string>): void {
  for (const [option = '', ...names] of apart) {
    const others = names.filter((one) => typed.has(one));
    if (typed.has(option) && others.length > 0) throw refusal('usage', 'options-apart', { option, others });
  }
  for (const [option = '', ...names] of beside)
    if (typed.has(option) && !names.some((one) => typed.has(one)))
      throw refusal('usage', 'option-beside', { option, names });
}

async function runCommand(spec: Command, leaf: Commander, world: World, program: Commander): Promise<number> {
  const options = globalsOf(program);
  const context = await world.context(options, spec);
  const named = (spec.arguments ?? []).map((argument, index) => [memberOf(argument.name), leaf.processedArgs[index]]);
  const raw = { ...optionsOf(leaf), ...Object.fromEntries(named.filter(([, value]) => value !== undefined)) };
  await checkPaths(spec, raw, { lockedBy: context.files.lockedBy, json: options.json });
  const input = checkInput(spec, raw);
  await askingHere(context, 'not-signed-in', () => world.authorise(spec, options));
  const result = await askingHere<Result>(context, 'factor-needed', () => spec.run(context, input as never));
  try {
    return await reportResult(world, options, result);
  } finally {
    await result.after?.();
  }
}

/** What only a sign-in or a fresh code is missing for is asked on a terminal and tried again; elsewhere it is refused. */
async function askingHere<T>(context: Context, code: 'not-signed-in' | 'factor-needed', attempt: () => Promise<T>) {
  try {
    return await attempt();
  } catch (error) {
    if (!isRefusal(error) || error.code !== code || !context.ask.possible) throw error;
    if ((await context.settings()).token !== undefined) throw error;
    const { giveCodeHere, signInHere } = await import('./operators/sign-in.js');
    if (code === 'not-signed-in') await signInHere(context, error);
    else if (error.because?.reason === 'fresh-code-needed') await giveCodeHere(context, error);
    else throw error;
    return attempt();
  }
}

/** `portal reset object R --as ana`: a command inside a command leaves options of the same name with the outer one. */
function optionsOf(leaf: Commander): Readonly<Record<string, unknown>> {
  const { parent } = leaf;
  return parent?.parent == null ? leaf.opts() : { ...optionsOf(parent), ...leaf.opts() };
}

function globalsOf(program: Commander): GlobalOptions {
  const given = program.opts();
  const { store, keyFile, config } = given as Partial<Record<string, string>>;
  // An empty variable of a script would otherwise name the usual desk.
  const empty = GLOBAL_OPTIONS.find(({ flags }) => given[memberOf(flags)] === '');
  if (empty !== undefined) throw refusal('invalid-input', 'empty-option', { option: longFlag(empty.flags) });
  // commander has `--no-color` as `color: false`.
  const stands = (name: string) => given[name.replace(/^no-/, '')] === !name.startsWith('no-');
  return { store, keyFile, config, ...optionsBy(stands) };
}
