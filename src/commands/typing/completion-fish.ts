/** The script for fish: one function prints the words. It only compares what was typed (`commandline -opc`) and never runs it. */
import { type CompletedOption, type CompletionTree, plainText, takingValues, type Word } from './completion-tree.js';

export function fishScript(tree: CompletionTree): string {
  const { places, globals } = tree;
  return `# fish completion for countersign. Made by: countersign completion fish
function __countersign_words
    set -l path ''
    set -l option ''
    set -l before ''
    set -l current (commandline -ct)
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        if test -n "$option"
            set option ''
            continue
        end
        switch "$word"
            case '--*=*'
            case '-*'
                switch "$path $word"
                    case ${takingValues(tree).map(pattern).join(' ')}
                        set option "$word"
                end
            case '*'
                switch (string trim -- "$path $word")
                    case ${quoted(places.map(({ path }) => path).filter((path) => path !== ''))}
                        set path (string trim -- "$path $word")
                end
        end
    end
    if string match -q -- '--*=*' "$current"
        set option (string replace -r -- '=.*' '' "$current")
        set before "$option="
    end
    if test -n "$option"
        switch "$path $option"
${takingValues(tree).flatMap(valueCases).join('\n')}
        end
        return
    end
    if string match -q -- '-*' "$current"
        switch "$path"
${places.map(({ path, options }) => `            case '${path}'\n${printed(options)}`).join('\n')}
        end
${printed(globals)}
        return
    end
    switch "$path"
${places.map(({ path, words, files }) => `            case '${path}'\n${printed(words)}${files ? '\n                __fish_complete_path "$current"' : ''}`).join('\n')}
    end
end
complete -c countersign -f -a '(__countersign_words)'
`;
}

type Taker = readonly [path: string, option: CompletedOption];

/** A case pattern: `'user add --role'`, or `'* --store'` at any place (fish reads the star also in quotes). */
const pattern = ([path, { word }]: Taker): string => `'${path} ${word}'`;

function valueCases(taker: Taker): string[] {
  const { value } = taker[1];
  const head = `            case ${pattern(taker)}\n`;
  if (value === 'file') return [`${head}                __fish_complete_path "$current"`];
  return typeof value === 'string' ? [] : [head + printed(value.map((word) => ({ word, about: '' })))];
}

/** A case without a word to print still needs a command. */
const printed = (words: readonly Word[]): string =>
  words.length === 0
    ? '                true'
    : `                printf '%s\\n' ${words.map(({ word, about }) => `"$before"'${word}${about === '' ? '' : `\t${plainText(about)}`}'`).join(' ')}`;

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(' ');
