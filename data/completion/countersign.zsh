#compdef countersign
# zsh completion for countersign. Made by: countersign completion zsh
_countersign() {
  local line=''
  local -i files=0
  local -a values shown
  while IFS= read -r line; do
    if [[ "$line" == :files ]]; then files=1; continue; fi
    values+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  -- }")
  done < <(countersign completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
  (( ${#values} )) && compadd -l -d shown -a values
  (( files )) && _files
  return 0
}
if [[ "${funcstack[1]}" == _countersign ]]; then
  _countersign "$@"
else
  compdef _countersign countersign
fi
