// Why not the scripts of @bomb.sh/tab 0.0.22: its bash script passes the typed line to `eval` and the candidates to `compgen -W`,
// so that `$(…)` in either runs when Tab is pressed; it needs the bash-completion package, fails when sourced twice, and
// completes `name:tag` to `name:name:tag`. Its handlers are synchronous and cannot ask an engine.
// The scripts below use the protocol of tab and cobra: `objdocker complete -- WORD...` prints a candidate and its description
// per line, then `:4`, or `:0` where files fit as well.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const BASH = `# Completion of objdocker for bash.
_objdocker() {
  local piece line value current="\${COMP_WORDS[COMP_CWORD]}" directive=: index glue=
  local -a words=()
  # bash splits words at ":" and "=": put them together again.
  for ((index = 1; index <= COMP_CWORD; index++)); do
    piece="\${COMP_WORDS[index]}"
    if ((\${#words[@]} > 0)) && [[ "$piece" == [:=]* || -n "$glue" ]]; then
      words[\${#words[@]}-1]+="$piece"
    else
      words+=("$piece")
    fi
    glue=
    if [[ "$piece" == *[:=] ]]; then glue=yes; fi
  done
  if [[ "$current" == [:=] ]]; then current=; fi
  local prefix="\${words[\${#words[@]}-1]}"
  prefix="\${prefix%"$current"}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ "$line" == :[0-9]* ]]; then
      directive="$line"
    else
      value="\${line%%$'\\t'*}"
      COMPREPLY+=("\${value#"$prefix"}")
    fi
  done < <("$1" complete -- "\${words[@]}" 2>/dev/null)
  # Without candidates bash offers files.
  if [[ "$directive" == :4 ]]; then compopt +o default 2>/dev/null; fi
  return 0
}
complete -o default -F _objdocker objdocker
`;

const ZSH = `#compdef objdocker
# Completion of objdocker for zsh.
_objdocker() {
  local line value
  local -a lines candidates typed
  typed=("\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}")
  lines=("\${(@f)$("\${typed[1]}" complete -- "\${(@)typed[2,-1]}" 2>/dev/null)}")
  for line in "\${(@)lines[1,-2]}"; do
    value="\${line%%$'\\t'*}"
    candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then
    _describe -V objdocker candidates
  elif [[ "\${lines[-1]}" == :0 ]]; then
    _files
  fi
}
if (( ! $+functions[compdef] )); then
  autoload -Uz compinit && compinit
fi
compdef _objdocker objdocker
`;

const FISH = `# Completion of objdocker for fish.
function __objdocker_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test (count $lines) -gt 1
        printf '%s\\n' $lines[1..-2]
    else if test "$lines[1]" = ':0'
        __fish_complete_path "$current"
    end
end
complete -c objdocker -f -k -a '(__objdocker_complete)'
`;

/** The completion script of each shell. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
