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
type Value = 'none' | 'text' | 'file' | readonly string[];

interface CompletedOption extends Word {
  readonly value: Value;
}

interface Sources {
  readonly catalogue: readonly CatalogueEntry[];
  readonly commands: readonly Command[];
  readonly policy: Policy;
  readonly topics: readonly string[];
}

/** Only these characters are offered, so no shell can read a word as code. */
export const PLAIN = /^[A-Za-z0-9][A-Za-z0-9:._-]*$/;

/** Words without a description. */
export const bare = (words: readonly string[]): readonly Word[] => words.map((word) => ({ word, about: '' }));

/** Every command of the catalogue, each once: several words may share a file. */
export async function everyCommand(catalogue: Sources['catalogue']): Promise<readonly Command[]> {
  const loaded = await Promise.all(catalogue.map(({ load }) => load()));
  return [...new Set(loaded.flat())];
}

export type CompletionTree = ReturnType<typeof completionTree>;

export function completionTree(sources: Sources) {
  const paths = new Set(['', 'help', ...sources.catalogue.map(({ word }) => word)]);
  for (const { path } of sources.commands) {
    const steps = path.split(' ');
    steps.forEach((_, at) => void paths.add(steps.slice(0, at + 1).join(' ')));
  }
  const globals = [...GLOBAL_OPTIONS, { flags: '--help', about: 'help for this command' }];
  return {
    places: [...paths].map((path) => placeOf(path, [...paths], sources)),
    globals: globals.map((option) => optionOf(option, '', sources.policy)),
  };
}

/** One place in the tree of commands: `''` at the top, `operator token` further in. */
function placeOf(path: string, paths: readonly string[], sources: Sources) {
  const { commands, policy } = sources;
  const spec = commands.find((command) => command.path === path);
  const names = (spec?.arguments ?? []).map(({ name }) => name);
  const children = path === 'help' ? helpWords(sources) : childrenOf(path, paths, sources);
  const fixed = names.flatMap((name) => wordsOf(name.replace(/[<>[\].]/g, ''), '', policy));
  return {
    path,
    /** What may be typed next: commands, or words of an argument. */
    words: [...children, ...bare(fixed)].filter(({ word }) => PLAIN.test(word)),
    /** Name of an argument whose ids may be typed next: `job`. */
    ids: names.map((name) => /^<(\w+)>$/.exec(name)?.[1])[0],
    files: names.some((name) => /<file>|\[file\]|\[dir\]/.test(name)),
    /** Options of this command only; `globals` has those of every command. */
    options: (spec?.options ?? []).map((option) => optionOf(option, path, policy)),
  };
}

function childrenOf(path: string, paths: readonly string[], { catalogue, commands }: Sources): readonly Word[] {
  const about = new Map([
    ...commands.map((command) => [command.path, command.summary] as const),
    ...catalogue.map(({ word, summary }) => [word, summary] as const),
    ['help', 'help for a command or a topic'],
  ]);
  const steps = path === '' ? 0 : path.split(' ').length;
  return paths.flatMap((other) => {
    const [word = '', ...further] = other.split(' ').slice(steps);
    const inside = steps === 0 || other.startsWith(`${path} `);
    return inside && word !== '' && further.length === 0 ? [{ word, about: about.get(other) ?? '' }] : [];
  });
}

const helpWords = ({ catalogue, topics }: Sources): readonly Word[] => [
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

export const SHELLS: readonly string[] = ['bash', 'zsh', 'fish'];

const FIXED: Readonly<Record<string, readonly string[]>> = {
  edition: EDITIONS,
  kind: SIGN_INS,
  format: ['ndjson', 'csv'],
  outcome: ['done', 'refused', 'started', 'failed'],
  shell: SHELLS,
  switch: ['on', 'off'],
  method: methodIds,
};

/** What was typed: the place it leads to, the option whose value is being typed, and the unfinished word. */
export type Typed = ReturnType<typeof placeFor>;

export function placeFor({ places, globals }: CompletionTree, typed: readonly string[]) {
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
  // `--edition=` before a value in the same word.
  const [, name, current = last] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  if (name !== undefined) option = optionAt(path, name);
  const ids = option !== undefined || current.startsWith('-') ? undefined : at(path)?.ids;
  return { place: at(path), option, before: name === undefined ? '' : `${name}=`, current, ids };
}

/** In place of a word: files may be typed here (data/completion). */
const COMPLETE_FILES = ':files';

/** What may follow, each as the whole word that would stand there, with its description on one line. */
export function wordsFor({ globals }: CompletionTree, { place, option, before, current }: Typed): readonly Word[] {
  const fitting = (words: readonly Word[]) =>
    words
      .filter(({ word }) => word.startsWith(current))
      .map(({ word, about }) => ({ word: before + word, about: about.replace(/\s+/g, ' ').trim() }));
  if (option?.value === 'file') return bare([COMPLETE_FILES]);
  if (option !== undefined) return fitting(typeof option.value === 'string' ? [] : bare(option.value));
  if (current.startsWith('-')) return fitting([...(place?.options ?? []), ...globals]);
  return [...fitting(place?.words ?? []), ...bare(place?.files === true ? [COMPLETE_FILES] : [])];
}
