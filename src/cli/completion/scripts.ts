/**
 * The scripts that shells read. They ask `earshot complete` and put in what it says as it stands: no eval, no compgen -W, no
 * word splitting. Whatever it says has only harmless characters (`candidates`).
 */

/** Sets COMPREPLY itself; `earshot complete` has escaped the words and left out what readline keeps of the line. */
const BASH = `# earshot completion for bash: source <(earshot completion bash)
_earshot() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == $'\\t'* ]]; then
      compopt -o default
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <(command earshot complete --breaks "$COMP_WORDBREAKS" --line "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
}
complete -F _earshot earshot
`;

const ZSH = `#compdef earshot
# earshot completion for zsh: source <(earshot completion zsh), or a file _earshot in a folder of fpath
_earshot() {
  local line
  local -a found shown
  for line in "\${(@f)$(command earshot complete -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}"; do
    if [[ $line == $'\\t'* ]]; then
      _files
    elif [[ -n $line ]]; then
      found+=("\${line%%$'\\t'*}")
      shown+=("\${line%%$'\\t'*}  \${line#*$'\\t'}")
    fi
  done
  (( $#found )) && compadd -l -d shown -a found
}
if [[ \${funcstack[1]} == _earshot ]]; then
  _earshot "$@"
else
  compdef _earshot earshot
fi
`;

const FISH = `# earshot completion for fish: earshot completion fish | source
function __earshot_complete
    set -l before (commandline -opc)
    set -l now (commandline -ct)
    for line in (command earshot complete -- $before "$now" 2>/dev/null </dev/null)
        if string match -q -- \\t'*' $line
            __fish_complete_path "$now"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c earshot -f -a '(__earshot_complete)'
`;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const completionScript = (shell: Shell): string => ({ bash: BASH, zsh: ZSH, fish: FISH })[shell];
