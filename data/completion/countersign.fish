# fish completion for countersign. Made by: countersign completion fish
function __countersign_words
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    for line in (countersign completion words -- $typed[2..-1] "$current" 2>/dev/null </dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            printf '%s\n' "$line"
        end
    end
end
complete -c countersign -f -a '(__countersign_words)'
