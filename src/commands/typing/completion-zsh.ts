/** The script for zsh: works from a file in fpath and by \`source <(…)\`. It only compares what was typed and never expands it. */
import { type CompletedOption, type CompletionTree, plainText, takingValues, type Word } from './completion-tree.js';

export function zshScript(tree: CompletionTree): string {
  const { places, globals } = tree;
  return `#compdef countersign
# zsh completion for countersign. Made by: countersign completion zsh
_countersign() {
  local typed='' option='' at='' word='' current="\${words[CURRENT]}"
  local -i i files=0
  local -a values shown
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n "$option" ]]; then option=''; continue; fi
    case "$word" in
      (--*=*) ;;
      (-*) case "$at $word" in
${takingValues(tree)
  .map((taker) => `        (${pattern(taker)}) option="$word" ;;`)
  .join('\n')}
      esac ;;
      (*) case "\${at:+$at }$word" in
${places
  .filter(({ path }) => path !== '')
  .map(({ path }) => `        ('${path}') at='${path}' ;;`)
  .join('\n')}
      esac ;;
    esac
  done
  if [[ -z "$option" && "$current" == --*=* ]]; then
    option="\${current%%=*}"
    compset -P '*='
  fi
  if [[ -n "$option" ]]; then
    case "$at $option" in
${takingValues(tree).flatMap(valueLines).join('\n')}
    esac
  elif [[ "$current" == -* ]]; then
    case "$at" in
${places.map(({ path, options }) => `      ('${path}') ${wordArrays(options)} ;;`).join('\n')}
    esac
    ${wordArrays(globals, true)}
  else
    case "$at" in
${places.map(({ path, words, files }) => `      ('${path}') ${wordArrays(words)}${files ? '; files=1' : ''} ;;`).join('\n')}
    esac
  fi
  (( \${#values} )) && compadd -l -d shown -a values
  (( files )) && _files
  return 0
}
if [[ "\${funcstack[1]}" == _countersign ]]; then
  _countersign "$@"
else
  compdef _countersign countersign
fi
`;
}

type Taker = readonly [path: string, option: CompletedOption];

/** A case pattern: `'user add --role'`, or `*' --store'` at any place. */
const pattern = ([path, { word }]: Taker): string => (path === '*' ? `*' ${word}'` : `'${path} ${word}'`);

function valueLines(taker: Taker): string[] {
  const { value } = taker[1];
  if (value === 'file') return [`      (${pattern(taker)}) files=1 ;;`];
  if (typeof value === 'string') return [];
  return [`      (${pattern(taker)}) ${wordArrays(value.map((word) => ({ word, about: '' })))} ;;`];
}

/** `more` appends to the arrays. */
function wordArrays(words: readonly Word[], more = false): string {
  const widest = Math.max(0, ...words.map(({ word }) => word.length));
  const shown = words.map(({ word, about }) =>
    about === '' ? word : `${word.padEnd(widest)}  -- ${plainText(about)}`,
  );
  const sign = more ? '+=' : '=';
  return `values${sign}(${words.map(({ word }) => `'${word}'`).join(' ')}) shown${sign}(${shown.map((text) => `'${text}'`).join(' ')})`;
}
