/** The names inside what help writes (`--key-file <file>`, `<users...>`), and the options that may come before or after any command. */

/** `--name` of an option's flags. */
export const longFlag = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

/** `--key-file <file>` to `keyFile`, as commander names options; `<users...>` to `users`. */
export const memberOf = (written: string): string =>
  longFlag(written)
    .replace(/^--(no-)?|[<>[\].]/g, '')
    .replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());

export const GLOBAL_OPTIONS = [
  { flags: '--store <url>', about: 'path of the store or postgres://… (env COUNTERSIGN_STORE)' },
  { flags: '--key-file <file>', about: 'file with the master key (env COUNTERSIGN_KEY_FILE)' },
  { flags: '--config <file>', about: 'config file (env COUNTERSIGN_CONFIG)' },
  { flags: '--json', about: 'print one JSON document on stdout, also for errors' },
  { flags: '--quiet', about: 'print no text and no notices, only data such as an export' },
  { flags: '--verbose', about: 'print more detail, and the stack trace of a bug' },
  { flags: '--plain', about: 'print plain lines without redrawing, for screen readers' },
  { flags: '--no-color', about: 'print no colour (also NO_COLOR)' },
  { flags: '--no-input', about: 'ask no questions; a missing answer is an error' },
  { flags: '--yes', about: 'answer yes to yes-or-no questions (never confirms a count)' },
];

const TAKES_VALUE = new Set(['--store', '--key-file', '--config']);

export function words(argv: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (TAKES_VALUE.has(word)) index += 1;
    else if (!word.startsWith('-')) found.push(word);
  }
  return found;
}

export const firstWord = (argv: readonly string[]): string | undefined => words(argv)[0];
