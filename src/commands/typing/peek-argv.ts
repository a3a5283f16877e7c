/** A first look at argv, before commander: which word was typed, and the options that an early error must respect. */
import type { GlobalOptions } from '../../config.js';

/** The global options needed to report an error that happens before parsing ends. */
export function peekOptions(argv: readonly string[]): GlobalOptions {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const has = (flag: string) => before.includes(flag);
  return {
    json: has('--json'),
    quiet: has('--quiet'),
    verbose: has('--verbose'),
    plain: has('--plain'),
    yes: has('--yes'),
    color: !has('--no-color'),
    input: !has('--no-input'),
  };
}

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
export const asksForHelp = (argv: readonly string[]): boolean =>
  argv.some((word) => ['-h', '--help', '--version'].includes(word));
