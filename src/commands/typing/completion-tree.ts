/** What can be typed at each place, and next to what was typed. Pure. */
import { methodIds } from '../../procedures/codes/methods.js';
import { CUSTOMER_ROLES, EDITIONS, OPERATOR_ROLES, SIGN_INS } from '../../rules/people.js';
import type { Policy } from '../../rules/policy.js';
import type { CatalogueEntry, Command, OptionSpec } from '../command.js';
import { GLOBAL_OPTIONS } from './flag-names.js';

export interface Word {
  readonly word: string;
  readonly about: string;
}

/** What may follow an option: nothing, any text, a file, or one of some words. */
export type Value = 'none' | 'text' | 'file' | readonly string[];

/** One place in the tree of commands: `''` at the top, `operator token` further in. */
export interface Place {
  readonly path: string;
  /** What may be typed next: commands, or words of an argument. */
  readonly words: readonly Word[];
  /** Whether a file may be typed next. */
  readonly files: boolean;
  /** Name of an argument whose ids may be typed next: `job`. */
  readonly ids: string | undefined;
  /** Options of this command only; `globals` has those of every command. */
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption extends Word {
  readonly value: Value;
}

export interface CompletionTree {
  readonly places: readonly Place[];
  readonly globals: readonly CompletedOption[];
}

/** Only these characters are offered, so no shell can read a word as code. */
export const PLAIN = /^[A-Za-z0-9][A-Za-z0-9:._-]*$/;

type Catalogue = readonly CatalogueEntry[];

/** Every command of the catalogue, each once: several words may share a file. */
export async function everyCommand(catalogue: Catalogue): Promise<readonly Command[]> {
  const loaded = await Promise.all(catalogue.map(({ load }) => load()));
  return [...new Set(loaded.flat())];
}

export function completionTree(
  catalogue: Catalogue,
  commands: readonly Command[],
  policy: Policy,
  topics: readonly string[],
): CompletionTree {
  const paths = new Set(['', 'help', ...catalogue.map(({ word }) => word)]);
  for (const { path } of commands) {
    const steps = path.split(' ');
    steps.forEach((_, at) => void paths.add(steps.slice(0, at + 1).join(' ')));
  }
  const globals = [...GLOBAL_OPTIONS, { flags: '--help', about: 'help for this command' }];
  return {
    places: [...paths].map((path) => placeOf(path, paths, { catalogue, commands, policy, topics })),
    globals: globals.map((option) => optionOf(option, '', policy)),
  };
}

/** Where the words come from. */
interface Sources {
  readonly catalogue: Catalogue;
  readonly commands: readonly Command[];
  readonly policy: Policy;
  readonly topics: readonly string[];
}

function placeOf(path: string, paths: ReadonlySet<string>, sources: Sources): Place {
  const { commands, policy } = sources;
  const spec = commands.find((command) => command.path === path);
  const children = path === 'help' ? helpWords(sources) : childrenOf(path, paths, sources);
  const fixed = (spec?.arguments ?? []).flatMap(({ name }) => wordsOf(name.replace(/[<>[\].]/g, ''), '', policy));
  return {
    path,
    words: [...children, ...fixed.map((word) => ({ word, about: '' }))].filter(({ word }) => PLAIN.test(word)),
    ids: spec?.arguments?.map(({ name }) => /^<(\w+)>$/.exec(name)?.[1])[0],
    files: (spec?.arguments ?? []).some(({ name }) => /<file>|\[file\]|\[dir\]/.test(name)),
    options: (spec?.options ?? []).map((option) => optionOf(option, path, policy)),
  };
}

function childrenOf(path: string, paths: ReadonlySet<string>, sources: Sources): Word[] {
  const before = path === '' ? '' : `${path} `;
  const words = [...paths].filter(
    (other) => other !== path && other.startsWith(before) && !other.slice(before.length).includes(' ') && other !== '',
  );
  return words.map((other) => ({ word: other.slice(before.length), about: aboutOf(other, sources) }));
}

function aboutOf(path: string, { catalogue, commands }: Sources): string {
  if (path === 'help') return 'help for a command or a topic';
  return (
    catalogue.find(({ word }) => word === path)?.summary ??
    commands.find((command) => command.path === path)?.summary ??
    ''
  );
}

const helpWords = ({ catalogue, topics }: Sources): Word[] => [
  ...catalogue.map(({ word, summary }) => ({ word, about: summary })),
  ...topics
    .filter((word) => !catalogue.some((entry) => entry.word === word))
    .map((word) => ({ word, about: 'a topic' })),
];

function optionOf({ flags, about }: OptionSpec, path: string, policy: Policy): CompletedOption {
  const [word = '', placeholder] = flags.split(' ');
  return { word, about, value: placeholder === undefined ? 'none' : valueBehind(placeholder, path, policy) };
}

function valueBehind(placeholder: string, path: string, policy: Policy): Value {
  const name = placeholder.replace(/[<>[\].]/g, '');
  if (/^(file|folder|dir|url|file\|url)$/.test(name)) return 'file';
  const words = wordsOf(name, path, policy);
  return words.length === 0 ? 'text' : words.filter((word) => PLAIN.test(word));
}

/** The fixed words for a placeholder; none if any text may follow. */
function wordsOf(name: string, path: string, policy: Policy): readonly string[] {
  if (name === 'action') return policy.actions.map(({ id }) => id);
  if (name === 'role') return path.startsWith('operator') ? OPERATOR_ROLES : CUSTOMER_ROLES;
  if (name === 'scope') return [...policy.categories.map(({ id }) => id), ...policy.actions.map(({ id }) => id)];
  return FIXED[name] ?? [];
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  edition: EDITIONS,
  kind: SIGN_INS,
  format: ['ndjson', 'csv'],
  outcome: ['done', 'refused', 'started', 'failed'],
  shell: ['bash', 'zsh', 'fish'],
  switch: ['on', 'off'],
  method: methodIds,
};

/** A description for a shell's list: one line without control characters. */
const plainText = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What was typed: the place it leads to, the option whose value is being typed, and the unfinished word. */
export interface Typed {
  readonly place: Place | undefined;
  readonly option: CompletedOption | undefined;
  /** `--edition=` before a value in the same word. */
  readonly before: string;
  readonly current: string;
  /** As of a place, where an argument is being typed. */
  readonly ids: string | undefined;
}

export function placeFor({ places, globals }: CompletionTree, typed: readonly string[]): Typed {
  const at = (path: string) => places.find((place) => place.path === path);
  const optionAt = (path: string, word: string) =>
    [...(at(path)?.options ?? []), ...globals].find((option) => option.word === word && option.value !== 'none');
  let path = '';
  let option: CompletedOption | undefined;
  for (const word of typed.slice(0, -1)) {
    if (option !== undefined) option = undefined;
    else if (word.startsWith('-')) option = optionAt(path, word);
    else if (at(`${path} ${word}`.trim()) !== undefined) path = `${path} ${word}`.trim();
  }
  const last = typed.at(-1) ?? '';
  const [, name, current = last] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  if (name !== undefined) option = optionAt(path, name);
  const ids = option !== undefined || current.startsWith('-') ? undefined : at(path)?.ids;
  return { place: at(path), option, before: name === undefined ? '' : `${name}=`, current, ids };
}

/** In place of a word: files may be typed here. */
export const COMPLETE_FILES = ':files';

/** What may follow, each as the whole word that would stand there. */
export function wordsFor({ globals }: CompletionTree, { place, option, before, current }: Typed): readonly Word[] {
  const files = [{ word: COMPLETE_FILES, about: '' }];
  const fits = ({ word }: Word) => word.startsWith(current);
  const told = ({ word, about }: Word) => ({ word: before + word, about: plainText(about) });
  if (option !== undefined) {
    if (option.value === 'file') return files;
    const values = typeof option.value === 'string' ? [] : option.value;
    return values
      .map((word) => ({ word, about: '' }))
      .filter(fits)
      .map(told);
  }
  if (current.startsWith('-')) return [...(place?.options ?? []), ...globals].filter(fits).map(told);
  return [...(place?.words ?? []).filter(fits).map(told), ...(place?.files === true ? files : [])];
}
