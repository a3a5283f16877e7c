/** Texts of `countersign help TOPIC`: the files of data/help, and the table of exit codes, made from the one in errors.ts. */
import { EXIT_FAMILIES } from '../../errors.js';
import { wrap } from '../../terminal/printable.js';
import { alignedLines } from '../../terminal/table.js';

/** Rows of the exit-code table, as README shows them too. */
export function exitCodesTopic(): string {
  const rows = EXIT_FAMILIES.flatMap(({ exit, family, codes }) => {
    const [first = '', ...more] = wrap(codes.join(', '), 80 - MARGIN);
    const head = `  ${String(exit).padEnd(5)}${family.padEnd(20)}${first}`.trimEnd();
    return [head, ...more.map((line) => ' '.repeat(MARGIN) + line)];
  });
  return ['Exit codes', '', '  code family              error.code under --json', ...rows, ''].join('\n');
}

/** Columns before the list of codes. */
const MARGIN = 27;

/** Reads the topics that come with countersign: texts in data/help, one a file. */
export interface TopicFiles {
  names(): readonly string[];
  /** The text of a topic as it is written; undefined if there is no such topic. */
  read(name: string): string | undefined;
}

const TABLE = 'exit-codes';

export const topicNames = (files: TopicFiles): readonly string[] => [TABLE, ...files.names()];

/** A topic as the terminal shows it: headings without #, tables in columns, code without fences. */
export function topicText(files: TopicFiles, name: string): string | undefined {
  if (name === TABLE) return exitCodesTopic();
  return files
    .read(name)
    ?.replace(/^```\w*\n/gm, '')
    .replace(/^#+ /gm, '')
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/(?:^\|.*\|\n)+/gm, columns);
}

/** A table of Markdown as lined-up columns; its second line only marks where the head ends. */
function columns(table: string): string {
  const rows = table
    .trimEnd()
    .split('\n')
    .filter((_, at) => at !== 1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return alignedLines(rows, Number.POSITIVE_INFINITY)
    .map((line) => `  ${line}\n`)
    .join('');
}
