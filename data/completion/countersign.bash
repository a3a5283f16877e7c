# bash completion for countersign. Made by: countersign completion bash
_countersign() {
  local IFS=$' \t\n' word='' glued='' before='' current='' i=0 n=0
  local -a typed
  typed=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((n > 0)) && [[ $glued == yes || $word == [:=] ]]; then typed[n-1]+=$word
    else typed[n]=$word; n=$((n + 1)); fi
    glued=''
    if [[ $word == [:=] ]]; then glued=yes; fi
  done
  current="${typed[n-1]}"
  if [[ $current == *=* || ( $current == *:* && $COMP_WORDBREAKS == *:* ) ]]; then before="${current%"${current##*[:=]}"}"; fi
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    if [[ $word == :files ]]; then
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${current##*=}")
      compopt -o filenames 2>/dev/null
    else COMPREPLY+=("${word#"$before"}"); fi
  done < <(countersign completion words -- "${typed[@]}" 2>/dev/null </dev/null)
}
complete -F _countersign countersign
