/**
 * `completion`: prints a small script for the user's shell, which asks `completion words` what may be typed next. The answer comes from the
 * command specs, the policy, and for somebody who is signed in the ids of what waits (E40): never names of customers. The shell compares what
 * was typed and hands it over as arguments; it never reads it as code.
 */
import { Refusal } from '../../errors.js';
import { type Command, type Context, command } from '../command.js';
import { COMPLETE_FILES, completionTree, PLAIN, placeFor, type Typed, wordsFor } from './completion-tree.js';
import { topicNames } from './help-topics.js';

/** bash breaks words at ":" and "=", so they are joined first, and the part before the last of them is left out of the answers. */
const BASH = `# bash completion for countersign. Made by: countersign completion bash
_countersign() {
  local IFS=$' \\t\\n' word='' glued='' before='' current='' i=0 n=0
  local -a typed
  typed=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((n > 0)) && [[ $glued == yes || $word == [:=] ]]; then typed[n-1]+=$word
    else typed[n]=$word; n=$((n + 1)); fi
    glued=''
    if [[ $word == [:=] ]]; then glued=yes; fi
  done
  current="\${typed[n-1]}"
  if [[ $current == *=* || ( $current == *:* && $COMP_WORDBREAKS == *:* ) ]]; then before="\${current%"\${current##*[:=]}"}"; fi
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    if [[ $word == ${COMPLETE_FILES} ]]; then
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${current##*=}")
      compopt -o filenames 2>/dev/null
    else COMPREPLY+=("\${word#"$before"}"); fi
  done < <(countersign completion words -- "\${typed[@]}" 2>/dev/null </dev/null)
}
complete -F _countersign countersign
`;

const ZSH = `#compdef countersign
# zsh completion for countersign. Made by: countersign completion zsh
_countersign() {
  local line=''
  local -i files=0
  local -a values shown
  while IFS= read -r line; do
    if [[ "$line" == ${COMPLETE_FILES} ]]; then files=1; continue; fi
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done < <(countersign completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
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

const FISH = `# fish completion for countersign. Made by: countersign completion fish
function __countersign_words
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    for line in (countersign completion words -- $typed[2..-1] "$current" 2>/dev/null </dev/null)
        if test "$line" = '${COMPLETE_FILES}'
            __fish_complete_path "$current"
        else
            printf '%s\\n' "$line"
        end
    end
end
complete -c countersign -f -a '(__countersign_words)'
`;

const SHELLS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

const completion = command({
  path: 'completion',
  access: 'anyone',
  arguments: ['<shell>'],
  run: async (_at, { shell }) => {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined) {
      throw new Refusal('invalid-input', `countersign has no completion for "${shell}"`, {
        hint: `Choose one of: ${Object.keys(SHELLS).join(', ')}.`,
      });
    }
    return { view: [], document: { completion: { shell, script } }, raw: script };
  },
});

const words = command({
  path: 'completion words',
  access: 'anyone',
  arguments: ['[typed...]'],
  run: async ({ context }, { typed }) => {
    const { catalogue, topics, house } = context;
    const { policyFolder } = await context.settings();
    const entry = catalogue.find(({ word }) => word === typed[0]);
    const commands = entry === undefined ? [] : await entry.load();
    const tree = completionTree(
      catalogue,
      commands,
      await house.readPolicy(policyFolder ?? house.dataFolder),
      topicNames(topics),
    );
    const at = placeFor(tree, typed);
    const found = [...wordsFor(tree, at), ...(await idsFor(context, at))];
    const lines = found.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
    return { view: [], document: { words: found }, raw: lines.map((line) => `${line}\n`).join('') };
  },
});

/** Of an argument that is an id: the command that lists such ids, and where they are in its document. */
const LISTS: Readonly<Record<string, readonly [argv: readonly string[], list: string]>> = {
  call: [['call', 'list'], 'calls'],
  grant: [['grant', 'list'], 'grants'],
  job: [['job', 'list'], 'jobs'],
  request: [['approval', 'list'], 'approvals'],
};

/** What the signed-in operator may list; nothing for anybody else. */
async function idsFor({ house }: Context, { ids, current }: Typed) {
  const list = LISTS[ids ?? ''];
  if (list === undefined) return [];
  const { exit, stdout } = await house.run([...list[0], '--json']);
  if (exit !== 0) return [];
  const rows = (JSON.parse(stdout) as Readonly<Record<string, readonly { readonly id: string }[]>>)[list[1]] ?? [];
  const known = rows.map(({ id }) => id).filter((id) => PLAIN.test(id) && id.startsWith(current));
  return known.map((word) => ({ word, about: '' }));
}

export const commands: readonly Command[] = [completion, words];
