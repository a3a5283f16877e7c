/** The options that stand before or behind any command, for the parser, the completion and the man pages. */
import type { OptionSpec } from '../command.js';

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--store <url>', about: 'path of the store or postgres://… (env COUNTERSIGN_STORE)' },
  { flags: '--key-file <file>', about: 'file with the master key (env COUNTERSIGN_KEY_FILE)' },
  { flags: '--config <file>', about: 'config file (env COUNTERSIGN_CONFIG)' },
  { flags: '--json', about: 'one JSON document on stdout, also for errors' },
  { flags: '--quiet', about: 'no text and no notices; the exit status is the answer' },
  { flags: '--verbose', about: 'more detail, and the stack of a bug' },
  { flags: '--plain', about: 'plain lines, no redraw, no boxes; for screen readers' },
  { flags: '--no-color', about: 'no colour (also NO_COLOR)' },
  { flags: '--no-input', about: 'never ask; a missing answer is an error' },
  { flags: '--yes', about: 'answer yes to yes-or-no questions (never covers admins or counts)' },
];
