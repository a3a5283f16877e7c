/** Texts of `countersign help TOPIC`. The exit-code table comes from the one in errors.ts. */
import { EXIT_FAMILIES } from '../../errors.js';

/** Rows of the exit-code table, as README shows them too. */
export function exitCodesTopic(): string {
  const rows = EXIT_FAMILIES.flatMap(({ exit, family, codes }) => {
    const [first = '', ...more] = folded(codes.join(', '), 80 - MARGIN);
    const head = `  ${String(exit).padEnd(5)}${family.padEnd(20)}${first}`.trimEnd();
    return [head, ...more.map((line) => ' '.repeat(MARGIN) + line)];
  });
  return ['Exit codes', '', '  code family              error.code under --json', ...rows, ''].join('\n');
}

/** Columns before the list of codes. */
const MARGIN = 27;

function folded(text: string, columns: number): readonly string[] {
  return text.match(new RegExp(`.{1,${columns}}(?:\\s|$)`, 'g'))?.map((line) => line.trimEnd()) ?? [];
}

const ENVIRONMENT = `Environment

  COUNTERSIGN_STORE        path of the store or postgres://…
  COUNTERSIGN_KEY_FILE     file with the master key
  COUNTERSIGN_KEY_COMMAND  command that prints the master key
  COUNTERSIGN_CONFIG       config file
  COUNTERSIGN_TOKEN        token of a script (see: countersign operator token create)
  XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME   where files are kept
  NO_COLOR, TERM=dumb      no colour
  CI                       never ask

An option stands above the environment, the environment above the config file.
Secrets never come from arguments or the environment, the token aside.
`;

const FORMATTING = `Output

  Results go to stdout; questions, progress, notices and errors to stderr.
  --json     exactly one JSON document on stdout, also for errors:
             {"error":{"code":"not-verified","message":"…","hint":"…"}}
             (rows and logs are one JSON document a line)
  --quiet    nothing but the exit status
  --plain    plain lines without redrawing, for screen readers
  --no-color no colour; meaning is always in words
`;

const TOPICS: Readonly<Record<string, () => string>> = {
  'exit-codes': exitCodesTopic,
  environment: () => ENVIRONMENT,
  formatting: () => FORMATTING,
};

export const topicNames = (): readonly string[] => Object.keys(TOPICS);
export const topicText = (name: string): string | undefined => TOPICS[name]?.();
