/**
 * The script for bash 3.2 and newer. bash breaks words at ":" and "=", so the script joins them first, and removes the part
 * before the last ":" from the answers. `compgen -W` reads its first argument as code, so that argument has only fixed words.
 */
import { type CompletedOption, type CompletionTree, takingValues, type Word } from './completion-tree.js';

export const bashScript = (tree: CompletionTree): string =>
  [
    '# bash completion for countersign. Made by: countersign completion bash',
    '_countersign() {',
    JOIN,
    place(tree),
    offer(tree),
    ANSWER,
    '',
  ].join('\n');

/** Collects the words up to the cursor and joins those that bash broke. */
const JOIN = `  local IFS=$' \\t\\n' path='' option='' list='' files='' word='' glued='' i=0 n=0
  local -a typed
  typed=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((n > 0)) && [[ $glued == yes || $word == [:=] ]]; then
      typed[n-1]+=$word
    else
      typed[n]=$word
      n=$((n + 1))
    fi
    glued=''
    if [[ $word == [:=] ]]; then glued=yes; fi
  done
  local current="\${typed[n-1]}"`;

/** Finds the command typed so far, and whether the last word is an option that needs a value. */
const place = (tree: CompletionTree): string => `  for ((i = 0; i < n - 1; i++)); do
    word=\${typed[i]}
    if [[ -n $option ]]; then option=''; continue; fi
    case "$word" in
      --*=*) ;;
      -*) case "$path $word" in
${takingValues(tree)
  .map((taker) => `        ${pattern(taker)}) option=$word ;;`)
  .join('\n')}
      esac ;;
      *) case "\${path:+$path }$word" in
${chunks(
  tree.places.map(({ path }) => path).filter((path) => path !== ''),
  (paths) => `        ${paths.map((path) => `'${path}'`).join(' | ')}) path="\${path:+$path }$word" ;;`,
)}
      esac ;;
    esac
  done
  if [[ $current == --*=* ]]; then option=\${current%%=*}; current=\${current#*=}; fi`;

/** The fixed words for that place. */
const offer = (tree: CompletionTree): string => `  if [[ -n $option ]]; then
    case "$path $option" in
${takingValues(tree).flatMap(valueLines).join('\n')}
    esac
  elif [[ $current == -* ]]; then
    case "$path" in
${tree.places.map(({ path, options }) => `      '${path}') ${listOf(options)} ;;`).join('\n')}
    esac
    list+=' ${tree.globals.map(({ word }) => word).join(' ')}'
  else
    case "$path" in
${tree.places.map(({ path, words, files }) => `      '${path}') ${listOf(words)}${files ? ' files=yes' : ''} ;;`).join('\n')}
    esac
  fi`;

const ANSWER = `  COMPREPLY=()
  if [[ -n $list ]]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$list" -- "$current")
  fi
  if [[ -n $files ]]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before="\${current%:*}:"
    for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=\${COMPREPLY[i]#"$before"}; done
  fi
}
complete -F _countersign countersign`;

const listOf = (words: readonly Word[]): string => `list='${words.map(({ word }) => word).join(' ')}'`;

type Taker = readonly [path: string, option: CompletedOption];

/** A case pattern: `'user add --role'`, or `*' --store'` at any place. */
const pattern = ([path, { word }]: Taker): string => (path === '*' ? `*' ${word}'` : `'${path} ${word}'`);

function valueLines(taker: Taker): string[] {
  const { value } = taker[1];
  if (value === 'file') return [`      ${pattern(taker)}) files=yes ;;`];
  return typeof value === 'string' ? [] : [`      ${pattern(taker)}) list='${value.join(' ')}' ;;`];
}

function chunks(items: readonly string[], line: (some: readonly string[]) => string): string {
  const lines: string[] = [];
  for (let from = 0; from < items.length; from += 4) lines.push(line(items.slice(from, from + 4)));
  return lines.join('\n');
}
