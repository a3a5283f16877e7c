/**
 * The man pages, made from the same command specs as the help: countersign(1), one page for each noun, and countersign-TOPIC(7)
 * for each help topic. Pure; bin/man.mjs writes the files. They use only common macros of man(7), and no text begins a line
 * that troff would read as a command.
 */
import type { CatalogueEntry, Command, OptionSpec } from '../command.js';
import { GLOBAL_OPTIONS } from './flag-names.js';
import { type TopicFiles, topicNames, topicText } from './help-topics.js';

export function manPages(
  catalogue: readonly CatalogueEntry[],
  commands: readonly Command[],
  { version, topics }: { readonly version: string; readonly topics: TopicFiles },
) {
  const nounPage = ({ word, summary }: CatalogueEntry): string => {
    const own = commands.filter(({ path }) => path.split(' ')[0] === word);
    const body = own.flatMap((spec) => described(spec, own.length > 1));
    return `${[...head(`countersign-${word}`, summary, version), ...synopsis(own), ...body, ...SEE_ALSO].join('\n')}\n`;
  };
  return [
    { file: 'countersign.1', text: overview(catalogue, version, topics) },
    ...catalogue.map((entry) => ({ file: `countersign-${entry.word}.1`, text: nounPage(entry) })),
    ...topicNames(topics).map((name) => ({ file: `countersign-${name}.7`, text: topicPage(topics, name, version) })),
  ];
}

/** A help topic with its lines kept; section 7 is for pages that describe no command. */
function topicPage(topics: TopicFiles, name: string, version: string): string {
  const [title = name, ...lines] = (topicText(topics, name) ?? '').trimEnd().split('\n');
  const body = ['.SH DESCRIPTION', '.nf', ...lines.slice(1).map(text), '.fi'];
  return `${[...head(`countersign-${name}`, title, version, 7), ...body, ...SEE_ALSO].join('\n')}\n`;
}

function overview(catalogue: readonly CatalogueEntry[], version: string, topics: TopicFiles): string {
  const groups = [...new Set(catalogue.map(({ group }) => group))];
  return [
    ...head('countersign', 'verify who is calling the support desk, then reset their second factors', version),
    '.SH SYNOPSIS',
    '.B countersign',
    '.RI [ global\\ options ]',
    '.I command',
    '.RI [ arguments ]',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    text(
      'On a terminal, countersign alone opens the console of a live call. An agent verifies the caller by passphrase and privilege, and only then can reset multi-factor authentication. countersign writes every decision to a log that shows any change.',
    ),
    '.SH COMMANDS',
    ...groups.flatMap((group) => [
      `.SS ${text(group)}`,
      ...catalogue
        .filter((entry) => entry.group === group)
        .flatMap(({ word, summary }) => ['.TP', `.BR countersign\\-${text(word)} (1)`, text(summary)]),
    ]),
    '.SH GLOBAL OPTIONS',
    ...GLOBAL_OPTIONS.flatMap(option),
    '.SH SEE ALSO',
    topicNames(topics)
      .map((name) => `.BR countersign\\-${text(name)} (7)`)
      .join('\n'),
    '',
  ].join('\n');
}

const head = (name: string, summary: string, version: string, section = 1): string[] => [
  `.TH ${text(name.toUpperCase())} ${section} "" "countersign ${text(version)}" "countersign"`,
  '.SH NAME',
  `${text(name)} \\- ${text(summary)}`,
];

const synopsis = (commands: readonly Command[]): string[] => [
  '.SH SYNOPSIS',
  ...commands.flatMap(({ path, arguments: wanted = [], options = [] }, at) => [
    ...(at === 0 ? [] : ['.br']),
    `.B countersign ${text(path)}`,
    ...wanted.map(({ name }) => `.I ${text(name)}`),
    ...(options.length === 0 ? [] : ['.RI [ options ]']),
  ]),
];

function described({ path, summary, arguments: wanted = [], options = [], examples }: Command, several: boolean) {
  return [
    several ? `.SH ${text(path.toUpperCase())}` : '.SH DESCRIPTION',
    `${text(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}`)}.`,
    ...wanted.flatMap(({ name, about }) => ['.TP', `.I ${text(name)}`, text(about)]),
    ...options.flatMap(option),
    '.PP',
    'Examples:',
    '.PP',
    '.nf',
    ...examples.flatMap((example) => example.split('\n')).map((line) => `  ${text(line)}`),
    '.fi',
  ];
}

const option = ({ flags, about }: OptionSpec): string[] => ['.TP', `.B ${text(flags)}`, text(about)];

const SEE_ALSO = ['.SH SEE ALSO', '.BR countersign (1)'];

/** Text as troff prints it: its backslashes and hyphens are themselves, and no line begins with a control character. */
export const text = (plain: string): string =>
  plain
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/…/g, '...')
    .replace(/[–—]/g, '\\(en')
    .replace(/^([.'])/gm, '\\&$1');
